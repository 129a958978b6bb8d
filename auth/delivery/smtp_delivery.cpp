#include "auth/delivery/smtp_delivery.hpp"

#include "auth/delivery/curl_transfer.hpp"
#include "auth/delivery/mail_text.hpp"
#include "base/secret.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace postern::auth::delivery {

namespace {

std::string url_of(const config::MailSettings& relay, const std::string& hostname) {
    const std::string host = relay.host.contains(':') ? '[' + relay.host + ']' : relay.host;
    return (relay.tls == config::MailTls::implicit ? "smtps://" : "smtp://") + host + ':' + std::to_string(relay.port) +
           '/' + hostname;
}

/// Hands out what is left of a text.
std::size_t read_from(char* into, std::size_t size, std::size_t count, void* text) {
    auto& rest = *static_cast<std::string_view*>(text);
    const std::size_t taken = std::min(rest.size(), size * count);
    std::memcpy(into, rest.data(), taken);
    rest.remove_prefix(taken);
    return taken;
}

/// What the relay says of a recipient or of the content is final (RFC 5321 section 4.2.1); that it does not like our
/// name or password is something that an administrator puts right.
DeliveryFailure failure_of(const CurlTransfer::Answer& answer) {
    const bool is_about_us = answer.code == CURLE_LOGIN_DENIED || answer.code == CURLE_PEER_FAILED_VERIFICATION ||
                             answer.code == CURLE_USE_SSL_FAILED;
    const bool is_permanent = answer.status >= 550 && answer.status < 560;
    std::string why = "the relay: " + describe(answer.code);
    if (answer.status >= 400) why = "the relay answered " + std::to_string(answer.status);
    return {.is_final = is_permanent && !is_about_us, .why = std::move(why)};
}

}  // namespace

std::expected<void, DeliveryFailure> send_mail(const MailMessage& mail,
                                               const Posting& posting,
                                               const config::MailSettings& relay,
                                               const std::string& hostname,
                                               const std::stop_token& stop) {
    std::string text = mail_text(mail, {.address = relay.from, .name = relay.from_name}, posting);
    std::string_view rest = text;
    CurlTransfer transfer(url_of(relay, hostname), relay.tls == config::MailTls::implicit ? "smtps" : "smtp", stop);
    CurlList recipients;
    recipients.add('<' + mail.to + '>');
    transfer.set(CURLOPT_USE_SSL,
                 static_cast<long>(relay.tls == config::MailTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    transfer.trust(relay.ca_file);
    if (!relay.user.empty()) {
        std::string password(relay.password.reveal());
        transfer.set(CURLOPT_USERNAME, relay.user.c_str());
        transfer.set(CURLOPT_PASSWORD, password.c_str());
        base::wipe(password);
    }
    transfer.set(CURLOPT_MAIL_FROM, ('<' + relay.from + '>').c_str());
    transfer.set(CURLOPT_MAIL_RCPT, recipients.get());
    transfer.set(CURLOPT_UPLOAD, 1L);
    transfer.set(CURLOPT_READFUNCTION, &read_from);
    transfer.set(CURLOPT_READDATA, static_cast<void*>(&rest));
    const CurlTransfer::Answer answer = transfer.perform();
    base::wipe(text);
    if (answer.code == CURLE_OK) return {};
    return std::unexpected(failure_of(answer));
}

}  // namespace postern::auth::delivery
