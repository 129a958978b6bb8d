#include "app/person_command.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"
#include "app/import_file.hpp"
#include "auth/charter.hpp"
#include "auth/random_code.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace postern::app {

namespace {

constexpr std::chrono::days provisional_time{30};

int print_slip(
    const std::string& login, const base::Secret& slip, auth::Time until, bool json, const HelpdeskTools& tools) {
    if (json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"login", login},
                                                                        {"provisional_password", slip.reveal()},
                                                                        {"expires_at", time_text(until)}})
                          << '\n';
        return 0;
    }
    tools.account.out << "password for " << login << " to begin with, shown once:\n\n    " << slip.reveal()
                      << "\n\nIt begins the activation on the account portal until " << time_text(until)
                      << " and opens no mailbox.\n";
    return 0;
}

std::expected<auth::Time, std::string> end_of(const std::string& until, const HelpdeskTools& tools) {
    if (until.empty()) return std::unexpected("say with --until which day is the last one");
    const auto days = parse_days("", until, tools.zone);
    if (!days) return std::unexpected(days.error());
    if (*days->until <= tools.clock.now()) return std::unexpected("the day " + in_quotes(until) + " is past");
    return *days->until;
}

boost::json::object json_of(const auth::Delegation& each) {
    return {{"unit", each.unit},
            {"may_reset", each.may_reset},
            {"may_manage", each.may_manage},
            {"may_hand_over_keys", each.may_hand_over_keys},
            {"valid_until", time_text(each.valid_until)}};
}

}  // namespace

int account_provision(const ProvisionOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const base::Secret slip = auth::random_password_slip();
    const auto verifier = tools.account.hasher.hash(slip);
    if (!verifier) return fail(tools, "there is not enough memory to hash the password");
    const auth::Time until = tools.clock.now() + std::chrono::days(options.days);
    const auto given = tools.account.accounts.give_provisional(account->id, *verifier, until);
    if (!given) return fail(tools, given.error());
    return print_slip(account->login.text(), slip, until, options.json, tools);
}

int visitor_add(const VisitorOptions& options, const HelpdeskTools& tools) {
    const auto sponsor = named_account(options.sponsor, tools);
    if (!sponsor) return sponsor.error();
    auto login = read_name(options.login, "login");
    if (!login) return fail(tools, login.error());
    auto display_name = read_display_name(options.display_name);
    if (!display_name) return fail(tools, display_name.error());
    const auto until = end_of(options.until, tools);
    if (!until) return fail(tools, until.error(), 2);
    if (!auth::is_unit(options.unit))
        return fail(tools, "the unit " + in_quotes(options.unit) + " is not 1 to 64 visible ASCII characters", 2);
    const base::Secret slip = auth::random_password_slip();
    auto verifier = tools.account.hasher.hash(slip);
    if (!verifier) return fail(tools, "there is not enough memory to hash the password");
    const auth::Time now = tools.clock.now();
    const auth::Time slip_until = std::min(now + provisional_time, *until);
    const auth::AccountWithPassword made{.account = {.id = auth::random_id(),
                                                     .login = std::move(*login),
                                                     .aliases = {},
                                                     .mail = {},
                                                     .display_name = std::move(*display_name),
                                                     .language = options.language == "en" ? "en" : "fr",
                                                     .groups = {},
                                                     .affiliations = {{.profile = auth::Profile::visitor,
                                                                       .unit = options.unit,
                                                                       .valid_from = now,
                                                                       .valid_until = *until}},
                                                     .secret_identifiers = {},
                                                     .birth = {},
                                                     .state = auth::AccountState::provisional,
                                                     .valid_from = {},
                                                     .valid_until = *until,
                                                     .is_visitor = true,
                                                     .sponsor = sponsor->id},
                                         .verifier = std::move(*verifier),
                                         .provisional_until = slip_until};
    const auto added = tools.account.accounts.add(std::span(&made, 1));
    if (!added && added.error().fault == auth::StoreFault::already_exists)
        return fail(tools, "the name " + added.error().detail + " is in use already");
    if (!added) return fail(tools, added.error());
    return print_slip(made.account.login.text(), slip, slip_until, options.json, tools);
}

