/// What looks at the bytes of a relay, without I/O. `smtp::TransactionGuard` and `imap::CommandGuard` implement it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::proxy {

/// Two directions that know of each other. Thread rule: one thread. Everything it holds is bounded.
class RelayGuard {
public:
    RelayGuard() = default;
    RelayGuard(const RelayGuard&) = delete;
    RelayGuard& operator=(const RelayGuard&) = delete;
    RelayGuard(RelayGuard&&) = delete;
    RelayGuard& operator=(RelayGuard&&) = delete;
    virtual ~RelayGuard() = default;

    /// What the backend gets in place of these bytes of the client: a part of them, or held here until the next call.
    /// Without bytes: what became possible since the backend answered.
    [[nodiscard]] virtual std::string_view from_client(std::string_view bytes) = 0;
    /// The same for the other direction.
    [[nodiscard]] virtual std::string_view from_backend(std::string_view bytes) = 0;

    /// Nothing more is to be read from the client until the backend has said something.
    [[nodiscard]] virtual bool awaits_backend() const = 0;
    /// One side broke the protocol: whatever comes from here on belongs to nothing. The relay must end at once.
    [[nodiscard]] virtual bool is_broken() const = 0;

    /// Last words for the client when the session ends by our decision; empty: he is in the middle of something, and
    /// would take them for a part of it.
    [[nodiscard]] virtual std::string_view farewell() const = 0;
    /// Commands that were kept from the backend.
    [[nodiscard]] virtual std::uint32_t refused() const = 0;

protected:
    /// Empties a text; an idle session keeps no room of what it once moved.
    static void start_anew(std::string& text) {
        if (text.capacity() > std::string().capacity()) text = {};
        text.clear();
    }
};

}  // namespace postern::proxy
