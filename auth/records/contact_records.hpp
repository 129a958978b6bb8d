/// Where an owner can be reached for recovery, where his mail is redirected to, and the charter he accepted.
#pragma once

#include "auth/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

enum class ContactKind { mail, sms };

[[nodiscard]] std::string_view name_of(ContactKind kind);
[[nodiscard]] std::optional<ContactKind> contact_kind(std::string_view name);

/// An address outside of the house, proven to be its owner's: what is not proven yet stands in a Flow.
struct Contact {
    std::int64_t id = 0;  ///< random_id()
    AccountId account = 0;
    ContactKind kind = ContactKind::mail;
    int rank = 1;         ///< 1: the first to be used; 2: the other one
    std::string address;  ///< sealed with "contact:<id>"
    std::string mac;      ///< MacUse::contact of the address
    Time created_at;
    Time usable_from;  ///< for recovery: new ones wait, so that a thief's is noticed first

    [[nodiscard]] bool is_usable(Time now) const { return now >= usable_from; }
};

enum class RedirectState { pending, active, paused };

[[nodiscard]] std::string_view name_of(RedirectState state);
[[nodiscard]] std::optional<RedirectState> redirect_state(std::string_view name);

struct Redirect {
    AccountId account = 0;
    std::string target;  ///< sealed with "redirect:<account>"
    std::string mac;     ///< MacUse::contact of the address
    bool keep_copy = true;
    RedirectState state = RedirectState::pending;  ///< `pending`: its address is not proven yet
};

/// The text that everybody accepts when his account is activated.
struct Charter {
    int version = 1;
    std::string language;  ///< "fr" or "en"
    std::string sha256;    ///< of the body, 64 hexadecimal digits
    std::string body;      ///< 1 to 200000 bytes of UTF-8
    Time valid_from;
};

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class ContactRecords {
public:
    ContactRecords() = default;
    ContactRecords(const ContactRecords&) = delete;
    ContactRecords& operator=(const ContactRecords&) = delete;
    ContactRecords(ContactRecords&&) = delete;
    ContactRecords& operator=(ContactRecords&&) = delete;
    virtual ~ContactRecords() = default;

    /// By kind and rank.
    [[nodiscard]] virtual std::vector<Contact> of_account(AccountId account) = 0;
    /// The account's contact of that kind and rank from now on.
    virtual void put(const Contact& contact) = 0;
    /// False when the account has none of that kind and rank.
    [[nodiscard]] virtual bool remove(AccountId account, ContactKind kind, int rank) = 0;

    [[nodiscard]] virtual std::optional<Redirect> redirect_of(AccountId account) = 0;
    /// The account's redirect from now on.
    virtual void put_redirect(const Redirect& redirect, Time now) = 0;
    /// False when there is none in `from`. To `active`: its address is proven.
    [[nodiscard]] virtual bool set_redirect_state(AccountId account,
                                                  RedirectState from,
                                                  RedirectState to,
                                                  Time now) = 0;
    [[nodiscard]] virtual bool remove_redirect(AccountId account) = 0;

    /// False when this version is there in this language already: what was accepted never changes.
    [[nodiscard]] virtual bool add_charter(const Charter& charter) = 0;
    /// The newest that is valid at `now`.
    [[nodiscard]] virtual std::optional<Charter> charter(std::string_view language, Time now) = 0;
    /// Once for each version; again does nothing. False when there is no such charter.
    [[nodiscard]] virtual bool accept_charter(AccountId account, int version, std::string_view language, Time now) = 0;
    /// The newest version that the account has accepted; 0: none.
    [[nodiscard]] virtual int accepted_charter(AccountId account) = 0;
};

}  // namespace postern::auth
