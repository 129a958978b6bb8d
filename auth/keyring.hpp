/// The keys that are never in the database: what is sealed with them and what is looked up by them is worth nothing to
/// whoever holds a copy of the database alone.
#pragma once

#include "base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

inline constexpr std::size_t max_key_file_bytes = std::size_t{64} * 1024;
inline constexpr std::size_t max_sealed_plain_bytes = std::size_t{1024} * 1024;

/// What a MAC is for. Each use has a key of its own, so that a MAC of one use says nothing about another. The order is
/// part of the format of everything stored: new uses go to the end.
enum class MacUse {
    name,
    subject,
    contact,
    birth,
    network,
    device,
    link,
    flow,
    app_password,
    fingerprint,
    journal,
    key_check,
};

enum class SealFault {
    malformed,      ///< no sealed text
    unknown_key,    ///< sealed with a key that the file does not hold (any more)
    wrong_context,  ///< sealed for something else, or changed since
};

/// Why a text does not open, as the end of a sentence: "the sealed text ...".
[[nodiscard]] std::string_view describe(SealFault fault);

/// One MAC key, from which a key for each use is derived, and the keys that seal. Only the newest of those seals, the
/// others still open what they sealed.
///
/// The key file is text of at most 64 KiB, one key a line:
///     mac <32 bytes, base64url>                    exactly one
///     seal <id, 1 to 65535> <32 bytes, base64url>  one or more; the highest id is the newest
/// Base64url is that of RFC 4648 section 5 without padding. Lines that begin with # and empty ones say nothing. It must
/// be a regular file, not a link, of mode 0600 or 0400, that belongs to root or to whoever runs the process: a file
/// that others can read is refused, because its keys are no longer secret.
///
/// Movable, not copyable; a moved-from object may only be assigned to or destroyed. The keys live in locked memory that
/// is kept out of core dumps and wiped. Thread rule: every const member may be called from any number of threads at
/// once. Throws std::runtime_error when libsodium cannot start (no source of random numbers).
class Keyring {
public:
    /// Reads the key file. The error says why not and what to do, and holds nothing of the file.
    [[nodiscard]] static std::expected<Keyring, std::string> load(const std::string& path);

    /// Writes a new key file with random keys, mode 0600. An existing file is refused, whatever is in it.
    [[nodiscard]] static std::expected<void, std::string> create(const std::string& path);

    /// Adds a newer key to seal with. The file is replaced in one step and keeps its owner, mode and comments. Running
    /// processes read the file again when they meet a text that was sealed with it. While `<path>.new` exists somebody
    /// else is at it: refused.
    [[nodiscard]] static std::expected<void, std::string> add_seal_key(const std::string& path);

    /// Random keys that live as long as the object, for tests and benchmarks.
    [[nodiscard]] static Keyring ephemeral();

    /// "s<key id>.<base64url>": XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce, so equal texts
    /// look different. `context` says what the text belongs to, e.g. "credential:42:7", and is authenticated but not
    /// stored: a text moved to another row does not open. `plain` has at most max_sealed_plain_bytes.
    [[nodiscard]] std::string seal(const base::Secret& plain, std::string_view context) const;

    /// The text that was sealed with this context. `sealed` may be anything. When it was sealed with a key that is not
    /// known, the key file is read again, at most once a second: somebody may have added one.
    [[nodiscard]] std::expected<base::Secret, SealFault> unseal(std::string_view sealed,
                                                                std::string_view context) const;

    /// Whether the text says it was sealed with the newest key; if not, it is worth sealing again.
    [[nodiscard]] bool is_current(std::string_view sealed) const;
    /// How every text that is sealed with the newest key begins: "s<key id>.".
    [[nodiscard]] std::string current_prefix() const { return "s" + std::to_string(current_seal_key()) + "."; }

    [[nodiscard]] int current_seal_key() const;

    /// HMAC-SHA-256 (RFC 2104) of the parts, each behind its length, so that ("ab", "c") is not ("a", "bc"): 43
    /// characters of base64url.
    [[nodiscard]] std::string mac(MacUse use, std::initializer_list<std::string_view> parts) const;

    /// Whether `candidate` is that MAC, compared in constant time.
    [[nodiscard]] bool is_mac(std::string_view candidate,
                              MacUse use,
                              std::initializer_list<std::string_view> parts) const;

    /// The first 16 bits of the MAC for MacUse::fingerprint: tells a repeated wrong password from another one, and is
    /// too short to guess it from.
    [[nodiscard]] std::uint16_t fingerprint16(std::initializer_list<std::string_view> parts) const;

private:
    struct FreeLocked {
        void operator()(unsigned char* block) const noexcept;  // wipes
    };
    using LockedBytes = std::unique_ptr<unsigned char[], FreeLocked>;

    struct SealKey {
        std::uint16_t id;
        base::WipingBuffer bytes;
    };

    /// The keys that seal, as one reading of the file had them. Immutable.
    struct SealKeys {
        LockedBytes bytes;               ///< one of 32 bytes for each id
        std::vector<std::uint16_t> ids;  ///< sorted, not empty

        [[nodiscard]] const unsigned char* find(std::uint16_t id) const;  ///< null when there is none
    };

    /// Where they are, and when they were last looked for. Behind a pointer so that the keyring can be moved.
    struct Source {
        std::mutex mutex;
        std::shared_ptr<const SealKeys> keys;
        std::string path;  ///< empty: no file
        std::chrono::steady_clock::time_point next_look;
    };

    /// `seal_keys` is not empty and sorted by id, without two of the same.
    Keyring(const base::WipingBuffer& mac_key, const std::vector<SealKey>& seal_keys);

    class Parser;

    static std::expected<Keyring, std::string> parse(std::string_view text);
    static LockedBytes locked_bytes(std::size_t count);
    [[nodiscard]] std::shared_ptr<const SealKeys> seal_keys() const;
    [[nodiscard]] std::shared_ptr<const SealKeys> seal_keys_with(std::uint16_t id) const;

    LockedBytes mac_keys_;  ///< one of 32 bytes for each MacUse
    std::unique_ptr<Source> source_;
};

}  // namespace postern::auth
