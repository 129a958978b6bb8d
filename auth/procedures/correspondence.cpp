#include "auth/procedures/correspondence.hpp"

#include "auth/identity_proof.hpp"

namespace postern::auth::procedures {

std::vector<Destination> Correspondence::destinations(Transaction& transaction,
                                                      AccountId account,
                                                      bool also_new,
                                                      Time now) const {
    std::vector<Destination> found;
    for (const Contact& contact : transaction.contacts().of_account(account)) {
        if (!also_new && !contact.is_usable(now)) continue;
        const auto address = keyring_.unseal(contact.address, "contact:" + std::to_string(contact.id));
        if (!address) continue;
        found.push_back({.kind = contact.kind,
                         .rank = contact.rank,
                         .address = std::string(address->reveal()),
                         .mac = contact.mac});
    }
    return found;
}

std::optional<Destination> Correspondence::first(Transaction& transaction,
                                                 AccountId account,
                                                 ContactKind kind,
                                                 Time now) const {
    for (Destination& each : destinations(transaction, account, false, now))
        if (each.kind == kind) return std::move(each);
    return std::nullopt;
}

Destination Correspondence::destination(ContactKind kind, const std::string& address) const {
    return {.kind = kind, .rank = 1, .address = address, .mac = contact_mac(keyring_, address)};
}

bool Correspondence::may_send(Transaction& transaction, const Destination& destination, Time now) const {
    return transaction.flows().charge_send(destination.mac, send_gap, now);
}

void Correspondence::mail(Transaction& transaction,
                          Letter letter,
                          const Account& account,
                          const std::string& address,
                          LetterValues values,
                          const Dispatch& dispatch,
                          Time now) const {
    values.emplace("portal", settings_.portal);
    values.emplace("login", account.login.text());
    outbox_.put(transaction, write_letter(letter, account.language, address, values), dispatch, now);
}

void Correspondence::sms(Transaction& transaction,
                         const Account& account,
                         const std::string& number,
                         const base::Secret& code,
                         const Dispatch& dispatch,
                         Time now) const {
    outbox_.put(transaction, write_code(account.language, number, code), dispatch, now);
}

void Correspondence::notify(Transaction& transaction,
                            Letter letter,
                            const Account& account,
                            const LetterValues& values,
                            const Dispatch& dispatch,
                            Time now) const {
    for (const Destination& each : destinations(transaction, account.id, true, now))
        if (each.kind == ContactKind::mail) mail(transaction, letter, account, each.address, values, dispatch, now);
}

void Correspondence::event(Transaction& transaction, const HookEvent& event, const Dispatch& dispatch, Time now) const {
    if (settings_.hook) outbox_.put(transaction, event, dispatch, now);
}

std::string Correspondence::url_of(const base::Secret& link) const {
    return settings_.portal + "/link/" + std::string(link.reveal());
}

std::string mailbox_of(const Account& account) {
    if (account.mail) return account.mail->text();
    return account.login.has_domain() ? account.login.text() : "";
}

}  // namespace postern::auth::procedures
