#include "auth/imported_hash.hpp"

#include "auth/libsodium.hpp"
#include "base/ascii.hpp"

#include <crypt.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

namespace postern::auth {

namespace {

constexpr std::uint32_t max_bcrypt_cost = 14;
constexpr std::uint32_t max_sha_crypt_rounds = 1'000'000;
constexpr std::uint32_t max_pbkdf2_rounds = 5'000'000;
constexpr std::uint64_t max_scrypt_bytes = 64UL * 1024 * 1024;
constexpr std::uint32_t max_scrypt_lanes = 4;
constexpr std::uint32_t least_scrypt_log_n = 12;
constexpr std::size_t max_scrypt_digest_bytes = 64;
constexpr std::size_t nt_bytes = 16;
constexpr std::size_t max_salt_bytes = 64;
constexpr std::size_t bcrypt_bytes = 72;
constexpr std::size_t des_bytes = 8;
constexpr std::size_t des_hash_bytes = 13;

struct DigestScheme {
    std::string_view name, algorithm;
    std::size_t bytes;
    bool is_salted, is_hexadecimal;
};
constexpr std::array<DigestScheme, 11> digest_schemes{{
    {"SSHA", "SHA1", 20, true, false},
    {"SSHA256", "SHA256", 32, true, false},
    {"SSHA512", "SHA512", 64, true, false},
    {"SHA", "SHA1", 20, false, false},
    {"SHA1", "SHA1", 20, false, false},
    {"SHA256", "SHA256", 32, false, false},
    {"SHA512", "SHA512", 64, false, false},
    {"SMD5", "MD5", 16, true, false},
    {"MD5", "MD5", 16, false, false},
    {"LDAP-MD5", "MD5", 16, false, false},
    {"PLAIN-MD5", "MD5", 16, false, true},
}};

using Fault = ImportedHashFault;

std::optional<std::uint32_t> number_in(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

base::Secret base64_of(std::string_view bytes) {
    base::WipingBuffer text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL));
    sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    return base::Secret(std::move(text));
}

std::optional<base::WipingBuffer> from_base64(std::string_view text) {
    return base64_decoded(text, sodium_base64_VARIANT_ORIGINAL);
}

/// passlib's and OpenLDAP's "adapted" base64: `.` for `+`, without padding.
std::optional<base::WipingBuffer> from_adapted_base64(std::string text) {
    std::ranges::replace(text, '.', '+');
    return base64_decoded(text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

std::optional<base::WipingBuffer> from_hexadecimal(std::string_view text) {
    base::WipingBuffer bytes(text.size() / 2);
    std::size_t count = 0;
    const char* end = nullptr;
    const int failed = sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                      text.size(), nullptr, &count, &end);
    if (failed != 0 || text.size() % 2 != 0 || end != text.data() + text.size() || count != bytes.size())
        return std::nullopt;
    return bytes;
}

/// The next part before a `$`.
std::string_view take_part(std::string_view& text) {
    const auto end = text.find('$');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

bool is_crypt_text(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return base::is_alpha(c) || base::is_digit(c) || std::string_view("./$=,").contains(c); });
}

std::optional<Fault> fault_of_sha_crypt(std::string_view body) {
    constexpr std::string_view rounds = "rounds=";
    if (!body.starts_with(rounds)) return std::nullopt;
    body.remove_prefix(rounds.size());
    const auto count = number_in(take_part(body));
    if (!count) return Fault::malformed;
    if (*count > max_sha_crypt_rounds) return Fault::too_costly;
    return std::nullopt;
}

std::optional<Fault> fault_of_bcrypt(std::string_view text) {
    // "$2b$12$" and 53 characters
    if (text.size() != 60 || text[6] != '$') return Fault::malformed;
    const auto cost = number_in(text.substr(4, 2));
    if (!cost || *cost < 4) return Fault::malformed;
    if (*cost > max_bcrypt_cost) return Fault::too_costly;
    return std::nullopt;
}

/// crypt(5), yescrypt: the first letter of its parameters are flags, the second the logarithm of N.
std::optional<Fault> fault_of_yescrypt(std::string_view body) {
    const std::string_view parameters = take_part(body);
    if (parameters.size() != 3 || parameters[0] != 'j' || parameters[2] != 'T') return Fault::too_costly;
    if (!std::string_view("56789AB").contains(parameters[1])) return Fault::too_costly;
    return std::nullopt;
}

std::optional<Fault> fault_of_scrypt(const ScryptCost& cost) {
    if (cost.log_n == 0 || cost.r == 0 || cost.p == 0) return Fault::malformed;
    if (cost.log_n > 20 || cost.r > 64 || cost.p > max_scrypt_lanes) return Fault::too_costly;
    // RFC 7914: 128 * N * r bytes
    if ((std::uint64_t{128} << cost.log_n) * cost.r > max_scrypt_bytes) return Fault::too_costly;
    return std::nullopt;
}

/// crypt(5), scrypt: N as one letter, then r and p as five each, the least significant first.
std::optional<Fault> fault_of_crypt_scrypt(std::string_view body) {
    constexpr std::string_view letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::size_t parameter_letters = 11;
    if (body.size() < parameter_letters) return Fault::malformed;
    const auto number = [&](std::size_t begin, std::size_t count) {
        std::uint32_t value = 0;
        for (std::size_t i = count; i-- > 0;)
            value = (value << 6) | static_cast<std::uint32_t>(letters.find(body[begin + i]) & 63);
        return value;
    };
    return fault_of_scrypt({.log_n = number(0, 1), .r = number(1, 5), .p = number(6, 5)});
}

struct CryptForm {
    bool is_fast = false;
    std::optional<Fault> fault;
};

/// Which method of crypt(5) it is, and whether it may be run.
CryptForm form_of(std::string_view text) {
    if (text.starts_with("$1$")) return {.is_fast = true, .fault = {}};
    if (text.starts_with("$5$") || text.starts_with("$6$"))
        return {.is_fast = false, .fault = fault_of_sha_crypt(text.substr(3))};
    for (const std::string_view prefix : {"$2a$", "$2b$", "$2y$"}) {
        if (text.starts_with(prefix)) return {.is_fast = false, .fault = fault_of_bcrypt(text)};
    }
    if (text.starts_with("$y$")) return {.is_fast = false, .fault = fault_of_yescrypt(text.substr(3))};
    if (text.starts_with("$7$")) return {.is_fast = false, .fault = fault_of_crypt_scrypt(text.substr(3))};
    if (text.size() == des_hash_bytes && !text.starts_with('$') && !text.starts_with('_'))
        return {.is_fast = true, .fault = {}};
    return {.is_fast = false, .fault = Fault::unknown_scheme};
}

std::optional<base::Secret> run_crypt(const std::string& setting, std::string_view password) {
    base::WipingBuffer terminated(password.begin(), password.end());
    terminated.push_back('\0');
    // Some 32 KiB: too much for the stack of a thread, and it holds the password afterwards.
    base::WipingBuffer memory(sizeof(crypt_data));
    auto* const data = reinterpret_cast<crypt_data*>(memory.data());
    const char* const result = crypt_r(terminated.data(), setting.c_str(), data);
    if (result == nullptr || *result == '*') return std::nullopt;
    return base::Secret(std::string_view(result));
}

std::optional<base::Secret> run_digest(const std::string& algorithm, std::string_view salt, std::string_view password) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::array<char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    const bool is_done = context &&
                         EVP_DigestInit_ex(context.get(), EVP_get_digestbyname(algorithm.c_str()), nullptr) == 1 &&
                         EVP_DigestUpdate(context.get(), password.data(), password.size()) == 1 &&
                         EVP_DigestUpdate(context.get(), salt.data(), salt.size()) == 1 &&
                         EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1;
    if (!is_done) return std::nullopt;
    auto text = base64_of({bytes.data(), size});
    base::wipe(bytes);
    return text;
}

