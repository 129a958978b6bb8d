#include "tests/support/test_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace postern::test {
namespace {

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("cannot make an extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long day = 24L * 60 * 60;

Key new_key() {
    return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free};
}

Bio reader_of(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

Certificate read_certificate(const std::string& text) {
    return {PEM_read_bio_X509(reader_of(text).get(), nullptr, nullptr, nullptr), X509_free};
}

Key read_key(const std::string& text) {
    return {PEM_read_bio_PrivateKey(reader_of(text).get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

/// One for `name` that says nothing more yet.
Certificate new_certificate(const std::string& name, std::chrono::seconds valid, long number, EVP_PKEY* key) {
    Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), number);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day * 30);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid.count());
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return certificate;
}

TestCertificate signed_by(EVP_PKEY* issuer, X509* certificate, EVP_PKEY* key) {
    if (X509_sign(certificate, issuer, EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
    const Bio certificate_text(BIO_new(BIO_s_mem()), BIO_free);
    const Bio key_text(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(certificate_text.get(), certificate);
    PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return {.certificate = text_of(certificate_text.get()), .key = text_of(key_text.get())};
}

}  // namespace

TestCertificate make_certificate(const std::string& name, int valid_days) {
    return make_certificate(name, std::chrono::days(valid_days));
}

TestCertificate make_certificate(const std::string& name, std::chrono::seconds valid) {
    const Key key = new_key();
    const Certificate certificate = new_certificate(name, valid, 1, key.get());
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:" + name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    return signed_by(key.get(), certificate.get(), key.get());
}

TestCertificate sign_certificate(const TestCertificate& issuer, const ClientCertificate& client) {
    static long number = 1;
    const Key key = new_key();
    const Certificate certificate =
        new_certificate("client", std::chrono::days(client.valid_days), ++number, key.get());
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(read_certificate(issuer.certificate).get()));
    if (!client.alternative_names.empty())
        add_extension(certificate.get(), NID_subject_alt_name, client.alternative_names);
    add_extension(certificate.get(), NID_ext_key_usage, client.usage);
    return signed_by(read_key(issuer.key).get(), certificate.get(), key.get());
}

std::string revoke(const TestCertificate& issuer, const TestCertificate& revoked) {
    const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(X509_CRL_new(), X509_CRL_free);
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> before(X509_gmtime_adj(nullptr, -day), ASN1_TIME_free);
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> after(X509_gmtime_adj(nullptr, day), ASN1_TIME_free);
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(read_certificate(issuer.certificate).get()));
    X509_CRL_set1_lastUpdate(list.get(), before.get());
    X509_CRL_set1_nextUpdate(list.get(), after.get());
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(read_certificate(revoked.certificate).get()));
    X509_REVOKED_set_revocationDate(entry, before.get());
    X509_CRL_add0_revoked(list.get(), entry);
    if (X509_CRL_sign(list.get(), read_key(issuer.key).get(), EVP_sha256()) == 0)
        throw std::runtime_error("cannot sign");
    const Bio text(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509_CRL(text.get(), list.get());
    return text_of(text.get());
}

}  // namespace postern::test
