/// What the auth core asks of a database: transactions, and in them one verb for each thing that must hold.
#pragma once

#include "auth/records/account_records.hpp"
#include "auth/records/budget_records.hpp"
#include "auth/records/contact_records.hpp"
#include "auth/records/credential_records.hpp"
#include "auth/records/flow_records.hpp"
#include "auth/records/journal_records.hpp"
#include "auth/records/otp_records.hpp"
#include "auth/records/outbox_records.hpp"
#include "auth/records/sealed_records.hpp"

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace postern::auth {

enum class StoreFault {
    not_found,          ///< no such account
    already_exists,     ///< a name is taken; `detail` is that name
    changed_meanwhile,  ///< somebody else was faster: the compare-and-set did not apply
    refused,            ///< a rule of the database forbids it
    wrong_schema,       ///< no store there, or one of another version: `postern store migrate`
    unavailable,        ///< down, locked, full, slow, damaged, unreadable ...
};

/// `detail` is a sentence for the operator that says what to do where that is known. It never holds a password or
/// verifier.
struct StoreError {
    StoreFault fault = StoreFault::unavailable;
    std::string detail;
};

template <class T>
using StoreResult = std::expected<T, StoreError>;

/// The verbs of one transaction, grouped by what they are about. A verb whose question the database cannot answer
/// (down, locked, a rule broken) does not return: it unwinds to `Store::change` or `Store::read`, which undo everything
/// and give the error. Nobody in between catches it. What a verb may find in good order (nothing there, somebody was
/// faster) it returns. Valid only inside the call it was handed to, on its thread.
class Transaction {
public:
    Transaction() = default;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    virtual ~Transaction() = default;

    [[nodiscard]] virtual AccountRecords& accounts() = 0;
    [[nodiscard]] virtual CredentialRecords& credentials() = 0;
    [[nodiscard]] virtual BudgetRecords& budgets() = 0;
    [[nodiscard]] virtual OtpRecords& otp_keys() = 0;
    [[nodiscard]] virtual ContactRecords& contacts() = 0;
    [[nodiscard]] virtual FlowRecords& flows() = 0;
    [[nodiscard]] virtual OutboxRecords& outbox() = 0;
    [[nodiscard]] virtual JournalRecords& journal() = 0;
    [[nodiscard]] virtual SealedRecords& sealed() = 0;

    /// A small fact about the store itself, such as the check of its keys. `name` and `value`: 1 to 200 bytes.
    [[nodiscard]] virtual std::optional<std::string> fact(std::string_view name) = 0;
    virtual void set_fact(std::string_view name, std::string_view value) = 0;

    /// Nothing of this transaction shall stay, although its work returns. Without it, whatever the work returns is
    /// committed, also when that is a refusal: a guess must be paid for even if it was wrong.
    void abandon() noexcept { is_abandoned_ = true; }
    [[nodiscard]] bool is_abandoned() const noexcept { return is_abandoned_; }

private:
    bool is_abandoned_ = false;
};

/// Every change is whole or not at all, and is durable when `change` returns without an error.
/// Thread rule: any number of threads at once; a call may block on the disk, the network and other writers for some
/// seconds, never without bound.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// Runs `work(transaction)` in a transaction that may write, and commits. Gives what `work` returned. `work` may
    /// run a second time after everything of the first was undone (a deadlock between writers), so it must change
    /// nothing but through the transaction.
    template <class Work>
    [[nodiscard]] auto change(Work&& work) {
        return run(Access::change, std::forward<Work>(work));
    }
    /// The same for work that only reads: it sees one state of the store and waits for no writer.
    template <class Work>
    [[nodiscard]] auto read(Work&& work) {
        return run(Access::read, std::forward<Work>(work));
    }

protected:
    enum class Access { read, change };
    [[nodiscard]] virtual StoreResult<void> transact(Access access, const std::function<void(Transaction&)>& work) = 0;

private:
    template <class Work>
    auto run(Access access, Work&& work) -> StoreResult<std::invoke_result_t<Work&, Transaction&>> {
        using Result = std::invoke_result_t<Work&, Transaction&>;
        if constexpr (std::is_void_v<Result>) {
            return transact(access, [&](Transaction& transaction) { work(transaction); });
        } else {
            std::optional<Result> result;
            const auto done = transact(access, [&](Transaction& transaction) { result.emplace(work(transaction)); });
            if (!done) return std::unexpected(done.error());
            return std::move(*result);
        }
    }
};

}  // namespace postern::auth
