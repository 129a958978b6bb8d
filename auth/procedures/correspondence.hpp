/// Writing to the owner of an account at his recovery addresses, no oftener than he can bear.
#pragma once

#include "auth/outbox.hpp"
#include "auth/procedures/letters.hpp"
#include "auth/procedures/step.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::procedures {

/// Between two messages to one address that strangers can cause. Five a day are the most.
inline constexpr std::chrono::minutes send_gap{10};

/// Where somebody can be reached: an address in clear.
struct Destination {
    ContactKind kind = ContactKind::mail;
    int rank = 1;
    std::string address;
    std::string mac;
};

/// Everything happens in the transaction given. Thread rule: any number of threads at once. What it is made of must
/// outlive it.
class Correspondence {
public:
    Correspondence(const Keyring& keyring, const config::AccountSettings& settings)
        : keyring_(keyring), settings_(settings), outbox_(keyring) {}

    /// Recovery addresses; without `also_new` only those that may be used for recovery by now. By kind and rank.
    [[nodiscard]] std::vector<Destination> destinations(Transaction& transaction,
                                                        AccountId account,
                                                        bool also_new,
                                                        Time now) const;
    /// The first of a kind; nullopt: none.
    [[nodiscard]] std::optional<Destination> first(Transaction& transaction,
                                                   AccountId account,
                                                   ContactKind kind,
                                                   Time now) const;
    /// One that is not stored.
    [[nodiscard]] Destination destination(ContactKind kind, const std::string& address) const;

    /// A message that strangers can cause: false when the address has had its share.
    [[nodiscard]] bool may_send(Transaction& transaction, const Destination& destination, Time now) const;

    void mail(Transaction& transaction,
              Letter letter,
              const Account& account,
              const std::string& address,
              LetterValues values,
              const Dispatch& dispatch,
              Time now) const;
    void sms(Transaction& transaction,
             const Account& account,
             const std::string& number,
             const base::Secret& code,
             const Dispatch& dispatch,
             Time now) const;
    /// Tells the owner at every address he has that something about his account has changed.
    void notify(Transaction& transaction,
                Letter letter,
                const Account& account,
                const LetterValues& values,
                const Dispatch& dispatch,
                Time now) const;
    void event(Transaction& transaction, const HookEvent& event, const Dispatch& dispatch, Time now) const;

    /// The page of the portal behind a link: "https://portail.example.org/link/<link>".
    [[nodiscard]] std::string url_of(const base::Secret& link) const;

private:
    const Keyring& keyring_;
    const config::AccountSettings& settings_;
    const Outbox outbox_;
};

/// An account's mail address: `mail`, or its login where that is one; empty: none.
[[nodiscard]] std::string mailbox_of(const Account& account);

}  // namespace postern::auth::procedures
