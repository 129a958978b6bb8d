#include "auth/delivery/deliveries.hpp"

#include "auth/delivery/command_hook.hpp"
#include "auth/delivery/http_post.hpp"
#include "auth/delivery/smtp_delivery.hpp"
#include "base/ascii.hpp"
#include "base/overload.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <kainjow/mustache.hpp>

#include <exception>

namespace postern::auth::delivery {

namespace {

/// As the inside of a JSON string.
std::string json_escaped(const std::string& text) {
    const std::string quoted = boost::json::serialize(boost::json::value(text));
    return quoted.substr(1, quoted.size() - 2);
}

/// application/x-www-form-urlencoded: everything but unreserved characters (RFC 3986) as %XX.
std::string form_escaped(const std::string& text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").contains(c)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', digits[byte >> 4U], digits[byte & 0x0FU]};
        }
    }
    return result;
}

std::unexpected<DeliveryFailure> not_set_up(const std::string& key) {
    return std::unexpected(DeliveryFailure{.is_final = false, .why = key + " is not set up"});
}

}  // namespace

std::string sms_body(const config::SmsSettings& settings, const SmsMessage& sms) {
    kainjow::mustache::mustache form(settings.body);
    form.set_custom_escape(settings.content_type == "application/json" ? json_escaped : form_escaped);
    kainjow::mustache::data values;
    values.set("number", sms.number);
    values.set("text", sms.text);
    return form.render(values);
}

std::string event_text(const HookEvent& event, const Posting& posting) {
    boost::json::object fields;
    for (const auto& [name, value] : event.fields) fields[name] = value;
    return boost::json::serialize(boost::json::object{
        {"event", event.event}, {"id", posting.id}, {"correlation", posting.correlation}, {"fields", fields}});
}

std::expected<void, DeliveryFailure> Deliveries::deliver_sms(const SmsMessage& sms,
                                                             const Posting& posting,
                                                             const std::stop_token& stop) const {
    if (!settings_.sms) return not_set_up("accounts.sms");
    const std::string body = sms_body(*settings_.sms, sms);
    return post({.url = settings_.sms->url,
                 .content_type = settings_.sms->content_type,
                 .body = body,
                 .authorization = settings_.sms->authorization},
                posting, stop);
}

std::expected<void, DeliveryFailure> Deliveries::deliver_event(const HookEvent& event,
                                                               const Posting& posting,
                                                               const std::stop_token& stop) const {
    if (!settings_.hook) return not_set_up("accounts.hook");
    const std::string body = event_text(event, posting);
    if (!settings_.hook->command.empty()) return run_command(settings_.hook->command, body, stop);
    const std::string json = "application/json";
    return post({.url = settings_.hook->url,
                 .content_type = json,
                 .body = body,
                 .authorization = settings_.hook->authorization},
                posting, stop);
}

std::expected<void, DeliveryFailure> Deliveries::deliver(const OutboxMessage& message,
                                                         const Posting& posting,
                                                         const std::stop_token& stop) {
    try {
        return std::visit(base::Overload{[&](const MailMessage& mail) -> std::expected<void, DeliveryFailure> {
                                             if (!settings_.mail) return not_set_up("accounts.mail");
                                             return send_mail(mail, posting, *settings_.mail, hostname_, stop);
                                         },
                                         [&](const SmsMessage& sms) { return deliver_sms(sms, posting, stop); },
                                         [&](const HookEvent& event) { return deliver_event(event, posting, stop); }},
                          message);
    } catch (const std::exception& error) {
        return std::unexpected(DeliveryFailure{.is_final = false, .why = error.what()});
    }
}

}  // namespace postern::auth::delivery
