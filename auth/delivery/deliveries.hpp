/// All ways out of the house, as the settings have them.
#pragma once

#include "auth/courier.hpp"
#include "config/settings.hpp"

#include <expected>
#include <stop_token>
#include <string>

namespace postern::auth::delivery {

/// A way that is not set up is no reason to lose what waits for it: it is tried again. `settings` must outlive it.
class Deliveries final : public Delivery {
public:
    /// `hostname`: what this machine calls itself.
    Deliveries(const config::AccountSettings& settings, std::string hostname)
        : settings_(settings), hostname_(std::move(hostname)) {}

    [[nodiscard]] std::expected<void, DeliveryFailure> deliver(const OutboxMessage& message,
                                                               const Posting& posting,
                                                               const std::stop_token& stop) override;

private:
    [[nodiscard]] std::expected<void, DeliveryFailure> deliver_sms(const SmsMessage& sms,
                                                                   const Posting& posting,
                                                                   const std::stop_token& stop) const;
    [[nodiscard]] std::expected<void, DeliveryFailure> deliver_event(const HookEvent& event,
                                                                     const Posting& posting,
                                                                     const std::stop_token& stop) const;

    const config::AccountSettings& settings_;
    std::string hostname_;
};

/// The template with number and text in it, written as its content type wants them.
[[nodiscard]] std::string sms_body(const config::SmsSettings& settings, const SmsMessage& sms);

/// {"event": ..., "id": ..., "correlation": ..., "fields": {...}}
[[nodiscard]] std::string event_text(const HookEvent& event, const Posting& posting);

}  // namespace postern::auth::delivery
