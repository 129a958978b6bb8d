#include "auth/argon2id_hasher.hpp"

#include "auth/libsodium.hpp"

#include <sodium.h>

#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace postern::auth {

namespace {

// RFC 9106 section 3.1 allows less and more; these are what libsodium runs and what is worth keeping.
constexpr std::size_t min_salt_bytes = 8;
constexpr std::size_t min_tag_bytes = 16;
constexpr std::size_t max_part_bytes = 64;

/// Takes `literal` off the front.
bool take(std::string_view& text, std::string_view literal) {
    if (!text.starts_with(literal)) return false;
    text.remove_prefix(literal.size());
    return true;
}

/// Takes a decimal number without leading zeros off the front.
std::optional<std::uint32_t> take_number(std::string_view& text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.front() == '0') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

struct Verifier {
    Argon2Cost cost;
    base::WipingBuffer salt;
    base::WipingBuffer tag;
};

bool has_size_of_part(const std::optional<base::WipingBuffer>& bytes, std::size_t min_bytes) {
    return bytes && bytes->size() >= min_bytes && bytes->size() <= max_part_bytes;
}

std::optional<Verifier> parse(std::string_view text) {
    if (text.size() >= crypto_pwhash_STRBYTES || !take(text, "$argon2id$v=19$m=")) return std::nullopt;
    const auto memory_kib = take_number(text);
    if (!memory_kib || *memory_kib < 8 || *memory_kib > max_argon2_memory_kib) return std::nullopt;
    if (!take(text, ",t=")) return std::nullopt;
    const auto passes = take_number(text);
    if (!passes || *passes > max_argon2_passes || !take(text, ",p=1$")) return std::nullopt;
    const auto split = text.find('$');
    if (split == std::string_view::npos) return std::nullopt;
    auto salt = base64_decoded(text.substr(0, split), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    auto tag = base64_decoded(text.substr(split + 1), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    if (!has_size_of_part(salt, min_salt_bytes) || !has_size_of_part(tag, min_tag_bytes)) return std::nullopt;
    return Verifier{.cost = {*memory_kib, *passes}, .salt = std::move(*salt), .tag = std::move(*tag)};
}

/// A copy that ends in NUL, for libsodium.
base::WipingBuffer terminated(std::string_view text) {
    base::WipingBuffer copy;
    copy.reserve(text.size() + 1);
    base::append(copy, text);
    copy.push_back('\0');
    return copy;
}

Verification verify_by_libsodium(const base::Secret& stored, std::string_view password) {
    const auto verifier = terminated(stored.reveal());
    errno = 0;
    if (crypto_pwhash_str_verify(verifier.data(), password.data(), password.size()) == 0) return Verification::match;
    return errno == EINVAL ? Verification::mismatch : Verification::impossible;
}

}  // namespace

std::optional<Argon2Cost> cost_of(std::string_view verifier) {
    const auto parsed = parse(verifier);
    return parsed ? std::optional(parsed->cost) : std::nullopt;
}

Argon2idHasher::Argon2idHasher(const config::PasswordHashSettings& cost) : cost_{cost.memory_kib, cost.passes} {
    assert(cost_.memory_kib >= 8 && cost_.memory_kib <= max_argon2_memory_kib);
    assert(cost_.passes >= 1 && cost_.passes <= max_argon2_passes);
    start_libsodium();
}

std::expected<base::Secret, PasswordHasher::HashFault> Argon2idHasher::hash(const base::Secret& password) const {
    if (!check_password(password)) return std::unexpected(HashFault::unacceptable_password);
    const std::string_view text = password.reveal();
    base::WipingBuffer verifier(crypto_pwhash_STRBYTES);
    const int failed = crypto_pwhash_str_alg(verifier.data(), text.data(), text.size(), cost_.passes,
                                             std::size_t{cost_.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return std::unexpected(HashFault::out_of_memory);
    verifier.resize(std::strlen(verifier.data()));
    return base::Secret(std::move(verifier));
}

/// libsodium's own comparison says mismatch when there is no memory, so the tag is made and compared here. A salt that
/// is not as long as libsodium's is taken by nothing else.
Verification Argon2idHasher::verify(const base::Secret& stored, const base::Secret& password) const {
    const auto verifier = parse(stored.reveal());
    if (!verifier) return Verification::impossible;
    if (!check_password(password)) return Verification::mismatch;
    const std::string_view text = password.reveal();
    if (verifier->salt.size() != crypto_pwhash_SALTBYTES) return verify_by_libsodium(stored, text);
    base::WipingBuffer tag(verifier->tag.size());
    const int failed =
        crypto_pwhash(reinterpret_cast<unsigned char*>(tag.data()), tag.size(), text.data(), text.size(),
                      reinterpret_cast<const unsigned char*>(verifier->salt.data()), verifier->cost.passes,
                      std::size_t{verifier->cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return Verification::impossible;
    const bool is_equal = sodium_memcmp(tag.data(), verifier->tag.data(), tag.size()) == 0;
    return is_equal ? Verification::match : Verification::mismatch;
}

bool Argon2idHasher::accepts(const base::Secret& stored) const {
    return cost_of(stored.reveal()).has_value();
}

bool Argon2idHasher::needs_rehash(const base::Secret& stored) const {
    return cost_of(stored.reveal()) != cost_;
}

}  // namespace postern::auth
