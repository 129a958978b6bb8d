#include "auth/keyring.hpp"

#include "auth/key_file.hpp"
#include "auth/libsodium.hpp"
#include "base/ascii.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <limits>
#include <new>
#include <optional>
#include <span>

namespace postern::auth {

namespace {

constexpr std::size_t key_bytes = 32;
static_assert(key_bytes == crypto_kdf_KEYBYTES);
static_assert(key_bytes == crypto_auth_hmacsha256_KEYBYTES);
static_assert(key_bytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t mac_use_count = static_cast<std::size_t>(MacUse::key_check) + 1;
constexpr int base64url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr char derivation_context[] = "postern1";
static_assert(sizeof derivation_context == crypto_kdf_CONTEXTBYTES + 1);

// A stranger's texts never get here, so this bounds only what a damaged store can cost.
constexpr std::chrono::seconds between_looks{1};

using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(base::WipingBuffer& buffer) {
    return reinterpret_cast<unsigned char*>(buffer.data());
}

constexpr std::size_t encoded_size(std::size_t count) {
    return sodium_base64_ENCODED_LEN(count, base64url);  // counts the NUL
}

std::string encoded(std::span<const unsigned char> bytes) {
    std::string text(encoded_size(bytes.size()), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), base64url);
    text.pop_back();
    return text;
}

base::WipingBuffer random_key() {
    base::WipingBuffer key(key_bytes);
    randombytes_buf(key.data(), key.size());
    return key;
}

/// 1 to 65535 in decimal, without leading zeros.
std::optional<std::uint16_t> seal_id(std::string_view text) {
    std::uint16_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0') return std::nullopt;
    return id;
}

std::optional<base::WipingBuffer> parsed_key(std::string_view text) {
    auto key = base64_decoded(text, base64url);
    if (!key || key->size() != key_bytes) return std::nullopt;
    return key;
}

void append_key_line(base::WipingBuffer& text, std::string_view start, const base::WipingBuffer& key) {
    base::WipingBuffer line(encoded_size(key.size()));
    sodium_bin2base64(line.data(), line.size(), bytes_of(base::view(key)), key.size(), base64url);
    line.back() = '\n';
    base::append(text, start);
    base::append(text, base::view(line));
}

struct SealedParts {
    std::uint16_t key_id;
    std::string_view payload;
};

std::optional<SealedParts> split_sealed(std::string_view sealed) {
    const auto dot = sealed.find('.');
    if (!sealed.starts_with('s') || dot == std::string_view::npos) return std::nullopt;
    const auto id = seal_id(sealed.substr(1, dot - 1));
    if (!id) return std::nullopt;
    return SealedParts{*id, sealed.substr(dot + 1)};
}

Mac mac_of(const unsigned char* key, std::initializer_list<std::string_view> parts) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_bytes);
    for (const std::string_view part : parts) {
        std::array<unsigned char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<unsigned char>(part.size() >> (8 * i));
        crypto_auth_hmacsha256_update(&state, length.data(), length.size());
        crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
    }
    Mac mac{};
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return mac;
}

std::unexpected<std::string> line_fault(std::size_t number, const char* what) {
    return std::unexpected("line " + std::to_string(number) + ": " + what);
}

}  // namespace

std::string_view describe(SealFault fault) {
    switch (fault) {
        case SealFault::malformed:
            return "is no sealed text";
        case SealFault::unknown_key:
            return "was sealed with a key that is not in the key file";
        case SealFault::wrong_context:
            return "was sealed for something else or has been changed";
    }
    return "cannot be opened";
}

void Keyring::FreeLocked::operator()(unsigned char* block) const noexcept {
    sodium_free(block);
}

Keyring::LockedBytes Keyring::locked_bytes(std::size_t count) {
    LockedBytes block(static_cast<unsigned char*>(sodium_malloc(count)));
    if (!block) throw std::bad_alloc();
    return block;
}

