#pragma once

#include <string>

namespace postern::test {

/// A self-signed certificate for `name` (a DNS name) and its key, as PEM.
struct TestCertificate {
    std::string certificate;
    std::string key;
};

/// @param valid_days  negative: it ran out that many days ago
[[nodiscard]] TestCertificate make_certificate(const std::string& name, int valid_days = 1);

}  // namespace postern::test
