/// The keys of TLS session tickets (RFC 5077; RFC 8446 section 4.6.1).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

using SSL_CTX = struct ssl_ctx_st;
using EVP_CIPHER_CTX = struct evp_cipher_ctx_st;
using EVP_MAC_CTX = struct evp_mac_ctx_st;

namespace postern::net {

/// Whoever has a ticket key can read what was said under it: each is used for `life`, accepted until its successor's is
/// over, and wiped when somebody connects after that. The same keys serve one configuration after another, so that a
/// reload costs no client a full handshake. Thread rule: any thread.
class TicketKeys {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::hours life{6};

    TicketKeys() = default;
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;
    TicketKeys(TicketKeys&&) = delete;
    TicketKeys& operator=(TicketKeys&&) = delete;
    ~TicketKeys();

    /// Has the context make and take tickets with these keys, each for the server name (SNI) and the session id context
    /// it was made under alone. Must outlive the context and its connections.
    void serve(SSL_CTX* context);

    static constexpr std::size_t name_size = 16;
    struct Key {
        std::array<unsigned char, name_size> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};
        Clock::time_point since;
    };

    /// The one that tickets are made with now; nullopt when there is no randomness.
    [[nodiscard]] std::optional<Key> current(Clock::time_point now);

    /// The one of that name, if it is still accepted; and whether its tickets are due to be replaced.
    struct Found {
        Key key;
        bool is_old = false;
    };
    [[nodiscard]] std::optional<Found> find(const unsigned char* name, Clock::time_point now);

private:
    [[nodiscard]] bool rotate(Clock::time_point now);

    std::mutex mutex_;
    std::optional<Key> current_, previous_;
};

}  // namespace postern::net
