#pragma once

#include <chrono>
#include <string>

namespace postern::test {

/// A self-signed certificate for `name` (a DNS name) and its key, as PEM.
struct TestCertificate {
    std::string certificate;
    std::string key;
};

/// @param valid_days  negative: it ran out that many days ago
[[nodiscard]] TestCertificate make_certificate(const std::string& name, int valid_days = 1);

/// The same, valid for so long from now on.
[[nodiscard]] TestCertificate make_certificate(const std::string& name, std::chrono::seconds valid);

/// What a certificate that `issuer` signs for a client says.
struct ClientCertificate {
    std::string alternative_names;  ///< as in openssl.cnf: "email:anne@example.org"; empty: none
    int valid_days = 1;             ///< negative: as above
    std::string usage = "clientAuth";
};
[[nodiscard]] TestCertificate sign_certificate(const TestCertificate& issuer, const ClientCertificate& client);

/// A list of the issuer's that has revoked `revoked`, as PEM.
[[nodiscard]] std::string revoke(const TestCertificate& issuer, const TestCertificate& revoked);

}  // namespace postern::test
