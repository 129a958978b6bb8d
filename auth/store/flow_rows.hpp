/// Procedures and mailed secrets as rows. For the files of this folder only.
#pragma once

#include "auth/records/flow_records.hpp"
#include "auth/store/database.hpp"

#include <utility>

namespace postern::auth::store {

class FlowRows final : public FlowRecords {
public:
    explicit FlowRows(Database& database) : database_(database) {}

    void begin(const Flow& flow, Time now) override;
    [[nodiscard]] std::optional<Flow> find(FlowKind kind, std::string_view handle, Time now) override;
    [[nodiscard]] std::optional<Flow> find(std::int64_t id, Time now) override;
    [[nodiscard]] std::optional<Flow> of_account(FlowKind kind, AccountId account, Time now) override;
    [[nodiscard]] std::optional<Flow> latest(FlowKind kind, AccountId account) override;
    [[nodiscard]] bool move(
        std::int64_t id, std::string_view from, std::string_view to, std::string_view data, Time now) override;
    [[nodiscard]] bool finish(std::int64_t id, std::string_view from, Time now) override;
    void prolong(std::int64_t id, Time expires_at) override;
    void end_all(AccountId account, Time now) override;
    void put_secret(const MailedSecret& secret, Time now) override;
    [[nodiscard]] std::optional<MailedSecret> secret(std::string_view hash, Time now) override;
    [[nodiscard]] std::optional<MailedSecret> secret_of(std::int64_t flow, SecretPurpose purpose, Time now) override;
    [[nodiscard]] std::optional<MailedSecret> latest_secret(std::int64_t flow, SecretPurpose purpose) override;
    [[nodiscard]] bool use_secret(std::int64_t id, Time now) override;
    [[nodiscard]] bool charge_code(std::int64_t id, Time now) override;
    [[nodiscard]] bool charge_send(std::string_view destination, std::chrono::seconds gap, Time now) override;
    std::size_t purge(Time before) override;

private:
    template <class... Bound>
    std::optional<Flow> select(const std::string& where, Time now, Bound&&... bound);
    template <class... Bound>
    std::optional<MailedSecret> select_secret(const std::string& where, Time now, Bound&&... bound);

    Database& database_;
};

}  // namespace postern::auth::store
