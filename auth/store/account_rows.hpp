/// Accounts as rows: the SQL that reads and writes them. For the files of this folder only.
#pragma once

#include "auth/store.hpp"

#include <soci/soci.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace postern::auth::store {

/// The account that goes by `name`, with its verifier when `with_verifier`. All of these throw soci_error.
[[nodiscard]] std::optional<LoginRecord> select_account(soci::session& session,
                                                        const Identifier& name,
                                                        bool with_verifier);

[[nodiscard]] std::vector<Account> select_accounts(soci::session& session, const AccountFilter& filter);

/// Adds accounts one after the other with statements that are prepared once. Use inside a write transaction.
class AccountWriter {
public:
    AccountWriter(soci::session& session, std::chrono::sys_seconds now);

    /// nullopt when it was added; otherwise the identifier that is taken, and the transaction must be rolled back.
    [[nodiscard]] std::optional<Identifier> add(const NewAccount& account);

private:
    [[nodiscard]] bool add_identifier(const Identifier& name);
    void set_verifier(const base::Secret& verifier);

    soci::session& session_;
    // What the statements below are bound to.
    long long now_;
    long long id_ = 0;
    std::string login_, display_name_, state_, identifier_, group_, verifier_;
    soci::statement insert_account_, insert_identifier_, insert_membership_, insert_credential_;
};

/// Binds one secret to a statement for as long as this object lives, and wipes the copy afterwards: SOCI takes only
/// std::string.
class BoundSecret {
public:
    explicit BoundSecret(const base::Secret& secret) : text_(secret.reveal()) {}
    BoundSecret(const BoundSecret&) = delete;
    BoundSecret& operator=(const BoundSecret&) = delete;
    BoundSecret(BoundSecret&&) = delete;
    BoundSecret& operator=(BoundSecret&&) = delete;
    ~BoundSecret() { base::wipe(text_); }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace postern::auth::store