std::optional<base::Secret> run_pbkdf2(const std::string& algorithm,
                                       std::string_view salt,
                                       std::uint32_t rounds,
                                       std::string_view password) {
    const EVP_MD* const digest = EVP_get_digestbyname(algorithm.c_str());
    base::WipingBuffer bytes(static_cast<std::size_t>(EVP_MD_get_size(digest)));
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                          static_cast<int>(salt.size()), static_cast<int>(rounds), digest,
                          static_cast<int>(bytes.size()), reinterpret_cast<unsigned char*>(bytes.data())) != 1) {
        return std::nullopt;
    }
    return base64_of(base::view(bytes));
}

std::optional<base::Secret> run_scrypt(const ScryptCost& cost,
                                       std::string_view salt,
                                       std::size_t size,
                                       std::string_view password) {
    base::WipingBuffer bytes(size);
    if (EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(), std::uint64_t{1} << cost.log_n,
                       cost.r, cost.p, 2 * max_scrypt_bytes, reinterpret_cast<unsigned char*>(bytes.data()),
                       bytes.size()) != 1) {
        return std::nullopt;
    }
    return base64_of(base::view(bytes));
}

/// "ln=16,r=8,p=1", as passlib writes it.
std::optional<ScryptCost> scrypt_cost(std::string_view text) {
    ScryptCost cost;
    for (const auto& [name, value] :
         {std::pair<std::string_view, std::uint32_t*>{"ln=", &cost.log_n}, {"r=", &cost.r}, {"p=", &cost.p}}) {
        const auto end = text.find(',');
        const std::string_view part = text.substr(0, end);
        const auto number = part.starts_with(name) ? number_in(part.substr(name.size())) : std::nullopt;
        if (!number) return std::nullopt;
        *value = *number;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return text.empty() ? std::optional(cost) : std::nullopt;
}

}  // namespace

