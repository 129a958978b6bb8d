/// Buffers that are borrowed only while bytes move, so that a thousand idle sessions cost none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace postern::net {

/// A buffer of 64 KiB, four full TLS records, of the calling thread's pool; given back on destruction.
/// Thread rule: returned on the thread that borrowed it, which a session's coroutine always does.
class BorrowedBuffer {
public:
    static constexpr std::size_t size_bytes = std::size_t{64} * 1024;

    BorrowedBuffer() : block_(take()) {}
    BorrowedBuffer(const BorrowedBuffer&) = delete;
    BorrowedBuffer& operator=(const BorrowedBuffer&) = delete;
    BorrowedBuffer(BorrowedBuffer&&) = delete;
    BorrowedBuffer& operator=(BorrowedBuffer&&) = delete;
    ~BorrowedBuffer() {
        if (spare().size() < kept_blocks) spare().push_back(std::move(block_));
    }

    [[nodiscard]] std::span<char> bytes() noexcept { return {block_.get(), size_bytes}; }

private:
    using Block = std::unique_ptr<char[]>;
    static constexpr std::size_t kept_blocks = 4;  // of each thread, which has one or two at a time; more are freed

    static std::vector<Block>& spare() {
        thread_local std::vector<Block> blocks = [] {
            std::vector<Block> reserved;
            reserved.reserve(kept_blocks);
            return reserved;
        }();
        return blocks;
    }

    static Block take() {
        if (spare().empty()) return std::make_unique_for_overwrite<char[]>(size_bytes);
        Block block = std::move(spare().back());
        spare().pop_back();
        return block;
    }

    Block block_;
};

}  // namespace postern::net
