#include "auth/charter.hpp"

#include "auth/libsodium.hpp"
#include "base/utf8.hpp"

#include <sodium.h>

#include <array>

namespace postern::auth {

namespace {

constexpr int last_version = 10'000;

std::string sha256_of(std::string_view text) {
    start_libsodium();
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    return hex.data();
}

}  // namespace

std::expected<Charter, std::string> make_charter(int version,
                                                 std::string_view language,
                                                 std::string_view body,
                                                 Time valid_from) {
    if (version < 1 || version > last_version) return std::unexpected("the version is not 1 to 10000");
    if (language != "fr" && language != "en") return std::unexpected("the language is neither fr nor en");
    if (body.empty()) return std::unexpected("the text is empty");
    if (body.size() > max_charter_bytes) return std::unexpected("the text has more than 200000 bytes");
    if (!base::is_utf8(body)) return std::unexpected("the text is no UTF-8");
    return Charter{.version = version,
                   .language = std::string(language),
                   .sha256 = sha256_of(body),
                   .body = std::string(body),
                   .valid_from = valid_from};
}

}  // namespace postern::auth
