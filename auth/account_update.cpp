#include "auth/account_update.hpp"

#include "auth/identity_proof.hpp"
#include "auth/one_person.hpp"
#include "auth/random_code.hpp"

#include <algorithm>

namespace postern::auth {

namespace {

constexpr std::string_view hidden = "(hidden)";
constexpr auto taken_meanwhile = "somebody else changed the account meanwhile: try again";

std::string text_of(const Affiliation& affiliation) {
    return std::string(name_of(affiliation.profile)) + '@' + affiliation.unit;
}

bool is_same(const Affiliation& a, const Affiliation& b) {
    return a.profile == b.profile && a.unit == b.unit;
}

/// One comparison; each part adds to the same difference.
class Comparison {
public:
    Comparison(Transaction& transaction, const AccountUpdate& update, const UpdateRules& rules, Time now)
        : transaction_(transaction), update_(update), said_(update.said), rules_(rules), now_(now) {}

    std::expected<AccountDifference, std::string> run() {
        const auto found = transaction_.accounts().find(said_.id);
        if (!found) return std::unexpected("the account is not in the store any more");
        if (found->login != said_.login)
            return std::unexpected("the login is another name of " + found->login.text() +
                                   ", which must stand in its place");
        if (found->state == AccountState::closed) return std::unexpected("the account is closed");
        account_ = &*found;
        difference_.account = found->id;
        compare_texts();
        compare_groups();
        compare_aliases();
        compare_affiliations();
        compare_proofs();
        compare_recovery_mail();
        if (said_.state == AccountState::suspended && found->state != AccountState::suspended) {
            difference_.suspends = true;
            note("state", std::string(name_of(found->state)), std::string(name_of(AccountState::suspended)));
        }
        if (why_not_.empty()) return std::move(difference_);
        return std::unexpected(std::move(why_not_));
    }

private:
    void note(std::string_view field, std::string before, std::string after) {
        difference_.changes.push_back({.field = field, .before = std::move(before), .after = std::move(after)});
    }

    void compare_texts() {
        if (!said_.display_name.empty() && said_.display_name != account_->display_name) {
            difference_.display_name = said_.display_name;
            note("display_name", account_->display_name, said_.display_name);
        }
        if (!said_.language.empty() && said_.language != account_->language) {
            difference_.language = said_.language;
            note("language", account_->language, said_.language);
        }
    }

    void compare_groups() {
        std::vector<std::string> groups = rules_.replaces_groups ? std::vector<std::string>() : account_->groups;
        for (const std::string& group : said_.groups) {
            if (std::ranges::find(account_->groups, group) == account_->groups.end()) note("group", "", group);
            if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
        }
        for (const std::string& group : account_->groups)
            if (std::ranges::find(groups, group) == groups.end()) note("group", group, "");
        std::ranges::sort(groups);
        if (groups != account_->groups) difference_.groups = std::move(groups);
    }

    void compare_aliases() {
        for (const Identifier& alias : said_.aliases) {
            const auto owner = transaction_.accounts().stamp(alias);
            if (owner && owner->id != account_->id) {
                refuse("the name \"" + alias.text() + "\" is another account's");
            } else if (!owner) {
                difference_.new_aliases.push_back(alias);
                note("alias", "", alias.text());
            }
        }
        if (!rules_.replaces_aliases) return;
        for (const Identifier& alias : account_->aliases) {
            const bool is_kept = std::ranges::find(said_.aliases, alias) != said_.aliases.end() ||
                                 (account_->mail && alias == *account_->mail);
            if (is_kept) continue;
            difference_.lost_aliases.push_back(alias);
            note("alias", alias.text(), "");
        }
    }

    void compare_affiliations() {
        Account then = *account_;
        for (const Affiliation& said : said_.affiliations) {
            const auto own =
                std::ranges::find_if(then.affiliations, [&](const auto& each) { return is_same(each, said); });
            if (own != then.affiliations.end() && own->is_live(now_))
                continue;  // a source says nothing about its dates
            if (own == then.affiliations.end()) {
                then.affiliations.push_back(said);
            } else {
                *own = said;
            }
            difference_.affiliations.push_back(said);
            note("affiliation", "", text_of(said));
        }
        if (!difference_.affiliations.empty()) check_one_person(then);
        for (const Affiliation& own : account_->affiliations) {
            const bool has_ended = own.valid_until && now_ >= *own.valid_until;
            if (!has_ended && is_replaced(own)) end(own);
        }
    }

    [[nodiscard]] bool is_replaced(const Affiliation& own) const {
        const auto& profiles = rules_.replaced_profiles;
        return std::ranges::find(profiles, own.profile) != profiles.end() &&
               std::ranges::none_of(said_.affiliations, [&](const auto& each) { return is_same(each, own); });
    }

    void end(Affiliation own) {
        note("affiliation", text_of(own), "");
        if (own.valid_from >= now_) {
            difference_.lost_affiliations.push_back(std::move(own));
        } else {
            own.valid_until = now_;
            difference_.affiliations.push_back(std::move(own));
        }
    }

