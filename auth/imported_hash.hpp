/// Password hashes that other programs made: what a site brings along, so that nobody needs a new password.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

inline constexpr std::size_t max_imported_hash_bytes = 512;

enum class ImportedHashFault {
    unknown_scheme,
    malformed,
    too_costly,  ///< its own parameters ask for more than a check may take: bcrypt above 14, a million rounds of
                 ///< sha-crypt, five million of PBKDF2, yescrypt above 32 MiB, scrypt above 64 MiB
    too_long,
};

/// Why a hash is refused, as the end of a sentence: "the hash ...".
[[nodiscard]] std::string_view describe(ImportedHashFault fault);

/// RFC 7914, section 2; N is 2 to the power of `log_n`.
struct ScryptCost {
    std::uint32_t log_n = 0;
    std::uint32_t r = 0;
    std::uint32_t p = 0;
};

/// One hash, read and bounded. Nothing of it has been run yet.
///
/// Read are, as `{SCHEME}text`: SSHA, SSHA256, SSHA512, SHA, SHA256, SHA512, SMD5, MD5 and PLAIN-MD5 (RFC 2307 and
/// Dovecot's names; digests in base64, PLAIN-MD5 in hexadecimal), CRYPT, MD5-CRYPT, BLF-CRYPT, SHA256-CRYPT and
/// SHA512-CRYPT (crypt(5)), PBKDF2-SHA1, PBKDF2-SHA256 and PBKDF2-SHA512 (OpenLDAP's form "rounds$salt$hash"), PBKDF2
/// (Dovecot's "$1$salt$rounds$hash") and NT (Windows and Samba, hexadecimal); and without braces the forms of crypt(5)
/// that begin with `$`, and passlib's `$pbkdf2...$` and `$scrypt$`.
class ImportedHash {
public:
    [[nodiscard]] static std::expected<ImportedHash, ImportedHashFault> parse(std::string_view text);

    /// So fast that a stolen copy could be guessed at by the billion: it must not be stored as it is.
    [[nodiscard]] bool is_fast() const noexcept { return is_fast_; }

    /// What the scheme makes of a password, as text; nullopt when it cannot be run (no memory). Equal to `digest()` for
    /// the right password. bcrypt looks at 72 bytes and DES at 8: passwords that are longer never match them, since
    /// nobody can know which he meant.
    [[nodiscard]] std::optional<base::Secret> digest_of(std::string_view password) const;
    /// The right one.
    [[nodiscard]] const base::Secret& digest() const noexcept { return digest_; }

    /// The scheme and its parameters without the digest: enough for `with_parameters`. Visible ASCII without `|`.
    [[nodiscard]] const std::string& parameters() const noexcept { return parameters_; }
    /// A hash with these parameters and no digest. nullopt: they are not what `parameters` gives.
    [[nodiscard]] static std::optional<ImportedHash> with_parameters(std::string_view parameters);

private:
    enum class Family { digest, crypt, pbkdf2, scrypt };

    ImportedHash() = default;
    static std::expected<ImportedHash, ImportedHashFault> parse_digest(std::string_view scheme, std::string_view body);
    static std::expected<ImportedHash, ImportedHashFault> parse_crypt(std::string_view body);
    static std::expected<ImportedHash, ImportedHashFault> parse_pbkdf2(std::string_view algorithm,
                                                                       std::string_view body);
    static std::expected<ImportedHash, ImportedHashFault> parse_dovecot_pbkdf2(std::string_view body);
    static std::expected<ImportedHash, ImportedHashFault> parse_scrypt(std::string_view body);
    static std::expected<ImportedHash, ImportedHashFault> parse_nt(std::string_view body);
    /// `salt` and `digest`: bytes.
    static std::expected<ImportedHash, ImportedHashFault> make_pbkdf2(std::string_view algorithm,
                                                                      std::uint32_t rounds,
                                                                      std::string_view salt,
                                                                      std::string_view digest);

    Family family_ = Family::crypt;
    bool is_fast_ = false;
    std::string algorithm_;  ///< of digest and pbkdf2: OpenSSL's name
    std::string setting_;    ///< of crypt: what crypt(3) takes; of the others the salt, base64
    std::uint32_t rounds_ = 0;
    ScryptCost scrypt_;
    std::string parameters_;
    base::Secret digest_;
};

}  // namespace postern::auth