Keyring::Keyring(const base::WipingBuffer& mac_key, const std::vector<SealKey>& seal_keys)
    : mac_keys_(locked_bytes(mac_use_count * key_bytes)), source_(std::make_unique<Source>()) {
    assert(mac_key.size() == key_bytes && !seal_keys.empty());
    for (std::size_t use = 0; use < mac_use_count; ++use) {
        crypto_kdf_derive_from_key(mac_keys_.get() + use * key_bytes, key_bytes, use + 1, derivation_context,
                                   bytes_of(base::view(mac_key)));
    }
    auto keys = std::make_shared<SealKeys>(locked_bytes(seal_keys.size() * key_bytes));
    for (const SealKey& key : seal_keys) {
        std::ranges::copy(key.bytes, keys->bytes.get() + keys->ids.size() * key_bytes);
        keys->ids.push_back(key.id);
    }
    sodium_mprotect_readonly(mac_keys_.get());
    sodium_mprotect_readonly(keys->bytes.get());
    source_->keys = std::move(keys);
}

/// One pass over the lines of a key file.
class Keyring::Parser {
public:
    std::expected<void, std::string> read_line(std::size_t number, std::string_view line) {
        line = base::trim(line);
        if (line.empty() || line.starts_with('#')) return {};
        const auto space = line.find(' ');
        const std::string_view word = line.substr(0, space);
        const std::string_view rest = space == std::string_view::npos ? "" : line.substr(space + 1);
        if (word == "mac") return read_mac(number, rest);
        if (word == "seal") return read_seal(number, rest);
        return line_fault(number, "expected \"mac <key>\" or \"seal <id> <key>\"");
    }

    std::expected<Keyring, std::string> finished() {
        if (!mac_key_) return std::unexpected("no line \"mac <key>\"");
        if (seal_keys_.empty()) return std::unexpected("no line \"seal <id> <key>\"");
        std::ranges::sort(seal_keys_, {}, &SealKey::id);
        return Keyring(*mac_key_, seal_keys_);
    }

private:
    std::expected<void, std::string> read_mac(std::size_t number, std::string_view text) {
        if (mac_key_) return line_fault(number, "a second line \"mac\"; there can be only one");
        mac_key_ = parsed_key(text);
        if (!mac_key_) return line_fault(number, "expected \"mac\" and 32 bytes as 43 characters of base64url");
        return {};
    }

    std::expected<void, std::string> read_seal(std::size_t number, std::string_view text) {
        const auto space = text.find(' ');
        const auto id = seal_id(text.substr(0, space));
        if (!id || space == std::string_view::npos)
            return line_fault(number, "expected \"seal\", a number from 1 to 65535 and a key");
        auto key = parsed_key(text.substr(space + 1));
        if (!key) return line_fault(number, "expected 32 bytes as 43 characters of base64url behind the number");
        if (std::ranges::find(seal_keys_, *id, &SealKey::id) != seal_keys_.end())
            return line_fault(number, "a second line \"seal\" with the same number");
        seal_keys_.push_back({*id, std::move(*key)});
        return {};
    }

    std::optional<base::WipingBuffer> mac_key_;
    std::vector<SealKey> seal_keys_;
};

std::expected<Keyring, std::string> Keyring::parse(std::string_view text) {
    start_libsodium();
    Parser parser;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        if (auto read = parser.read_line(number, text.substr(0, end)); !read)
            return std::unexpected(std::move(read.error()));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parser.finished();
}

std::expected<Keyring, std::string> Keyring::load(const std::string& path) {
    const auto text = read_key_file(path, max_key_file_bytes);
    if (!text) return std::unexpected(text.error());
    auto keys = parse(base::view(*text));
    if (!keys) return std::unexpected("the key file " + path + ", " + keys.error());
    keys->source_->path = path;
    return keys;
}

std::expected<void, std::string> Keyring::create(const std::string& path) {
    start_libsodium();
    base::WipingBuffer text;
    base::append(text, "# Keys of postern. Keep a copy apart from the database and its copies.\n");
    append_key_line(text, "mac ", random_key());
    append_key_line(text, "seal 1 ", random_key());
    return create_key_file(path, base::view(text));
}

std::expected<void, std::string> Keyring::add_seal_key(const std::string& path) {
    return change_key_file(
        path, max_key_file_bytes, [&](std::string_view old) -> std::expected<base::WipingBuffer, std::string> {
            const auto keys = parse(old);
            if (!keys) return std::unexpected("the key file " + path + ", " + keys.error());
            if (keys->current_seal_key() == std::numeric_limits<std::uint16_t>::max())
                return std::unexpected("the key file " + path + " has no number left for another key");
            base::WipingBuffer text(old.begin(), old.end());
            if (!old.ends_with('\n')) text.push_back('\n');
            append_key_line(text, "seal " + std::to_string(keys->current_seal_key() + 1) + " ", random_key());
            return text;
        });
}

