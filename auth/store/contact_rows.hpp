/// Contacts, redirects and charters as rows. For the files of this folder only.
#pragma once

#include "auth/records/contact_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class ContactRows final : public ContactRecords {
public:
    explicit ContactRows(Database& database) : database_(database) {}

    [[nodiscard]] std::vector<Contact> of_account(AccountId account) override;
    void put(const Contact& contact) override;
    [[nodiscard]] bool remove(AccountId account, ContactKind kind, int rank) override;
    [[nodiscard]] std::optional<Redirect> redirect_of(AccountId account) override;
    void put_redirect(const Redirect& redirect, Time now) override;
    [[nodiscard]] bool set_redirect_state(AccountId account, RedirectState from, RedirectState to, Time now) override;
    [[nodiscard]] bool remove_redirect(AccountId account) override;
    [[nodiscard]] bool add_charter(const Charter& charter) override;
    [[nodiscard]] std::optional<Charter> charter(std::string_view language, Time now) override;
    [[nodiscard]] bool accept_charter(AccountId account, int version, std::string_view language, Time now) override;
    [[nodiscard]] int accepted_charter(AccountId account) override;

private:
    Database& database_;
};

}  // namespace postern::auth::store
