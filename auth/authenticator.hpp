/// The one door: credentials in, a verdict out.
#pragma once

#include "auth/password.hpp"
#include "auth/store.hpp"
#include "auth/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// Decides who somebody is. Synchronous: it asks the store and hashes one password, so callers run it on a pool of
/// blocking threads and never on one that serves sockets.
///
/// Whoever asks learns nothing about which accounts exist: names that are unknown, malformed or without a password cost
/// the same questions to the store and one verification of a dummy verifier of the configured cost. (A verifier of
/// another cost takes its own time until its owner's next login replaces it.)
///
/// Thread rule: `authenticate` may be called from any number of threads at once. `store` and `hasher` must outlive it.
class Authenticator {
public:
    /// Hashes once, to make the dummy. Throws std::runtime_error when there is no memory for that.
    Authenticator(Store& store, const PasswordHasher& hasher);

    /// A bare name is looked up with `context.default_domain` behind it first, then as it is. What is known only after
    /// the right password (disabled, not authorised) is told only then. Never says Refusal::busy.
    [[nodiscard]] Verdict authenticate(const Credentials& credentials, const AttemptContext& context) const;

private:
    [[nodiscard]] StoreResult<std::optional<LoginRecord>> look_up(std::string_view name,
                                                                  std::string_view default_domain) const;
    void rehash_if_due(const LoginRecord& record, const base::Secret& password) const;

    Store& store_;
    const PasswordHasher& hasher_;
    base::Secret dummy_verifier_;
};

}  // namespace postern::auth