int visitor_extend(const VisitorOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto until = end_of(options.until, tools);
    if (!until) return fail(tools, until.error(), 2);
    const auto extended = tools.account.accounts.extend(*account, *until);
    if (!extended) return fail(tools, extended.error());
    const auto now = tools.account.accounts.find(account->login);
    if (!now) return fail(tools, now.error());
    if (options.json) {
        tools.account.out << json_of(*now) << '\n';
    } else {
        tools.account.out << account->login.text() << " stays until " << time_text(*until) << '\n';
    }
    return 0;
}

int delegation_put(const DelegationOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    auth::Delegation delegation{.administrator = account->id,
                                .unit = options.unit,
                                .may_reset = options.reset,
                                .may_manage = options.manage,
                                .may_hand_over_keys = options.keys,
                                .granted_by = 0,
                                .valid_until = {}};
    const bool is_any = options.reset || options.manage || options.keys;
    if (is_any) {
        const auto until = end_of(options.until, tools);
        if (!until) return fail(tools, until.error(), 2);
        delegation.valid_until = *until;
    }
    const auto done = tools.account.accounts.delegate(delegation);
    if (!done) return fail(tools, done.error());
    return delegation_list(options, tools);
}

int delegation_list(const DelegationOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto all = tools.store.read([&](auth::Transaction& transaction) {
        return transaction.accounts().delegations_of(account->id, tools.clock.now());
    });
    if (!all) return fail(tools, all.error());
    if (options.json) {
        boost::json::array array;
        for (const auth::Delegation& each : *all) array.push_back(json_of(each));
        tools.account.out << boost::json::serialize(array) << '\n';
        return 0;
    }
    if (all->empty()) tools.account.out << account->login.text() << " administers nothing\n";
    for (const auth::Delegation& each : *all) {
        tools.account.out << account->login.text() << " in " << each.unit << ':' << (each.may_reset ? " reset" : "")
                          << (each.may_manage ? " manage" : "") << (each.may_hand_over_keys ? " keys" : "")
                          << ", until " << time_text(each.valid_until) << '\n';
    }
    return 0;
}

int charter_add(const CharterOptions& options, const HelpdeskTools& tools) {
    const auto bytes = read_import_file(options.file, tools.account.in);
    if (!bytes) return fail(tools, "the file " + options.file + ' ' + bytes.error());
    const auto days = parse_days(options.from, "", tools.zone);
    if (!days) return fail(tools, days.error(), 2);
    const auto charter = auth::make_charter(options.version, options.language, base::view(*bytes),
                                            days->from.value_or(tools.clock.now()));
    if (!charter) return fail(tools, charter.error(), 2);
    const auto added = tools.store.change(
        [&](auth::Transaction& transaction) { return transaction.contacts().add_charter(*charter); });
    if (!added) return fail(tools, added.error());
    if (!*added)
        return fail(tools, "version " + std::to_string(options.version) +
                               " is there in this language already: what was "
                               "accepted never changes, add a new version");
    if (options.json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"version", charter->version},
                                                                        {"language", charter->language},
                                                                        {"sha256", charter->sha256},
                                                                        {"valid_from", time_text(charter->valid_from)}})
                          << '\n';
    } else {
        tools.account.out << "charter version " << charter->version << " (" << charter->language << "), from "
                          << time_text(charter->valid_from) << ", SHA-256 " << charter->sha256 << '\n';
    }
    return 0;
}

int charter_show(const CharterOptions& options, const HelpdeskTools& tools) {
    const auto charter = tools.store.read([&](auth::Transaction& transaction) {
        return transaction.contacts().charter(options.language, tools.clock.now());
    });
    if (!charter) return fail(tools, charter.error());
    if (!*charter)
        return fail(tools, "there is no charter in this language: activations ask for none; see `postern charter add`");
    if (options.json) {
        tools.account.out << boost::json::serialize(
                                 boost::json::object{{"version", (*charter)->version},
                                                     {"language", (*charter)->language},
                                                     {"sha256", (*charter)->sha256},
                                                     {"valid_from", time_text((*charter)->valid_from)},
                                                     {"body", (*charter)->body}})
                          << '\n';
    } else {
        tools.account.out << (*charter)->body;
        if (!(*charter)->body.ends_with('\n')) tools.account.out << '\n';
    }
    return 0;
}

}  // namespace postern::app
