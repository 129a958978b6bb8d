/// Memory that is wiped when it is given back, and text nobody can log by accident.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace postern::base {

/// Overwrites `bytes` with zeros in a way that no optimiser may remove.
void wipe(std::span<char> bytes) noexcept;

/// std::allocator that wipes every block before it frees it, so that a growing buffer leaves no copies behind.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() noexcept = default;
    template <class U>
    explicit(false) WipingAllocator(const WipingAllocator<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
    void deallocate(T* block, std::size_t count) noexcept {
        wipe({reinterpret_cast<char*>(block), count * sizeof(T)});
        std::allocator<T>{}.deallocate(block, count);
    }
    template <class U>
    friend bool operator==(const WipingAllocator&, const WipingAllocator<U>&) noexcept {
        return true;
    }
};

/// Bytes that may hold a password somewhere: input buffers before login, lines to a backend. A vector and not a string,
/// because std::string keeps short texts inside itself where no allocator sees them go.
using WipingBuffer = std::vector<char, WipingAllocator<char>>;

/// A view of the whole buffer; valid until the buffer changes.
[[nodiscard]] inline std::string_view view(const WipingBuffer& buffer) noexcept {
    return {buffer.data(), buffer.size()};
}

/// Appends `text` to `buffer`.
inline void append(WipingBuffer& buffer, std::string_view text) {
    buffer.insert(buffer.end(), text.begin(), text.end());
}

/// A password, key or token. It is wiped on destruction, cannot be copied by accident and has no stream operator and no
/// formatter: to log one does not compile. `reveal` is the only way to its text, so a search for it finds every use.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
    explicit Secret(WipingBuffer&& bytes) noexcept : bytes_(std::move(bytes)) {}

    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() = default;

    /// A second copy, asked for by name.
    [[nodiscard]] Secret clone() const { return Secret(view(bytes_)); }

    /// The text itself; valid while this object lives and is not assigned to. Never log it, never copy it into a
    /// std::string.
    [[nodiscard]] std::string_view reveal() const noexcept { return view(bytes_); }

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

private:
    WipingBuffer bytes_;
};

}  // namespace postern::base
