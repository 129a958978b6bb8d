#include "auth/outbox.hpp"

#include "auth/random_code.hpp"
#include "base/overload.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace postern::auth {

namespace {

namespace json = boost::json;

std::string context_of(std::int64_t id) {
    return "outbox:" + std::to_string(id);
}

OutboxKind kind_of(const OutboxMessage& message) {
    return std::visit(base::Overload{[](const MailMessage&) { return OutboxKind::mail; },
                                     [](const SmsMessage&) { return OutboxKind::sms; },
                                     [](const HookEvent&) { return OutboxKind::hook; }},
                      message);
}

json::object fields_of(const OutboxMessage& message) {
    return std::visit(base::Overload{[](const MailMessage& mail) -> json::object {
                                         return {{"to", mail.to}, {"subject", mail.subject}, {"text", mail.text}};
                                     },
                                     [](const SmsMessage& sms) -> json::object {
                                         return {{"number", sms.number}, {"text", sms.text}};
                                     },
                                     [](const HookEvent& hook) -> json::object {
                                         json::object fields;
                                         for (const auto& [name, value] : hook.fields) fields[name] = value;
                                         return {{"event", hook.event}, {"fields", fields}};
                                     }},
                      message);
}

/// Throws what Boost.JSON throws when a member is missing or is no text.
OutboxMessage message_of(OutboxKind kind, const json::object& fields) {
    const auto text = [&](std::string_view name) { return std::string(fields.at(name).as_string()); };
    switch (kind) {
        case OutboxKind::mail:
            return MailMessage{.to = text("to"), .subject = text("subject"), .text = text("text")};
        case OutboxKind::sms:
            return SmsMessage{.number = text("number"), .text = text("text")};
        case OutboxKind::hook:
            break;
    }
    HookEvent hook{.event = text("event"), .fields = {}};
    for (const auto& [name, value] : fields.at("fields").as_object())
        hook.fields[name] = std::string(value.as_string());
    return hook;
}

}  // namespace

std::int64_t Outbox::put(Transaction& transaction,
                         const OutboxMessage& message,
                         const Dispatch& dispatch,
                         Time now) const {
    const std::int64_t id = random_id();
    std::string plain = json::serialize(fields_of(message));
    const base::Secret secret(plain);
    base::wipe(plain);
    // What is of no use a moment from now must still be a row that the database takes.
    const Time not_after = std::max(dispatch.not_after.value_or(now + longest_delivery), now + std::chrono::seconds(1));
    transaction.outbox().put({.id = id,
                              .kind = kind_of(message),
                              .payload = keyring_.seal(secret, context_of(id)),
                              .subject = dispatch.subject,
                              .correlation = dispatch.correlation,
                              .not_before = now,
                              .not_after = not_after,
                              .created_at = now,
                              .last_error = {}});
    return id;
}

std::optional<OutboxMessage> Outbox::open(const OutboxItem& item) const {
    const auto plain = keyring_.unseal(item.payload, context_of(item.id));
    if (!plain) return std::nullopt;
    boost::system::error_code error;
    const json::value value = json::parse(plain->reveal(), error);
    if (error || !value.is_object()) return std::nullopt;
    try {
        return message_of(item.kind, value.get_object());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace postern::auth
