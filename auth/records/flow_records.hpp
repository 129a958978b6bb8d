/// Procedures that somebody is in the middle of, and the links and codes that were mailed for them.
#pragma once

#include "auth/account.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

enum class FlowKind {
    activation,  ///< at most one an account that is not over
    recovery,    ///< a new password by a mailed link; at most one an account
    code,        ///< a new password by a code; one for each who asks, with no account where none was meant
    screen,      ///< a new password after NUMEN and birth date
    contact,     ///< a new recovery address
    undo,        ///< the way back from one
    redirect,    ///< at most one an account
};

[[nodiscard]] std::string_view name_of(FlowKind kind);
[[nodiscard]] std::optional<FlowKind> flow_kind(std::string_view name);

struct Flow {
    std::int64_t id = 0;  ///< random_id()
    FlowKind kind = FlowKind::activation;
    std::optional<AccountId> account;
    std::string step;    ///< 1 to 32 of a-z _
    std::string handle;  ///< MacUse::flow of what its browser holds
    std::string data;    ///< sealed with "flow:<id>"; empty: none
    Time created_at;
    Time expires_at;  ///< over from this second on
};

enum class SecretPurpose { link, code };

[[nodiscard]] std::string_view name_of(SecretPurpose purpose);

/// What was mailed, as its MAC alone.
struct MailedSecret {
    std::int64_t id = 0;
    std::int64_t flow = 0;
    SecretPurpose purpose = SecretPurpose::link;
    std::string hash;         ///< MacUse::link of it
    std::string destination;  ///< MacUse::contact of where it went
    Time created_at;
    Time expires_at;
};

/// Verbs of one transaction; what they promise together: auth/store.hpp. "Live": not done, and not over.
class FlowRecords {
public:
    FlowRecords() = default;
    FlowRecords(const FlowRecords&) = delete;
    FlowRecords& operator=(const FlowRecords&) = delete;
    FlowRecords(FlowRecords&&) = delete;
    FlowRecords& operator=(FlowRecords&&) = delete;
    virtual ~FlowRecords() = default;

    /// Of the kinds of which an account has at most one, the one it had is over. With it go its mailed secrets.
    virtual void begin(const Flow& flow, Time now) = 0;
    [[nodiscard]] virtual std::optional<Flow> find(FlowKind kind, std::string_view handle, Time now) = 0;
    [[nodiscard]] virtual std::optional<Flow> find(std::int64_t id, Time now) = 0;
    [[nodiscard]] virtual std::optional<Flow> of_account(FlowKind kind, AccountId account, Time now) = 0;
    /// The newest that is not done, although its time may be over.
    [[nodiscard]] virtual std::optional<Flow> latest(FlowKind kind, AccountId account) = 0;
    /// From step to step; `data` as sealed. True for exactly one of all who try at once; so below.
    [[nodiscard]] virtual bool move(
        std::int64_t id, std::string_view from, std::string_view to, std::string_view data, Time now) = 0;
    [[nodiscard]] virtual bool finish(std::int64_t id, std::string_view from, Time now) = 0;
    /// It ends then, and lives until then even if it was over. For links that are asked for again.
    virtual void prolong(std::int64_t id, Time expires_at) = 0;
    /// All of the account's that are live are over: its password is another one.
    virtual void end_all(AccountId account, Time now) = 0;

    /// In place of the flow's live one of this purpose.
    virtual void put_secret(const MailedSecret& secret, Time now) = 0;
    /// The live one of a live flow that this is the MAC of. Looking uses nothing up.
    [[nodiscard]] virtual std::optional<MailedSecret> secret(std::string_view hash, Time now) = 0;
    [[nodiscard]] virtual std::optional<MailedSecret> secret_of(std::int64_t flow, SecretPurpose purpose, Time now) = 0;
    /// The one that was not used or replaced, although its time may be over.
    [[nodiscard]] virtual std::optional<MailedSecret> latest_secret(std::int64_t flow, SecretPurpose purpose) = 0;
    /// Uses it up.
    [[nodiscard]] virtual bool use_secret(std::int64_t id, Time now) = 0;
    /// Pays for one look at a code, five at most. False: they are used up.
    [[nodiscard]] virtual bool charge_code(std::int64_t id, Time now) = 0;

    /// Pays for one message to a destination: five a day, and `gap` between two. False: not now.
    [[nodiscard]] virtual bool charge_send(std::string_view destination, std::chrono::seconds gap, Time now) = 0;

    /// Takes away what was over before, and send budgets of days past. How many rows.
    virtual std::size_t purge(Time before) = 0;
};

}  // namespace postern::auth
