#include "base/time_zone.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <string_view>

namespace postern::config {
namespace {

const OneOf<MailTls> mail_tls_form{
    {{"implicit", MailTls::implicit}, {"starttls", MailTls::starttls}, {"none", MailTls::none}}};
const OneOf<std::string> content_type_form{
    {{"application/json", "application/json"},
     {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded"}}};
constexpr WholeNumber<std::uint16_t> month_count{.min = 6, .max = 120};
constexpr WholeNumber<std::uint16_t> day_count{.min = 1, .max = 1095};
constexpr std::chrono::minutes shortest_link{10};
constexpr std::chrono::minutes longest_link{60};

Formed<std::string> time_zone(std::string_view text) {
    if (base::TimeZone::named(text)) return std::string(text);
    return expected_but_found("a time zone of the IANA database like Europe/Paris", text);
}

/// An address as the sender of mails has it; what it may hold is narrower than RFC 5322 allows.
Formed<std::string> sender_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    const bool is_plain =
        at != std::string_view::npos && at > 0 && at <= 64 &&
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") == at &&
        full_hostname(text.substr(at + 1));
    if (!is_plain) return expected_but_found("an address like no-reply@example.org", text);
    return std::string(text);
}

Formed<std::string> country_code(std::string_view text) {
    const auto digits = read_digits(text);
    if (digits && *digits >= 1 && *digits <= 999) return std::string(text);
    return expected_but_found("a country code of 1 to 3 digits like 33", text);
}

/// What is told over it are codes and names: never in clear text over a network.
Formed<std::string> private_url(std::string_view text) {
    auto url = web_url(text);
    if (!url || url->starts_with("https://")) return url;
    const std::string_view authority = std::string_view(*url).substr(7, url->find_first_of("/?#", 7) - 7);
    const std::string host(
        authority.substr(0, authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':')));
    if (is_loopback(host == "[::1]" ? "::1" : host)) return url;
    return expected_but_found("an https URL, or one on this host", text);
}

Formed<std::string> portal_url(std::string_view text) {
    auto url = private_url(text);
    if (!url) return url;
    while (url->ends_with('/')) url->pop_back();
    if (url->find_first_of("?#") != std::string::npos) return expected_but_found("a URL without ? and #", text);
    return url;
}

/// One that a JSON text or a form needs: both placeholders.
Formed<std::string> sms_body(std::string_view text) {
    auto body = plain_text(text);
    if (!body) return body;
    if (body->contains("{{number}}") && body->contains("{{text}}")) return body;
    return expected_but_found("a text with {{number}} and {{text}}", text);
}

void read_mail(MappingReader& section, MailSettings& mail) {
    section.required("host", mail.host, hostname_or_address);
    section.optional("port", mail.port, port_number);
    section.optional("tls", mail.tls, mail_tls_form);
    section.optional("ca_file", mail.ca_file, ReadableFile{section.reading().directory});
    section.optional("user", mail.user, plain_text);
    read_secret(section, "password", mail.password);
    section.required("from", mail.from, sender_address);
    section.optional("from_name", mail.from_name, announced_text);
    if (section.has("user") != section.has("password"))
        section.fail(section.has("user") ? "user" : "password", "give `user` and `password`, or neither");
    if (!section.sound("host") || !section.sound("tls") || mail.tls != MailTls::none) return;
    if (!is_loopback(mail.host))
        section.fail("tls", "links and codes would cross the network in clear text: use tls: starttls or implicit");
    if (section.has("ca_file")) section.fail("ca_file", "has no meaning with tls: none; leave it out");
}

void read_sms(MappingReader& section, SmsSettings& sms) {
    section.required("url", sms.url, private_url);
    section.required("content_type", sms.content_type, content_type_form);
    section.required("body", sms.body, sms_body);
    read_secret(section, "authorization", sms.authorization);
    section.optional("country_code", sms.country_code, country_code);
}

void read_hook(MappingReader& section, HookSettings& hook) {
    section.list("command", hook.command, plain_text);
    section.optional("url", hook.url, private_url);
    read_secret(section, "authorization", hook.authorization);
    if (section.has("command") && section.has("url")) section.fail("url", "either `command` or `url`, not both");
    if (!section.has("command") && !section.has("url") && !section.reading().discovering)
        section.fail("neither `command` nor `url`: name one");
    if (section.has("command") && section.sound("command") &&
        (hook.command.empty() || !hook.command[0].starts_with('/')))
        section.fail("command", "begins with the whole path of a program: [/usr/local/bin/provision]");
    if (section.has("command") && section.has("authorization"))
        section.fail("authorization", "has no meaning for a command; leave it out");
}

void read_accounts(MappingReader& section, AccountSettings& accounts) {
    section.optional("time_zone", accounts.time_zone, time_zone);
    section.optional("portal", accounts.portal, portal_url);
    section.optional("link_time", accounts.link_time, duration);
    section.optional("numen_reset_on_screen", accounts.numen_reset_on_screen, yes_or_no);
    section.optional("temporary_password_by_mail", accounts.temporary_password_by_mail, yes_or_no);
    section.optional("journal_months", accounts.journal_months, month_count);
    section.optional("visitor_days", accounts.visitor_days, day_count);
    section.section("mail", Presence::optional, [&](MappingReader& mail) { read_mail(mail, accounts.mail.emplace()); });
    section.section("sms", Presence::optional, [&](MappingReader& sms) { read_sms(sms, accounts.sms.emplace()); });
    section.section("hook", Presence::optional, [&](MappingReader& hook) { read_hook(hook, accounts.hook.emplace()); });
    if (section.sound("link_time") && (accounts.link_time < shortest_link || accounts.link_time > longest_link))
        section.fail("link_time", "is outside of 10m to 60m");
    if (section.has("mail") && !section.has("portal")) section.demand("portal", "links in mails begin with it");
}

}  // namespace

void read_account_settings(MappingReader& root, Settings& settings) {
    root.section("accounts", Presence::optional, [&](MappingReader& s) { read_accounts(s, settings.accounts); });
}

}  // namespace postern::config