std::string_view describe(ImportedHashFault fault) {
    switch (fault) {
        case Fault::unknown_scheme:
            return "is of a scheme that is not known";
        case Fault::malformed:
            return "is not what its scheme makes";
        case Fault::too_costly:
            return "asks for more work than a check may take";
        case Fault::too_long:
            return "is longer than 512 bytes";
    }
    return "is not accepted";
}

std::expected<ImportedHash, Fault> ImportedHash::parse(std::string_view text) {
    start_libsodium();
    if (text.size() > max_imported_hash_bytes) return std::unexpected(Fault::too_long);
    if (text.starts_with("$pbkdf2")) {
        text.remove_prefix(1);
        const std::string scheme = base::to_upper(take_part(text));
        return parse_pbkdf2(scheme == "PBKDF2" ? "SHA1" : scheme.substr(scheme.find('-') + 1), text);
    }
    if (text.starts_with("$scrypt$")) return parse_scrypt(text.substr(8));
    if (text.starts_with('$')) return parse_crypt(text);
    const auto close = text.find('}');
    if (!text.starts_with('{') || close == std::string_view::npos) return std::unexpected(Fault::unknown_scheme);
    const std::string scheme = base::to_upper(text.substr(1, close - 1));
    const std::string_view body = text.substr(close + 1);
    for (const std::string_view name : {"CRYPT", "MD5-CRYPT", "BLF-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT"}) {
        if (scheme == name) return parse_crypt(body);
    }
    if (scheme == "MD5" && body.starts_with('$')) return parse_crypt(body);  // Dovecot's older name
    if (scheme == "NT") return parse_nt(body);
    if (scheme == "PBKDF2") return parse_dovecot_pbkdf2(body);
    if (scheme.starts_with("PBKDF2-")) return parse_pbkdf2(scheme.substr(7), body);
    return parse_digest(scheme, body);
}

