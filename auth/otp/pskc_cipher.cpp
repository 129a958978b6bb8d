#include "auth/otp/pskc_cipher.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace postern::auth::otp {

namespace {

constexpr std::size_t block_bytes = 16;

struct Cipher {
    std::string_view algorithm;
    const EVP_CIPHER* (*make)();
    std::size_t key_bytes;
};
constexpr std::array<Cipher, 3> ciphers{{
    {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", EVP_aes_128_cbc, 16},
    {"http://www.w3.org/2001/04/xmlenc#aes192-cbc", EVP_aes_192_cbc, 24},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", EVP_aes_256_cbc, 32},
}};

struct Mac {
    std::string_view algorithm;
    const EVP_MD* (*make)();
};
constexpr std::array<Mac, 4> macs{{
    {"http://www.w3.org/2000/09/xmldsig#hmac-sha1", EVP_sha1},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", EVP_sha256},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", EVP_sha384},
    {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", EVP_sha512},
}};

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

struct Prf {
    std::string_view end;
    const EVP_MD* (*make)();
};
constexpr std::array<Prf, 4> prfs{
    {{"sha1", EVP_sha1}, {"sha256", EVP_sha256}, {"sha384", EVP_sha384}, {"sha512", EVP_sha512}}};

const EVP_MD* prf_named(std::string_view name) {
    if (name.empty()) return EVP_sha1();  // the default of RFC 8018
    const auto* const found = std::ranges::find_if(prfs, [name](const Prf& each) { return name.ends_with(each.end); });
    return found == prfs.end() ? nullptr : found->make();
}

}  // namespace

bool is_pskc_cipher(std::string_view algorithm) {
    return std::ranges::find(ciphers, algorithm, &Cipher::algorithm) != ciphers.end();
}

bool is_pskc_mac(std::string_view algorithm) {
    return std::ranges::find(macs, algorithm, &Mac::algorithm) != macs.end();
}

std::optional<base::Secret> pskc_decrypt(std::string_view algorithm, const base::Secret& key, std::string_view bytes) {
    const auto* const cipher = std::ranges::find(ciphers, algorithm, &Cipher::algorithm);
    const bool is_whole = bytes.size() >= 2 * block_bytes && bytes.size() % block_bytes == 0;
    if (cipher == ciphers.end() || key.reveal().size() != cipher->key_bytes || !is_whole) return std::nullopt;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    base::WipingBuffer plain(bytes.size());
    int size = 0;
    int last = 0;
    auto* const out = reinterpret_cast<unsigned char*>(plain.data());
    const std::string_view encrypted = bytes.substr(block_bytes);
    const bool is_done =
        context &&
        EVP_DecryptInit_ex(context.get(), cipher->make(), nullptr, bytes_of(key.reveal()), bytes_of(bytes)) == 1 &&
        EVP_DecryptUpdate(context.get(), out, &size, bytes_of(encrypted), static_cast<int>(encrypted.size())) == 1 &&
        EVP_DecryptFinal_ex(context.get(), out + size, &last) == 1;
    if (!is_done) return std::nullopt;
    plain.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
    return base::Secret(std::move(plain));
}

bool is_pskc_mac_of(std::string_view mac, std::string_view algorithm, const base::Secret& key, std::string_view bytes) {
    const auto* const method = std::ranges::find(macs, algorithm, &Mac::algorithm);
    if (method == macs.end()) return false;
    std::array<unsigned char, EVP_MAX_MD_SIZE> right{};
    unsigned int size = 0;
    const bool is_computed = HMAC(method->make(), key.reveal().data(), static_cast<int>(key.reveal().size()),
                                  bytes_of(bytes), bytes.size(), right.data(), &size) != nullptr;
    return is_computed && mac.size() == size && CRYPTO_memcmp(mac.data(), right.data(), size) == 0;
}

std::optional<base::Secret> pskc_derive(const base::Secret& password,
                                        std::string_view salt,
                                        unsigned iterations,
                                        std::size_t key_bytes,
                                        std::string_view prf) {
    const EVP_MD* const digest = prf_named(prf);
    if (digest == nullptr) return std::nullopt;
    base::WipingBuffer key(key_bytes);
    const std::string_view text = password.reveal();
    const bool is_done =
        PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), bytes_of(salt), static_cast<int>(salt.size()),
                          static_cast<int>(iterations), digest, static_cast<int>(key.size()),
                          reinterpret_cast<unsigned char*>(key.data())) == 1;
    if (!is_done) return std::nullopt;
    return base::Secret(std::move(key));
}

}  // namespace postern::auth::otp