Keyring Keyring::ephemeral() {
    start_libsodium();
    std::vector<SealKey> seal_keys;
    seal_keys.push_back({1, random_key()});
    return Keyring(random_key(), seal_keys);
}

const unsigned char* Keyring::SealKeys::find(std::uint16_t id) const {
    const auto found = std::ranges::lower_bound(ids, id);
    if (found == ids.end() || *found != id) return nullptr;
    return bytes.get() + static_cast<std::size_t>(found - ids.begin()) * key_bytes;
}

std::shared_ptr<const Keyring::SealKeys> Keyring::seal_keys() const {
    const std::lock_guard lock(source_->mutex);
    return source_->keys;
}

std::shared_ptr<const Keyring::SealKeys> Keyring::seal_keys_with(std::uint16_t id) const {
    const std::lock_guard lock(source_->mutex);
    const auto now = std::chrono::steady_clock::now();
    if (source_->keys->find(id) != nullptr || source_->path.empty() || now < source_->next_look) return source_->keys;
    source_->next_look = now + between_looks;
    const auto again = load(source_->path);
    // A file with another MAC key belongs to another store: what it seals with is of no use here.
    if (again && sodium_memcmp(again->mac_keys_.get(), mac_keys_.get(), mac_use_count * key_bytes) == 0)
        source_->keys = again->source_->keys;
    return source_->keys;
}

int Keyring::current_seal_key() const {
    return seal_keys()->ids.back();
}

std::string Keyring::seal(const base::Secret& plain, std::string_view context) const {
    const std::string_view text = plain.reveal();
    assert(text.size() <= max_sealed_plain_bytes);
    const auto keys = seal_keys();
    std::vector<unsigned char> bytes(nonce_bytes + text.size() + tag_bytes);
    randombytes_buf(bytes.data(), nonce_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes.data() + nonce_bytes, nullptr, bytes_of(text), text.size(),
                                               bytes_of(context), context.size(), nullptr, bytes.data(),
                                               keys->find(keys->ids.back()));
    return "s" + std::to_string(keys->ids.back()) + "." + encoded(bytes);
}

std::expected<base::Secret, SealFault> Keyring::unseal(std::string_view sealed, std::string_view context) const {
    const auto parts = split_sealed(sealed);
    constexpr std::size_t max_payload = encoded_size(nonce_bytes + max_sealed_plain_bytes + tag_bytes);
    if (!parts || parts->payload.size() >= max_payload) return std::unexpected(SealFault::malformed);
    const auto bytes = base64_decoded(parts->payload, base64url);
    if (!bytes || bytes->size() < nonce_bytes + tag_bytes) return std::unexpected(SealFault::malformed);
    const auto keys = seal_keys_with(parts->key_id);
    const unsigned char* key = keys->find(parts->key_id);
    if (key == nullptr) return std::unexpected(SealFault::unknown_key);

    const unsigned char* nonce = bytes_of(base::view(*bytes));
    base::WipingBuffer plain(bytes->size() - nonce_bytes - tag_bytes);
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(plain), nullptr, nullptr,
                                                                  nonce + nonce_bytes, bytes->size() - nonce_bytes,
                                                                  bytes_of(context), context.size(), nonce, key);
    if (failed != 0) return std::unexpected(SealFault::wrong_context);
    return base::Secret(std::move(plain));
}

bool Keyring::is_current(std::string_view sealed) const {
    const auto parts = split_sealed(sealed);
    return parts && parts->key_id == current_seal_key();
}

std::string Keyring::mac(MacUse use, std::initializer_list<std::string_view> parts) const {
    return encoded(mac_of(mac_keys_.get() + static_cast<std::size_t>(use) * key_bytes, parts));
}

bool Keyring::is_mac(std::string_view candidate, MacUse use, std::initializer_list<std::string_view> parts) const {
    const std::string expected = mac(use, parts);
    return candidate.size() == expected.size() &&
           sodium_memcmp(candidate.data(), expected.data(), expected.size()) == 0;
}

std::uint16_t Keyring::fingerprint16(std::initializer_list<std::string_view> parts) const {
    const Mac mac = mac_of(mac_keys_.get() + static_cast<std::size_t>(MacUse::fingerprint) * key_bytes, parts);
    return static_cast<std::uint16_t>(mac[0] << 8U | mac[1]);
}

}  // namespace postern::auth
