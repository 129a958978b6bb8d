/// Memory that a waiting handler lives in.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace postern::net {

/// Room for one wait at a time, inside whoever waits for most of his life: it costs no allocation, and no block of the
/// heap that was once larger than the wait. A second wait, or a larger one, takes its memory from the heap.
/// Thread rule: one thread. Must outlive the wait.
class WaitMemory {
public:
    WaitMemory() {
    }  // NOLINT(modernize-use-equals-default,cppcoreguidelines-pro-type-member-init): room_ needs no value
    WaitMemory(const WaitMemory&) = delete;
    WaitMemory& operator=(const WaitMemory&) = delete;
    WaitMemory(WaitMemory&&) = delete;
    WaitMemory& operator=(WaitMemory&&) = delete;
    ~WaitMemory() = default;

    [[nodiscard]] bool is_taken() const noexcept { return is_taken_; }

    /// What Asio is given to use it (a handler's associated allocator).
    template <class T>
    class Allocator {
    public:
        using value_type = T;

        explicit Allocator(WaitMemory& memory) noexcept : memory_(&memory) {}
        template <class U>
        explicit(false) Allocator(const Allocator<U>& other) noexcept : memory_(other.memory_) {}

        [[nodiscard]] T* allocate(std::size_t count) {
            static_assert(alignof(T) <= alignof(std::max_align_t));
            return static_cast<T*>(memory_->take(count * sizeof(T)));
        }
        void deallocate(T* block, std::size_t /*count*/) noexcept { memory_->give_back(block); }

        friend bool operator==(const Allocator& one, const Allocator& other) noexcept {
            return one.memory_ == other.memory_;
        }

    private:
        template <class U>
        friend class Allocator;
        WaitMemory* memory_;
    };

private:
    void* take(std::size_t size) {
        if (is_taken_ || size > room_.size()) return ::operator new(size);
        is_taken_ = true;
        return room_.data();
    }
    void give_back(void* block) noexcept {
        if (block == room_.data())
            is_taken_ = false;
        else
            ::operator delete(block);
    }

    alignas(std::max_align_t) std::array<std::byte, 120> room_;
    bool is_taken_ = false;
};

}  // namespace postern::net
