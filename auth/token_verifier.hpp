/// Whose a bearer token (RFC 6750) is.
#pragma once

#include "auth/verdict.hpp"
#include "base/secret.hpp"

#include <expected>
#include <string>

namespace postern::auth {

/// Thread rule: any number of threads at once. May block, as the Authenticator does.
class TokenVerifier {
public:
    TokenVerifier() = default;
    TokenVerifier(const TokenVerifier&) = delete;
    TokenVerifier& operator=(const TokenVerifier&) = delete;
    TokenVerifier(TokenVerifier&&) = delete;
    TokenVerifier& operator=(TokenVerifier&&) = delete;
    virtual ~TokenVerifier() = default;

    /// The name of the account that the token was issued for. The error: wrong_credentials when it is not good, or not
    /// good here; busy or unavailable when that could not be found out.
    [[nodiscard]] virtual std::expected<std::string, Refused> owner_of(const base::Secret& token) = 0;
};

}  // namespace postern::auth
