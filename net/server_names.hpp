/// Which certificate a client gets to see: by the name it asks for (SNI, RFC 6066 section 3).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;

namespace postern::net {

/// Contexts by the DNS names of their certificates. Immutable once connections are served. Thread rule: any thread.
class ServerNames {
public:
    ServerNames() = default;
    ServerNames(const ServerNames&) = delete;
    ServerNames& operator=(const ServerNames&) = delete;
    ServerNames(ServerNames&&) = delete;
    ServerNames& operator=(ServerNames&&) = delete;
    ~ServerNames();

    /// Takes the context, which has a certificate. False: that bears no DNS name, so nobody would ever get it. A name
    /// that two certificates bear is the earlier one's.
    [[nodiscard]] bool add(SSL_CTX* context);

    /// The one whose certificate bears the name, or a wildcard for its first label (RFC 9525 section 6.3). Null: none.
    [[nodiscard]] SSL_CTX* find(std::string_view name) const;

    /// Has connections of `context` change over to the one that is found. Must outlive its connections.
    void serve(SSL_CTX* context);

private:
    std::vector<SSL_CTX*> contexts_;
    std::map<std::string, SSL_CTX*, std::less<>> by_name_;  // lower case; wildcards with their "*"
};

}  // namespace postern::net
