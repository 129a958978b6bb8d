/// Who carries what is in the outbox away.
#pragma once

#include "auth/journal.hpp"
#include "auth/outbox.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>

namespace postern::auth {

/// What a message is called on its way: the same at every try.
struct Posting {
    std::int64_t id = 0;
    std::string correlation;
    Time created_at;
};

struct DeliveryFailure {
    bool is_final = false;  ///< trying again would not help
    std::string why;        ///< for log and journal; holds nothing of the message
};

/// Hands one message to who takes it from there. Blocks until it is taken or refused, some minutes at most, or until
/// `stop`. Thread rule: any number of threads at once.
class Delivery {
public:
    Delivery() = default;
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;
    Delivery(Delivery&&) = delete;
    Delivery& operator=(Delivery&&) = delete;
    virtual ~Delivery() = default;

    [[nodiscard]] virtual std::expected<void, DeliveryFailure> deliver(const OutboxMessage& message,
                                                                       const Posting& posting,
                                                                       const std::stop_token& stop) = 0;
};

/// How long a message belongs to who is sending it; longer than any delivery takes.
inline constexpr std::chrono::minutes courier_lease{10};

/// A message is sent by one courier at a time. Who dies in between has sent it or not; when his lease is over it is
/// sent again under the same name, so none is lost, and only a crash in the moment between a server's "250" and the
/// next commit repeats one. Thread rule: one thread; any number of couriers, in any number of processes. What it is
/// made of must outlive it.
class Courier {
public:
    Courier(Store& store, const Keyring& keyring, const base::Clock& clock, Delivery& delivery);

    enum class Outcome { sent, postponed, failed };
    /// What became of one message.
    struct Report {
        std::int64_t id = 0;
        OutboxKind kind = OutboxKind::mail;
        Outcome outcome = Outcome::sent;
        std::string correlation;
        std::string why;
        int tries = 0;
    };

    /// Sends the message that is due longest. nullopt: none is due.
    [[nodiscard]] StoreResult<std::optional<Report>> send_one(const std::stop_token& stop);

private:
    [[nodiscard]] std::expected<void, DeliveryFailure> deliver(const OutboxItem& item, const std::stop_token& stop);
    [[nodiscard]] StoreResult<bool> settle(const OutboxItem& item, const Report& report);

    Store& store_;
    const base::Clock& clock_;
    Delivery& delivery_;
    const Outbox outbox_;
    const Journal journal_;
    const std::string owner_;
};

}  // namespace postern::auth
