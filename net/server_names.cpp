#include "net/server_names.hpp"

#include "base/ascii.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace postern::net {
namespace {

std::vector<std::string> dns_names(X509* certificate) {
    std::vector<std::string> names;
    auto* const all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
        if (name->type != GEN_DNS) continue;
        const ASN1_IA5STRING* const text = name->d.dNSName;
        names.push_back(base::to_lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                        static_cast<std::size_t>(ASN1_STRING_length(text))}));
    }
    GENERAL_NAMES_free(all);
    return names;
}

int choose(SSL* ssl, int* /*alert*/, void* names) {
    const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_CTX* const found = static_cast<const ServerNames*>(names)->find(asked);
    if (found == nullptr) return SSL_TLSEXT_ERR_NOACK;  // the first certificate is for everybody else
    SSL_set_SSL_CTX(ssl, found);
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

ServerNames::~ServerNames() {
    for (SSL_CTX* const context : contexts_) SSL_CTX_free(context);
}

bool ServerNames::add(SSL_CTX* context) {
    contexts_.push_back(context);
    const std::vector<std::string> names = dns_names(SSL_CTX_get0_certificate(context));
    for (const std::string& name : names) by_name_.emplace(name, context);
    return !names.empty();
}

SSL_CTX* ServerNames::find(std::string_view name) const {
    const std::string lowered = base::to_lower(name);
    const auto exact = by_name_.find(lowered);
    if (exact != by_name_.end()) return exact->second;
    const std::size_t dot = lowered.find('.');
    if (dot == std::string::npos || dot == 0) return nullptr;
    const auto wildcard = by_name_.find('*' + lowered.substr(dot));
    return wildcard != by_name_.end() ? wildcard->second : nullptr;
}

void ServerNames::serve(SSL_CTX* context) {
    SSL_CTX_set_tlsext_servername_callback(context, choose);
    SSL_CTX_set_tlsext_servername_arg(context, this);
}

}  // namespace postern::net
