#include "app/helpdesk_command.hpp"

#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"
#include "auth/lockout.hpp"
#include "auth/random_code.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <iomanip>

namespace postern::app {

namespace {

void print_json(const boost::json::object& object, const HelpdeskTools& tools) {
    tools.account.out << boost::json::serialize(object) << '\n';
}

/// Says what was done to an account, as it is now.
int report(const auth::Account& account, std::string_view what, bool json, const HelpdeskTools& tools) {
    const auto now = tools.account.accounts.find(account.login);
    if (!now) return fail(tools, now.error());
    if (json) {
        tools.account.out << json_of(*now) << '\n';
    } else {
        tools.account.out << what << ' ' << account.login.text() << '\n';
    }
    return 0;
}

std::expected<auth::Affiliation, std::string> read_affiliation(const AffiliationOptions& options,
                                                               const auth::Account& account,
                                                               const HelpdeskTools& tools) {
    const auto profile = auth::profile_named(options.profile);
    if (!profile)
        return std::unexpected(
            "the profile " + in_quotes(options.profile) +
            " is none of pupil, student, teacher, staff, administrative_staff, researcher, doctoral, "
            "parent, alumni, visitor");
    const auto days = parse_days(options.from, options.until, tools.zone);
    if (!days) return std::unexpected(days.error());
    auth::Affiliation read{
        .profile = *profile, .unit = options.unit, .valid_from = tools.clock.now(), .valid_until = days->until};
    const auto present = std::ranges::find_if(account.affiliations, [&](const auth::Affiliation& each) {
        return each.profile == read.profile && each.unit == read.unit;
    });
    if (present != account.affiliations.end()) read.valid_from = present->valid_from;
    if (days->from) read.valid_from = *days->from;
    return read;
}

boost::json::object json_of(const auth::Credential& credential) {
    boost::json::object object{{"id", credential.id},
                               {"label", credential.label},
                               {"scopes", credential.scope},
                               {"created_at", time_text(credential.created_at)}};
    object["expires_at"] = credential.expires_at ? boost::json::value(time_text(*credential.expires_at)) : nullptr;
    object["last_used_at"] =
        credential.last_used_at ? boost::json::value(time_text(*credential.last_used_at)) : nullptr;
    object["last_used_from"] = credential.last_used_from;
    return object;
}

}  // namespace

int account_reset(const ResetOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const base::Secret slip = auth::random_password_slip();
    const auto verifier = tools.account.hasher.hash(slip);
    if (!verifier) return fail(tools, "there is not enough memory to hash the password");
    const auth::Time until = tools.clock.now() + std::chrono::hours(options.hours);
    const auto given = tools.account.accounts.give_temporary(account->id, *verifier, until);
    if (!given) return fail(tools, given.error());
    if (options.json) {
        print_json(
            {{"login", account->login.text()}, {"temporary_password", slip.reveal()}, {"expires_at", time_text(until)}},
            tools);
        return 0;
    }
    tools.account.out << "temporary password for " << account->login.text() << ", shown once:\n\n    " << slip.reveal()
                      << "\n\nIt is good for one login to the account portal until " << time_text(until)
                      << " and opens no mailbox.\nThe password of the account goes on until a new one is chosen.\n";
    return 0;
}

int account_close(const CloseOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    if (!options.yes) {
        return fail(
            tools,
            account->login.text() + " would be closed for good: say so with --yes, or take `postern account suspend`",
            2);
    }
    const auto closed = tools.account.accounts.close(account->id, auth::at_command_line(), options.reason);
    if (!closed) return fail(tools, closed.error());
    return report(*account, "closed", options.json, tools);
}

int account_dates(const DatesOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    if (options.from.empty() && options.until.empty() && !options.always)
        return fail(tools, "name a day with --from or --until, or take the limits away with --always", 2);
    auto days = parse_days(options.from, options.until, tools.zone);
    if (!days) return fail(tools, days.error(), 2);
    if (!options.always) {
        if (!days->from) days->from = account->valid_from;
        if (!days->until) days->until = account->valid_until;
    }
    const auto changed = tools.account.accounts.set_dates(account->id, days->from, days->until);
    if (!changed) return fail(tools, changed.error());
    return report(*account, "dates set for", options.json, tools);
}

int account_compromise(const AccountNameOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto revoked = tools.account.accounts.compromise(account->id);
    if (!revoked) return fail(tools, revoked.error());
    if (options.json) {
        print_json({{"login", account->login.text()}, {"revoked_app_passwords", *revoked}}, tools);
    } else {
        tools.account.out << *revoked << " app passwords of " << account->login.text()
                          << " revoked, and nothing is remembered of its password any more.\nGive it a new one now: "
                             "`postern account passwd` or `postern account reset`\n";
    }
    return 0;
}

int affiliation_put(const AffiliationOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto affiliation = read_affiliation(options, *account, tools);
    if (!affiliation) return fail(tools, affiliation.error(), 2);
    const auto put = tools.account.accounts.put_affiliation(account->id, *affiliation);
    if (!put) return fail(tools, put.error());
    return report(*account, "affiliation set for", options.json, tools);
}

int affiliation_remove(const AffiliationOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto affiliation = read_affiliation(options, *account, tools);
    if (!affiliation) return fail(tools, affiliation.error(), 2);
    const auto removed =
        tools.account.accounts.remove_affiliation(account->id, affiliation->profile, affiliation->unit);
    if (!removed) return fail(tools, removed.error());
    return report(*account, "affiliation removed from", options.json, tools);
}

int account_link(const LinkOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto other = named_account(options.other, tools);
    if (!other) return other.error();
    const auto linked = tools.account.accounts.link(account->id, other->id);
    if (!linked) return fail(tools, linked.error());
    return report(*account, other->login.text() + " linked to", options.json, tools);
}

int account_unlink(const AccountNameOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto unlinked = tools.account.accounts.unlink(account->id);
    if (!unlinked) return fail(tools, unlinked.error());
    return report(*account, "unlinked", options.json, tools);
}

int app_password_add(const AppPasswordOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto scopes = auth::AppScopes::parse(options.scopes);
    if (!scopes) return fail(tools, "the scopes are none of imap, smtp, imap,smtp", 2);
    const auto days = parse_days("", options.until, tools.zone);
    if (!days) return fail(tools, days.error(), 2);
    const auto made = tools.account.accounts.add_app_password(account->id, *scopes, options.label, days->until);
    if (!made) return fail(tools, made.error());
    if (options.json) {
        print_json({{"login", account->login.text()},
                    {"label", options.label},
                    {"scopes", scopes->text()},
                    {"app_password", made->reveal()}},
                   tools);
        return 0;
    }
    tools.account.out
        << "app password " << in_quotes(options.label) << " for " << account->login.text() << ", shown once:\n\n    "
        << made->reveal()
        << "\n\nType it into the mail program in place of the password; capitals, spaces and dashes do not "
           "matter.\n";
    return 0;
}

int app_password_list(const AppPasswordOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto credentials = tools.account.accounts.credentials(account->id);
    if (!credentials) return fail(tools, credentials.error());
    boost::json::array all;
    if (!options.json)
        tools.account.out << std::left << std::setw(18) << "NUMBER" << std::setw(10) << "SCOPES" << std::setw(22)
                          << "LAST USED" << std::setw(20) << "FROM" << "LABEL\n";
    for (const auth::Credential& each : *credentials) {
        if (each.kind != auth::CredentialKind::app_password) continue;
        all.push_back(json_of(each));
        if (options.json) continue;
        tools.account.out << std::left << std::setw(18) << each.id << std::setw(10) << each.scope << std::setw(22)
                          << (each.last_used_at ? time_text(*each.last_used_at) : "never") << std::setw(20)
                          << each.last_used_from << each.label << '\n';
    }
    if (options.json) tools.account.out << boost::json::serialize(all) << '\n';
    return 0;
}

int app_password_revoke(const AppPasswordOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto revoked = tools.account.accounts.revoke_app_password(account->id, options.id);
    if (!revoked) return fail(tools, revoked.error());
    return report(*account, "app password revoked for", options.json, tools);
}

int lockout_show(const AccountNameOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auth::Lockout lockout(tools.lockout, tools.keyring);
    const auth::Time now = tools.clock.now();
    struct Answer {
        std::optional<auth::BucketState> state;
        bool is_open = true;
    };
    const auto answer = tools.store.read([&](auth::Transaction& transaction) {
        const auth::Bucket bucket = lockout.stranger_bucket(account->id);
        return Answer{.state = transaction.budgets().find(bucket),
                      .is_open = transaction.budgets().is_open(bucket, lockout.stranger_rule(), now)};
    });
    if (!answer) return fail(tools, answer.error());
    const int failures = answer->state ? answer->state->n : 0;
    if (options.json) {
        boost::json::object object{
            {"login", account->login.text()}, {"failures", failures}, {"open_to_strangers", answer->is_open}};
        object["next_guess_at"] = answer->is_open ? nullptr : boost::json::value(time_text(answer->state->next_at));
        print_json(object, tools);
        return 0;
    }
    tools.account.out << account->login.text() << ": " << failures
                      << " wrong passwords from places it was never entered from\n";
    if (answer->is_open) {
        tools.account.out << "A guess from a strange place would be looked at.\n";
    } else {
        tools.account.out << "Strange places wait until " << time_text(answer->state->next_at)
                          << ". Known places, app passwords and known browsers go on.\n";
    }
    return 0;
}

int lockout_clear(const AccountNameOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auth::Lockout lockout(tools.lockout, tools.keyring);
    const auth::Journal journal(tools.keyring);
    const auto cleared = tools.store.change([&](auth::Transaction& transaction) {
        const bool was_charged = lockout.clear(transaction, account->id);
        journal.append(transaction, auth::at_command_line(), {.action = "lockout.clear", .subject = account->id},
                       tools.clock.now());
        return was_charged;
    });
    if (!cleared) return fail(tools, cleared.error());
    if (options.json) {
        print_json({{"login", account->login.text()}, {"was_charged", *cleared}}, tools);
    } else {
        tools.account.out << (*cleared ? "cleared for " : "nothing was charged to ") << account->login.text() << '\n';
    }
    return 0;
}

}  // namespace postern::app
