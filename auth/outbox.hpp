/// What leaves the house: written in the transaction of its cause, sent later by a Courier.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace postern::auth {

/// A mail of plain text. Sent with a Message-ID made of its number in the outbox, so that a repeat is recognised.
struct MailMessage {
    std::string to;       ///< one address
    std::string subject;  ///< UTF-8, one line
    std::string text;     ///< UTF-8, lines end in LF. May hold a link or a code: sealed in the store

    friend bool operator==(const MailMessage&, const MailMessage&) = default;
};

struct SmsMessage {
    std::string number;  ///< E.164: "+33612345678"
    std::string text;    ///< UTF-8, one line

    friend bool operator==(const SmsMessage&, const SmsMessage&) = default;
};

/// Something another system must learn of: a mailbox to make, a redirect to set.
struct HookEvent {
    std::string event;                          ///< "account.activated", "redirect.changed" ...
    std::map<std::string, std::string> fields;  ///< what it is about; never a secret

    friend bool operator==(const HookEvent&, const HookEvent&) = default;
};

using OutboxMessage = std::variant<MailMessage, SmsMessage, HookEvent>;

/// How long a message that may wait is tried.
inline constexpr std::chrono::days longest_delivery{2};

struct Dispatch {
    std::optional<AccountId> subject;  ///< whom it is about
    std::string correlation;           ///< see Origin
    std::optional<Time> not_after;     ///< of no use later; nullopt: `longest_delivery` from now
};

/// Thread rule: any number of threads at once. `keyring` must outlive it.
class Outbox {
public:
    explicit Outbox(const Keyring& keyring) : keyring_(keyring) {}

    /// Leaves when the transaction is committed, and not otherwise. The number of the message.
    std::int64_t put(Transaction& transaction, const OutboxMessage& message, const Dispatch& dispatch, Time now) const;

    /// What was put there. nullopt: the keys do not open it, or it was not written by this version.
    [[nodiscard]] std::optional<OutboxMessage> open(const OutboxItem& item) const;

private:
    const Keyring& keyring_;
};

}  // namespace postern::auth
