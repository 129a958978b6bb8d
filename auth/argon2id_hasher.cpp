#include "auth/argon2id_hasher.hpp"

#include "auth/libsodium.hpp"

#include <sodium.h>

#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>

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

bool is_base64_part(std::string_view text, std::size_t min_bytes) {
    const auto bytes = base64_decoded(text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return bytes && bytes->size() >= min_bytes && bytes->size() <= max_part_bytes;
}

/// A copy that ends in NUL, for libsodium.
base::WipingBuffer terminated(std::string_view text) {
    base::WipingBuffer copy;
    copy.reserve(text.size() + 1);
    base::append(copy, text);
    copy.push_back('\0');
    return copy;
}

}  // namespace

std::optional<Argon2Cost> cost_of(std::string_view verifier) {
    if (verifier.size() >= crypto_pwhash_STRBYTES || !take(verifier, "$argon2id$v=19$m=")) return std::nullopt;
    const auto memory_kib = take_number(verifier);
    if (!memory_kib || *memory_kib < 8 || *memory_kib > max_argon2_memory_kib) return std::nullopt;
    if (!take(verifier, ",t=")) return std::nullopt;
    const auto passes = take_number(verifier);
    if (!passes || *passes > max_argon2_passes || !take(verifier, ",p=1$")) return std::nullopt;
    const auto split = verifier.find('$');
    if (split == std::string_view::npos || !is_base64_part(verifier.substr(0, split), min_salt_bytes) ||
        !is_base64_part(verifier.substr(split + 1), min_tag_bytes)) {
        return std::nullopt;
    }
    return Argon2Cost{*memory_kib, *passes};
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

Verification Argon2idHasher::verify(const base::Secret& stored, const base::Secret& password) const {
    if (!accepts(stored)) return Verification::impossible;
    if (!check_password(password)) return Verification::mismatch;
    const auto verifier = terminated(stored.reveal());
    const std::string_view text = password.reveal();
    errno = 0;
    if (crypto_pwhash_str_verify(verifier.data(), text.data(), text.size()) == 0) return Verification::match;
    // libsodium says -1 for everything; only a real comparison that failed sets EINVAL.
    return errno == EINVAL ? Verification::mismatch : Verification::impossible;
}

bool Argon2idHasher::accepts(const base::Secret& stored) const {
    return cost_of(stored.reveal()).has_value();
}

bool Argon2idHasher::needs_rehash(const base::Secret& stored) const {
    return cost_of(stored.reveal()) != cost_;
}

}  // namespace postern::auth
