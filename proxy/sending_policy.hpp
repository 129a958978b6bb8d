/// What one account may send: as whom, and how much.
#pragma once

#include "auth/verdict.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "proxy/sending_limits.hpp"
#include "proxy/smtp/transaction_policy.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy {

/// Addresses are compared without case, and without what stands behind a `+` in the local part. The null sender belongs
/// to everybody: receipts come from it (RFC 8098). Thread rule: one thread. `limits` and `clock` must outlive it.
class SendingPolicy final : public smtp::TransactionPolicy {
public:
    SendingPolicy(const auth::Identity& identity,
                  config::SenderCheck check,
                  SendingLimits& limits,
                  const base::Clock& clock,
                  config::Language language = config::Language::english)
        : account_(identity.account),
          addresses_(identity.addresses),
          check_(check),
          limits_(limits),
          clock_(clock),
          language_(language) {}

    [[nodiscard]] std::optional<std::string_view> refuse_message(std::string_view mailbox) override;
    [[nodiscard]] std::optional<std::string_view> refuse_recipient() override;

private:
    [[nodiscard]] bool is_own(std::string_view mailbox) const;

    const auth::AccountId account_;
    const std::vector<std::string> addresses_;
    const config::SenderCheck check_;
    SendingLimits& limits_;
    const base::Clock& clock_;
    const config::Language language_;
};

}  // namespace postern::proxy
