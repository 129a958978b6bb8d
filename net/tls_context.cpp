#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include <arpa/inet.h>

namespace postern::net {
namespace {

int select_alpn(SSL* /*ssl*/,
                const unsigned char** chosen,
                unsigned char* chosen_length,
                const unsigned char* offered,
                unsigned int offered_length,
                void* accepted) {
    const auto& names = *static_cast<const std::string*>(accepted);
    unsigned char* match = nullptr;
    const int found = SSL_select_next_proto(&match, chosen_length, reinterpret_cast<const unsigned char*>(names.data()),
                                            static_cast<unsigned int>(names.size()), offered, offered_length);
    *chosen = match;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string alpn_wire_format(const std::vector<std::string>& protocols) {
    std::string wire;
    for (const std::string& name : protocols) {
        wire += static_cast<char>(name.size());
        wire += name;
    }
    return wire;
}

void set_common_options(SSL_CTX* context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);  // one system call for a record and not one for its header besides
    // Mail clients close without close_notify all day; a cut inside a message is seen by the mail protocol itself.
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // TLS 1.2 only with forward secrecy and AEAD; TLS 1.3 has nothing else.
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
}

std::string file_error(std::string_view what, const std::string& file) {
    return "cannot use " + std::string(what) + " " + file + ": " + take_openssl_error();
}

std::expected<void, std::string> use_certificate(SSL_CTX* context, const config::CertificateSettings& files) {
    // A key with a passphrase would make OpenSSL ask at the terminal: it is an error like any other.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return std::unexpected(file_error("certificate", files.certificate));
    // Fails for a key of another certificate, too.
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return std::unexpected(file_error("private key", files.key));
    return {};
}

/// Intermediate authorities between a user's certificate and one that is trusted.
constexpr int longest_chain = 4;

std::expected<void, std::string> read_revocations(X509_STORE* store, const std::string& file) {
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) < 1)
        return std::unexpected(file_error("revocation list", file));
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return {};
}

/// Everything stands in the context itself, and none of it in a connection: the context of another server name, which a
/// connection is moved to, must ask for the same.
std::expected<void, std::string> ask_for_certificates(SSL_CTX* context,
                                                      const config::ClientCertificateSettings& clients) {
    if (SSL_CTX_load_verify_file(context, clients.ca_file.c_str()) != 1)
        return std::unexpected(file_error("authority file", clients.ca_file));
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(clients.ca_file.c_str());
    if (names == nullptr) return std::unexpected(file_error("authority file", clients.ca_file));
    SSL_CTX_set_client_CA_list(context, names);
    if (!clients.crl_file.empty()) {
        if (auto read = read_revocations(SSL_CTX_get_cert_store(context), clients.crl_file); !read) return read;
    }
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);  // those authorities have not signed for us
    SSL_CTX_set_verify_depth(context, longest_chain);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (clients.required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    // Session cache and renegotiation are off everywhere. With tickets a certificate would outlive what it is good for.
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return {};
}

}  // namespace

std::string take_openssl_error() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0) return "no reason given";
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

void TlsContext::Free::operator()(SSL_CTX* context) const noexcept {
    SSL_CTX_free(context);
}

std::expected<TlsContext::Context, std::string> TlsContext::make_for_server(
    const config::TlsSettings& settings,
    const config::CertificateSettings& files,
    TicketKeys* tickets,
    const config::ClientCertificateSettings* clients) const {
    Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const raw = context.get();
    if (raw == nullptr) return std::unexpected(take_openssl_error());
    set_common_options(raw);
    SSL_CTX_set_min_proto_version(
        raw, settings.minimum_version == config::TlsVersion::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_num_tickets(raw, 1);  // each ticket costs as much as a tenth of a handshake; clients use one

    if (auto used = use_certificate(raw, files); !used) return std::unexpected(std::move(used.error()));
    SSL_CTX_set_alpn_select_cb(raw, select_alpn, alpn_.get());
    // A ticket of one kind of listener must not open another (CVE-2025-23419 is this mistake in another server).
    SSL_CTX_set_session_id_context(
        raw, reinterpret_cast<const unsigned char*>(alpn_->data()),
        static_cast<unsigned int>(std::min<std::size_t>(alpn_->size(), SSL_MAX_SID_CTX_LENGTH)));
    if (clients != nullptr) {
        if (auto asked = ask_for_certificates(raw, *clients); !asked) return std::unexpected(std::move(asked.error()));
    } else if (tickets != nullptr) {
        tickets->serve(raw);
    }
    return context;
}

std::expected<TlsContext, std::string> TlsContext::for_server(const config::TlsSettings& settings,
                                                              const std::vector<std::string>& protocols,
                                                              TicketKeys* tickets,
                                                              const config::ClientCertificateSettings* clients) {
    TlsContext made;
    made.alpn_ = std::make_unique<std::string>(alpn_wire_format(protocols));
    // Tickets are made and taken by the context that a connection begins with, whatever name it then asks for.
    auto first =
        made.make_for_server(settings, {.certificate = settings.certificate, .key = settings.key}, tickets, clients);
    if (!first) return std::unexpected(first.error());
    made.context_ = std::move(*first);
    if (settings.by_name.empty()) return made;
    made.names_ = std::make_unique<ServerNames>();
    for (const config::CertificateSettings& files : settings.by_name) {
        auto other = made.make_for_server(settings, files, tickets, clients);
        if (!other) return std::unexpected(other.error());
        if (!made.names_->add(other->release()))
            return std::unexpected("the certificate " + files.certificate + " bears no DNS name: nobody would get it");
    }
    made.names_->serve(made.context_.get());
    return made;
}

std::expected<TlsContext, std::string> TlsContext::for_client(const std::string& ca_file,
                                                              const std::optional<config::CertificateSettings>& own) {
    TlsContext context;
    context.context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* const raw = context.context_.get();
    if (raw == nullptr) return std::unexpected(take_openssl_error());
    set_common_options(raw);
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    if (ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(raw) != 1) return std::unexpected(take_openssl_error());
    } else if (SSL_CTX_load_verify_file(raw, ca_file.c_str()) != 1) {
        return std::unexpected(file_error("authority file", ca_file));
    }
    if (!keep_sessions(raw)) return std::unexpected(take_openssl_error());
    if (!own) return context;
    if (auto used = use_certificate(raw, *own); !used) return std::unexpected(std::move(used.error()));
    return context;
}

SSL* TlsContext::start_server() const {
    SSL* const ssl = SSL_new(context_.get());
    if (ssl != nullptr) SSL_set_accept_state(ssl);
    return ssl;
}

SSL* TlsContext::start_client(const std::string& name, const std::string& server, SessionClock::time_point now) const {
    std::unique_ptr<SSL, decltype(&SSL_free)> made(SSL_new(context_.get()), SSL_free);
    SSL* const ssl = made.get();
    if (ssl == nullptr) return nullptr;
    SSL_set_connect_state(ssl);
    X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const bool numeric = X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1;
    ERR_clear_error();
    const bool named =
        numeric || (SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1);
    if (!named || (!server.empty() && !offer_session(ssl, name, server, now))) return nullptr;
    return made.release();
}

}  // namespace postern::net
