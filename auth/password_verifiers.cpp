#include "auth/password_verifiers.hpp"

#include "auth/prepared_text.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <sodium.h>

#include <optional>
#include <string>

namespace postern::auth {

namespace {

constexpr std::string_view imported = "$imported$";
constexpr std::string_view wrapped = "$wrapped$";

struct Wrapped {
    ImportedHash hash;
    std::string_view verifier;
};

std::optional<Wrapped> unwrapped(std::string_view stored) {
    stored.remove_prefix(wrapped.size());
    const auto bar = stored.find('|');
    if (bar == std::string_view::npos) return std::nullopt;
    auto hash = ImportedHash::with_parameters(stored.substr(0, bar));
    if (!hash) return std::nullopt;
    return Wrapped{std::move(*hash), stored.substr(bar + 1)};
}

/// The password in ISO 8859-1, when that differs from what it is and is possible.
std::optional<base::Secret> latin1_of(std::string_view password) {
    base::WipingBuffer bytes;
    bool differs = false;
    while (!password.empty()) {
        const auto code_point = base::take_code_point(password);
        if (!code_point || *code_point > 0xFF) return std::nullopt;
        differs = differs || *code_point > 0x7F;
        bytes.push_back(static_cast<char>(*code_point));
    }
    if (!differs) return std::nullopt;
    return base::Secret(std::move(bytes));
}

bool are_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::expected<PasswordVerifiers::Import, std::string_view> PasswordVerifiers::plan_import(std::string_view hash) const {
    constexpr std::string_view dovecots_name = "{ARGON2ID}";
    if (base::iequals(hash.substr(0, dovecots_name.size()), dovecots_name)) hash.remove_prefix(dovecots_name.size());
    base::Secret own(hash);
    if (own_.accepts(own)) return Import{.verifier = std::move(own), .to_hash = {}, .wrapping = {}};
    if (hash.starts_with("$argon2"))
        return std::unexpected("is not of Argon2id 1.3 with one lane, at most 1 GiB and 64 passes");
    const auto parsed = ImportedHash::parse(hash);
    if (!parsed) return std::unexpected(describe(parsed.error()));
    if (parsed->is_fast()) {
        return Import{.verifier = {},
                      .to_hash = parsed->digest().clone(),
                      .wrapping = std::string(wrapped) + parsed->parameters() + '|'};
    }
    base::WipingBuffer text(imported.begin(), imported.end());
    base::append(text, hash);
    return Import{.verifier = base::Secret(std::move(text)), .to_hash = {}, .wrapping = {}};
}

std::expected<base::Secret, std::string_view> PasswordVerifiers::import(std::string_view hash) const {
    auto plan = plan_import(hash);
    if (!plan) return std::unexpected(plan.error());
    if (!plan->verifier.empty()) return std::move(plan->verifier);
    const auto verifier = own_.hash(plan->to_hash);
    if (!verifier) return std::unexpected("cannot be wrapped: there is not enough memory");
    base::WipingBuffer text(plan->wrapping.begin(), plan->wrapping.end());
    base::append(text, verifier->reveal());
    return base::Secret(std::move(text));
}

std::expected<base::Secret, PasswordHasher::HashFault> PasswordVerifiers::hash(const base::Secret& password) const {
    return own_.hash(prepared_password(password));
}

Verification PasswordVerifiers::verify_text(std::string_view stored, std::string_view password) const {
    if (stored.starts_with(wrapped)) {
        const auto parts = unwrapped(stored);
        const auto digest = parts ? parts->hash.digest_of(password) : std::nullopt;
        if (!digest) return Verification::impossible;
        return own_.verify(base::Secret(parts->verifier), *digest);
    }
    const auto hash = ImportedHash::parse(stored.substr(imported.size()));
    const auto digest = hash ? hash->digest_of(password) : std::nullopt;
    if (!digest) return Verification::impossible;
    return are_equal(digest->reveal(), hash->digest().reveal()) ? Verification::match : Verification::mismatch;
}

Verification PasswordVerifiers::verify(const base::Secret& stored, const base::Secret& password) const {
    const base::Secret prepared = prepared_password(password);
    const Verification verification = verify_prepared(stored, prepared);
    // Somebody else may have hashed the bytes as they came.
    if (verification != Verification::mismatch || prepared.reveal() == password.reveal()) return verification;
    return verify_prepared(stored, password);
}

Verification PasswordVerifiers::verify_prepared(const base::Secret& stored, const base::Secret& password) const {
    const std::string_view text = stored.reveal();
    if (!text.starts_with(imported) && !text.starts_with(wrapped)) return own_.verify(stored, password);
    if (!check_password(password)) return Verification::mismatch;
    const Verification as_it_came = verify_text(text, password.reveal());
    if (as_it_came != Verification::mismatch) return as_it_came;
    const auto latin1 = latin1_of(password.reveal());
    return latin1 ? verify_text(text, latin1->reveal()) : Verification::mismatch;
}

bool PasswordVerifiers::accepts(const base::Secret& stored) const {
    const std::string_view text = stored.reveal();
    if (text.starts_with(imported)) return ImportedHash::parse(text.substr(imported.size())).has_value();
    if (!text.starts_with(wrapped)) return own_.accepts(stored);
    const auto parts = unwrapped(text);
    return parts && own_.accepts(base::Secret(parts->verifier));
}

bool PasswordVerifiers::needs_rehash(const base::Secret& stored) const {
    return own_.needs_rehash(stored);
}

}  // namespace postern::auth