    /// Before anything ends: who changes sides gets a new account.
    void check_one_person(const Account& then) {
        std::vector<Account> all = transaction_.accounts().linked_to(*account_);
        all.push_back(then);
        if (!may_be_one_person(all, now_)) refuse(std::string(never_one_person));
    }

    void compare_proofs() {
        for (const SecretIdentifier& number : said_.secret_identifiers) {
            const auto owner = transaction_.accounts().find(number);
            if (owner == account_->id) continue;
            if (owner) {
                refuse("another account has this " + std::string(name_of(number.kind)));
            } else {
                difference_.numbers.push_back(number);
                note(name_of(number.kind), "", std::string(hidden));
            }
        }
        if (said_.birth.date.empty()) return;
        BirthProof birth = transaction_.accounts().birth_of(account_->id);
        const BirthProof before = birth;
        birth.date = said_.birth.date;
        if (!said_.birth.name_and_date.empty()) birth.name_and_date = said_.birth.name_and_date;
        if (birth == before) return;
        note("birth", before == BirthProof() ? "" : std::string(hidden), std::string(hidden));
        difference_.birth = std::move(birth);
    }

    /// What its owner chose and proved is never replaced by a list.
    void compare_recovery_mail() {
        if (!update_.recovery_mail || !transaction_.contacts().of_account(account_->id).empty()) return;
        difference_.recovery_mail = update_.recovery_mail;
        note("recovery_mail", "", std::string(hidden));
    }

    void refuse(std::string why) {
        if (why_not_.empty()) why_not_ = std::move(why);
    }

    Transaction& transaction_;
    const AccountUpdate& update_;
    const NewAccount& said_;
    const UpdateRules& rules_;
    const Time now_;
    const Account* account_ = nullptr;
    AccountDifference difference_;
    std::string why_not_;
};

bool apply_names(AccountRecords& accounts, const AccountDifference& difference) {
    const AccountId id = difference.account;
    return std::ranges::all_of(difference.lost_aliases,
                               [&](const Identifier& alias) { return accounts.remove_alias(id, alias); }) &&
           std::ranges::all_of(difference.new_aliases,
                               [&](const Identifier& alias) { return accounts.add_alias(id, alias); }) &&
           std::ranges::all_of(difference.numbers, [&](const SecretIdentifier& number) {
               return accounts.put_secret_identifier(id, number);
           });
}

bool apply_affiliations(AccountRecords& accounts, const AccountDifference& difference) {
    const AccountId id = difference.account;
    return std::ranges::all_of(
               difference.lost_affiliations,
               [&](const Affiliation& each) { return accounts.remove_affiliation(id, each.profile, each.unit); }) &&
           std::ranges::all_of(difference.affiliations,
                               [&](const Affiliation& each) { return accounts.put_affiliation(id, each); });
}

bool apply_texts(AccountRecords& accounts, const AccountDifference& difference) {
    const AccountId id = difference.account;
    return (!difference.display_name || accounts.set_display_name(id, *difference.display_name)) &&
           (!difference.language || accounts.set_language(id, *difference.language)) &&
           (!difference.groups || accounts.set_groups(id, *difference.groups)) &&
           (!difference.birth || accounts.set_birth(id, *difference.birth));
}

}  // namespace

std::expected<AccountDifference, std::string> compare(Transaction& transaction,
                                                      const AccountUpdate& update,
                                                      const UpdateRules& rules,
                                                      Time now) {
    return Comparison(transaction, update, rules, now).run();
}

std::expected<void, std::string> apply(Transaction& transaction,
                                       const Keyring& keyring,
                                       const AccountDifference& difference,
                                       Time now) {
    AccountRecords& accounts = transaction.accounts();
    const bool is_done = apply_texts(accounts, difference) && apply_names(accounts, difference) &&
                         apply_affiliations(accounts, difference) &&
                         (!difference.suspends || accounts.suspend(difference.account, now));
    if (!is_done) return std::unexpected(taken_meanwhile);
    if (difference.recovery_mail)
        transaction.contacts().put(vouched_contact(keyring, difference.account, *difference.recovery_mail, now));
    return {};
}

std::string journal_text(const AccountDifference& difference) {
    std::string text;
    for (const FieldChange& change : difference.changes) {
        const bool is_name = change.field == "alias" || change.field == "group" || change.field == "affiliation";
        text += text.empty() ? "" : ", ";
        text += !is_name ? "" : change.before.empty() ? "+" : "-";
        text += change.field;
        if (is_name) text += ' ' + (change.before.empty() ? change.after : change.before);
    }
    return text;
}

Contact vouched_contact(const Keyring& keyring, AccountId account, std::string_view address, Time now) {
    const std::int64_t id = random_id();
    return {.id = id,
            .account = account,
            .kind = ContactKind::mail,
            .rank = 1,
            .address = keyring.seal(base::Secret(address), "contact:" + std::to_string(id)),
            .mac = contact_mac(keyring, address),
            .created_at = now,
            .usable_from = now};
}

}  // namespace postern::auth
