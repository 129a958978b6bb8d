/// What an account may send, asked once for each command: the policy behind TransactionGuard.
#pragma once

#include <optional>
#include <string_view>

namespace postern::proxy::smtp {

/// Thread rule: one thread; no call may wait.
class TransactionPolicy {
public:
    TransactionPolicy() = default;
    TransactionPolicy(const TransactionPolicy&) = delete;
    TransactionPolicy& operator=(const TransactionPolicy&) = delete;
    TransactionPolicy(TransactionPolicy&&) = delete;
    TransactionPolicy& operator=(TransactionPolicy&&) = delete;
    virtual ~TransactionPolicy() = default;

    /// A message is to begin. The reply that refuses it, with its CRLF and good forever; nullopt: it may.
    /// `mailbox`: as typed; empty: the null sender of reports.
    [[nodiscard]] virtual std::optional<std::string_view> refuse_message(std::string_view mailbox) = 0;
    /// The same for one more recipient.
    [[nodiscard]] virtual std::optional<std::string_view> refuse_recipient() = 0;
};

}  // namespace postern::proxy::smtp