std::expected<ImportedHash, Fault> ImportedHash::parse_digest(std::string_view scheme, std::string_view body) {
    const auto known = std::ranges::find(digest_schemes, scheme, &DigestScheme::name);
    if (known == digest_schemes.end()) return std::unexpected(Fault::unknown_scheme);
    const auto bytes = known->is_hexadecimal ? from_hexadecimal(body) : from_base64(body);
    if (!bytes || bytes->size() < known->bytes) return std::unexpected(Fault::malformed);
    const std::string_view all = base::view(*bytes);
    const std::string_view salt = all.substr(known->bytes);
    if (salt.empty() == known->is_salted || salt.size() > max_salt_bytes) return std::unexpected(Fault::malformed);
    ImportedHash hash;
    hash.family_ = Family::digest;
    hash.is_fast_ = true;
    hash.algorithm_ = known->algorithm;
    hash.setting_ = base64_of(salt).reveal();
    hash.parameters_ = "digest:" + hash.algorithm_ + ':' + hash.setting_;
    hash.digest_ = base64_of(all.substr(0, known->bytes));
    return hash;
}

std::expected<ImportedHash, Fault> ImportedHash::parse_crypt(std::string_view body) {
    if (!is_crypt_text(body)) return std::unexpected(Fault::malformed);
    const CryptForm form = form_of(body);
    if (form.fault) return std::unexpected(*form.fault);
    ImportedHash hash;
    hash.family_ = Family::crypt;
    hash.is_fast_ = form.is_fast;
    // crypt(3) takes a whole hash as its own setting; what is kept beside a wrapped digest must not hold the digest.
    const auto last = body.rfind('$');
    hash.setting_ = last == std::string_view::npos ? body.substr(0, 2) : body.substr(0, last + 1);
    if (body.starts_with("$2")) hash.setting_ = body.substr(0, 29);
    hash.parameters_ = "crypt:" + hash.setting_;
    hash.digest_ = base::Secret(body);
    return hash;
}

std::expected<ImportedHash, Fault> ImportedHash::parse_pbkdf2(std::string_view algorithm, std::string_view body) {
    if (algorithm != "SHA1" && algorithm != "SHA256" && algorithm != "SHA512")
        return std::unexpected(Fault::unknown_scheme);
    const auto rounds = number_in(take_part(body));
    const auto salt = from_adapted_base64(std::string(take_part(body)));
    const auto digest = from_adapted_base64(std::string(take_part(body)));
    if (!rounds || !salt || !digest || !body.empty()) return std::unexpected(Fault::malformed);
    return make_pbkdf2(algorithm, *rounds, base::view(*salt), base::view(*digest));
}

std::expected<ImportedHash, Fault> ImportedHash::parse_dovecot_pbkdf2(std::string_view body) {
    if (!body.starts_with("$1$")) return std::unexpected(Fault::malformed);
    body.remove_prefix(3);
    const std::string_view salt = take_part(body);  // as it is: Dovecot makes it of letters
    const auto rounds = number_in(take_part(body));
    const auto digest = from_hexadecimal(take_part(body));
    if (!rounds || salt.empty() || !digest || !body.empty()) return std::unexpected(Fault::malformed);
    return make_pbkdf2("SHA1", *rounds, salt, base::view(*digest));
}

std::expected<ImportedHash, Fault> ImportedHash::make_pbkdf2(std::string_view algorithm,
                                                             std::uint32_t rounds,
                                                             std::string_view salt,
                                                             std::string_view digest) {
    if (rounds == 0 || salt.size() > max_salt_bytes) return std::unexpected(Fault::malformed);
    if (rounds > max_pbkdf2_rounds) return std::unexpected(Fault::too_costly);
    ImportedHash hash;
    hash.family_ = Family::pbkdf2;
    hash.algorithm_ = algorithm;
    if (digest.size() != static_cast<std::size_t>(EVP_MD_get_size(EVP_get_digestbyname(hash.algorithm_.c_str()))))
        return std::unexpected(Fault::malformed);
    hash.is_fast_ = rounds < 10'000;
    hash.rounds_ = rounds;
    hash.setting_ = base64_of(salt).reveal();
    hash.parameters_ = "pbkdf2:" + hash.algorithm_ + ':' + std::to_string(hash.rounds_) + ':' + hash.setting_;
    hash.digest_ = base64_of(digest);
    return hash;
}

