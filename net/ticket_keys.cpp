#include "net/ticket_keys.hpp"

#include "base/secret.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>

namespace postern::net {
namespace {

void wipe(TicketKeys::Key& key) {
    for (auto* part : {&key.cipher, &key.mac}) base::wipe({reinterpret_cast<char*>(part->data()), part->size()});
}

int index_of_keys() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 3> params{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

/// OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)): 1 goes on, 2 goes on and makes a new ticket, 0 does
/// without the ticket, -1 ends the connection.
int use_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int makes) {
    auto* const keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_keys()));
    const auto now = TicketKeys::Clock::now();
    if (makes == 1) {
        auto key = keys->current(now);
        if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return 0;
        std::copy(key->name.begin(), key->name.end(), name);
        const bool is_set = set_mac_key(mac, *key) &&
                            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
        wipe(*key);
        return is_set ? 1 : 0;
    }
    auto found = keys->find(name, now);
    if (!found) return 0;
    const bool is_set = set_mac_key(mac, found->key) &&
                        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1;
    wipe(found->key);
    if (!is_set) return 0;
    // In TLS 1.3 a ticket is good for one connection: without a new one only every second could be resumed.
    return found->is_old || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
}

/// The name in the ClientHello that is being read (RFC 6066 section 3); empty: none, or malformed. OpenSSL takes the
/// ticket before it looks at the name, so SSL_get_servername does not know it yet.
std::string_view asked_name(SSL* ssl) {
    constexpr std::size_t before_name = 5;  // length of the list, type of the name, length of the name
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1 || size < before_name) return {};
    const std::size_t length = static_cast<std::size_t>(bytes[3]) << 8U | bytes[4];
    if (bytes[2] != TLSEXT_NAMETYPE_host_name || length != size - before_name) return {};
    return {reinterpret_cast<const char*>(bytes) + before_name, length};
}

int note_server_name(SSL* ssl, void* /*unused*/) {
    const char* const text = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::string_view name = text == nullptr ? std::string_view() : std::string_view(text);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), name.data(), name.size());
}

SSL_TICKET_RETURN check_server_name(SSL* ssl,
                                    SSL_SESSION* session,
                                    const unsigned char* /*key_name*/,
                                    std::size_t /*key_name_length*/,
                                    SSL_TICKET_STATUS status,
                                    void* /*unused*/) {
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    void* noted = nullptr;
    std::size_t length = 0;
    if (SSL_SESSION_get0_ticket_appdata(session, &noted, &length) != 1) return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (std::string_view(static_cast<const char*>(noted), length) != asked_name(ssl))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

}  // namespace

TicketKeys::~TicketKeys() {
    for (auto* key : {&current_, &previous_})
        if (*key) wipe(**key);
}

void TicketKeys::serve(SSL_CTX* context) {
    SSL_CTX_set_ex_data(context, index_of_keys(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key);
    SSL_CTX_set_session_ticket_cb(context, note_server_name, check_server_name, nullptr);
}

std::optional<TicketKeys::Key> TicketKeys::current(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (!rotate(now)) return std::nullopt;
    return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(const unsigned char* name, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (!rotate(now)) return std::nullopt;
    for (const auto* key : {&current_, &previous_})
        if (*key && std::equal((*key)->name.begin(), (*key)->name.end(), name))
            return Found{.key = **key, .is_old = key == &previous_};
    return std::nullopt;
}

bool TicketKeys::rotate(Clock::time_point now) {
    if (current_ && now - current_->since < life) return true;
    Key fresh{.since = now};
    for (auto* part : {&fresh.cipher, &fresh.mac})
        if (RAND_bytes(part->data(), static_cast<int>(part->size())) != 1) return false;
    if (RAND_bytes(fresh.name.data(), static_cast<int>(fresh.name.size())) != 1) return false;
    if (previous_) wipe(*previous_);
    // One that was not used for long is too old to be accepted any more.
    previous_ = current_ && now - current_->since < 2 * life ? current_ : std::nullopt;
    current_ = fresh;
    wipe(fresh);
    return true;
}

}  // namespace postern::net
