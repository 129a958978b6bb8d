/// What OpenSSL reads from and writes to.
#pragma once

#include <openssl/types.h>

#include <string_view>

namespace postern::net {

/// One call into OpenSSL, or several of them, for one connection. All TLS connections of a thread share one BIO, and it
/// serves the connection whose turn it is: so none has a BIO of its own, and what OpenSSL writes in a turn, record by
/// record, leaves together.
///
/// Thread rule: begins and ends on the thread that `attach` was called on. No turn within another; nothing may wait
/// while there is one.
class TlsTurn {
public:
    /// Gives a new connection the BIO of this thread. False: no memory.
    [[nodiscard]] static bool attach(SSL* ssl);

    /// OpenSSL reads from this socket, as long as the turn lasts.
    explicit TlsTurn(int descriptor) noexcept;
    TlsTurn(const TlsTurn&) = delete;
    TlsTurn& operator=(const TlsTurn&) = delete;
    TlsTurn(TlsTurn&&) = delete;
    TlsTurn& operator=(TlsTurn&&) = delete;
    ~TlsTurn();

    /// What OpenSSL has written since the turn began, to be sent. Valid as long as the turn lasts and OpenSSL is not
    /// called.
    [[nodiscard]] std::string_view output() const noexcept;

    /// The socket had less than OpenSSL asked for: nothing more was there at that moment.
    [[nodiscard]] bool has_drained_socket() const noexcept;
};

}  // namespace postern::net