std::expected<ImportedHash, Fault> ImportedHash::parse_scrypt(std::string_view body) {
    const auto cost = scrypt_cost(take_part(body));
    const auto salt = base64_decoded(take_part(body), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    const auto digest = base64_decoded(take_part(body), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    const bool is_whole = cost && salt && !salt->empty() && salt->size() <= max_salt_bytes && digest &&
                          digest->size() >= 16 && digest->size() <= max_scrypt_digest_bytes && body.empty();
    if (!is_whole) return std::unexpected(Fault::malformed);
    if (const auto fault = fault_of_scrypt(*cost)) return std::unexpected(*fault);
    // One that is cheaper than a wrapped digest would be, or than anybody should keep: nobody makes them.
    if (cost->log_n < least_scrypt_log_n) return std::unexpected(Fault::malformed);
    ImportedHash hash;
    hash.family_ = Family::scrypt;
    hash.scrypt_ = *cost;
    hash.setting_ = base64_of(base::view(*salt)).reveal();
    hash.digest_ = base64_of(base::view(*digest));
    return hash;
}

/// crypt(3) knows the scheme, so it is kept as crypt(3) writes it.
std::expected<ImportedHash, Fault> ImportedHash::parse_nt(std::string_view body) {
    const auto bytes = from_hexadecimal(body);
    if (!bytes || bytes->size() != nt_bytes) return std::unexpected(Fault::malformed);
    ImportedHash hash;
    hash.family_ = Family::crypt;
    hash.is_fast_ = true;
    hash.setting_ = "$3$$";
    hash.parameters_ = "crypt:" + hash.setting_;
    hash.digest_ = base::Secret(hash.setting_ + base::to_lower(body));
    return hash;
}

std::optional<ImportedHash> ImportedHash::with_parameters(std::string_view parameters) {
    start_libsodium();
    const auto take = [&parameters] {
        const auto end = parameters.find(':');
        const std::string part(parameters.substr(0, end));
        parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
        return part;
    };
    ImportedHash hash;
    hash.parameters_ = parameters;
    const std::string family = take();
    if (family == "crypt") {
        hash.setting_ = parameters;
        return is_crypt_text(hash.setting_) ? std::optional(std::move(hash)) : std::nullopt;
    }
    if (family != "digest" && family != "pbkdf2") return std::nullopt;
    hash.family_ = family == "digest" ? Family::digest : Family::pbkdf2;
    hash.algorithm_ = take();
    if (hash.family_ == Family::pbkdf2) hash.rounds_ = number_in(take()).value_or(0);
    hash.setting_ = take();
    const bool is_good = EVP_get_digestbyname(hash.algorithm_.c_str()) != nullptr && from_base64(hash.setting_) &&
                         (hash.family_ == Family::digest || (hash.rounds_ > 0 && hash.rounds_ <= max_pbkdf2_rounds));
    return is_good ? std::optional(std::move(hash)) : std::nullopt;
}

std::optional<base::Secret> ImportedHash::digest_of(std::string_view password) const {
    if (family_ == Family::crypt) {
        const bool is_cut = (setting_.starts_with("$2") && password.size() > bcrypt_bytes) ||
                            (!setting_.starts_with('$') && password.size() > des_bytes);
        if (is_cut) return base::Secret("*");
        return run_crypt(setting_, password);
    }
    const auto salt = from_base64(setting_);
    if (!salt) return std::nullopt;
    if (family_ == Family::digest) return run_digest(algorithm_, base::view(*salt), password);
    if (family_ == Family::pbkdf2) return run_pbkdf2(algorithm_, base::view(*salt), rounds_, password);
    const auto digest = from_base64(digest_.reveal());
    return digest ? run_scrypt(scrypt_, base::view(*salt), digest->size(), password) : std::nullopt;
}

}  // namespace postern::auth
