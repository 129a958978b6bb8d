/// Budgets as rows. For the files of this folder only.
#pragma once

#include "auth/records/budget_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class BudgetRows final : public BudgetRecords {
public:
    explicit BudgetRows(Database& database) : database_(database) {}

    [[nodiscard]] std::optional<WaitReceipt> charge(const Bucket& bucket, const WaitRule& rule, Time now) override;
    void refund(const WaitReceipt& receipt) override;
    [[nodiscard]] bool charge(const Bucket& bucket, const RateRule& rule, int weight, Time now) override;
    void refund(const Bucket& bucket, const RateRule& rule, int weight) override;
    [[nodiscard]] bool is_open(const Bucket& bucket, const WaitRule& rule, Time now) override;
    [[nodiscard]] bool is_open(const Bucket& bucket, const RateRule& rule, Time now) override;
    [[nodiscard]] std::optional<BucketState> find(const Bucket& bucket) override;
    bool reset(const Bucket& bucket) override;
    [[nodiscard]] bool knows_wrong(std::string_view subject, std::uint16_t fingerprint, Time since) override;
    void remember_wrong(std::string_view subject, std::uint16_t fingerprint, Time now) override;
    void forget_wrong(std::string_view subject) override;
    [[nodiscard]] bool knows_context(AccountId account, ContextKind kind, std::string_view mac, Time since) override;
    bool remember_context(AccountId account, ContextKind kind, std::string_view mac, Time now) override;
    void forget_contexts(AccountId account) override;
    [[nodiscard]] int accounts_entered_from(std::string_view mac, Time since, int most) override;
    std::size_t purge(Time now) override;

private:
    Database& database_;
};

}  // namespace postern::auth::store
