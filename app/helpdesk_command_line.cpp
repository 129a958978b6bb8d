#include "app/helpdesk_command_line.hpp"

#include "app/otp_command.hpp"
#include "app/outbox_command.hpp"
#include "app/person_command.hpp"

namespace postern::app {

namespace {

constexpr auto login_help = "Any name of the account";
constexpr auto from_help = "First day, as 2026-09-01";
constexpr auto until_help = "Last day, as 2027-08-31";

template <class Options, class Function>
std::shared_ptr<Options> add_named(
    CLI::App& group, Invocation& invocation, const char* name, const char* help, Function function) {
    CLI::App* const command = add_command(group, invocation, name, help);
    const auto options = set_command<Options>(command, invocation, with_helpdesk, function);
    command->add_option("LOGIN", options->login, login_help)->required();
    return options;
}

CLI::App& last(CLI::App& group, const char* name) {
    return *group.get_subcommand(name);
}

void add_affiliations(CLI::App& account, Invocation& invocation) {
    CLI::App& group =
        *account.add_subcommand("affiliation", "Why an account belongs to the house: profile, unit, dates");
    for (const bool is_put : {true, false}) {
        const char* const name = is_put ? "put" : "remove";
        const auto options = add_named<AffiliationOptions>(
            group, invocation, name, is_put ? "Add an affiliation, or change its dates" : "Take an affiliation away",
            is_put ? affiliation_put : affiliation_remove);
        CLI::App& command = last(group, name);
        command.add_option("PROFILE", options->profile, "pupil, student, teacher, staff, administrative_staff ...")
            ->required();
        command.add_option("UNIT", options->unit, "School, faculty or service")->required();
        if (!is_put) continue;
        command.add_option("--from", options->from, from_help);
        command.add_option("--until", options->until, until_help);
    }
}

void add_app_passwords(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("app-password", "Passwords for one mail program each");
    const auto added =
        add_named<AppPasswordOptions>(group, invocation, "add", "Make one, and show it once", app_password_add);
    last(group, "add").add_option("LABEL", added->label, "What it is for, such as \"phone\"")->required();
    last(group, "add").add_option("--scopes", added->scopes, "imap, smtp or imap,smtp")->capture_default_str();
    last(group, "add").add_option("--until", added->until, until_help);
    add_named<AppPasswordOptions>(group, invocation, "list", "List them, with their last use", app_password_list);
    const auto revoked = add_named<AppPasswordOptions>(group, invocation, "revoke", "Let one open nothing any more",
                                                       app_password_revoke);
    last(group, "revoke").add_option("NUMBER", revoked->id, "Its number in the list")->required();
}

void add_otp_keys(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("otp", "OTP keys: who holds which");
    const auto add = [&](const char* name, const char* help, auto function) {
        return set_command<OtpOptions>(add_command(group, invocation, name, help), invocation, with_helpdesk, function);
    };
    const auto imported = add("import", "Put the keys of a file into the stock, all or none", otp_import);
    last(group, "import")
        .add_option("FILE", imported->file, "CSV or PSKC (RFC 6030), see docs/otp.md; - is standard input")
        ->required();
    CLI::Option* const key_file = last(group, "import")
                                      .add_option("--key-file", imported->key_file,
                                                  "What an encrypted PSKC was encrypted with, in hexadecimal digits");
    last(group, "import")
        .add_option("--password-file", imported->password_file, "Or what its key is derived from: the first line")
        ->excludes(key_file);
    last(group, "import").add_flag("-n,--dry-run", imported->dry_run, "Check everything, add nothing");
    const auto listed = add("list", "List keys", otp_list);
    last(group, "list").add_option("TEXT", listed->serial, "Only keys with this in their serial");
    last(group, "list").add_option("--state", listed->state, "Only keys in this state");
    const auto handed = add("hand-over", "Hand a key to an account: its first connection may begin", otp_hand_over);
    last(group, "hand-over").add_option("SERIAL", handed->serial, "As printed on the key")->required();
    last(group, "hand-over").add_option("LOGIN", handed->login, login_help)->required();
    last(group, "hand-over").add_option("--document", handed->document, "What its owner signed");
    const auto add_state = [&](const char* name, const char* help, auto function) {
        const auto options = add(name, help, function);
        last(group, name).add_option("SERIAL", options->serial, "As printed on the key")->required();
    };
    add_state("reopen", "The PIN is forgotten or the time is over: let the first connection begin anew", otp_reopen);
    add_state("suspend", "Let a key be of no use for a while", otp_suspend);
    add_state("resume", "Let a suspended key be of use again", otp_resume);
    add_state("lost", "A key is lost; its owner may be handed another one", otp_lost);
    add_state("take-back", "Put a key back into the stock: nobody's, without PIN", otp_take_back);
    add_state("retire", "Let a key be of no use for good", otp_retire);
}

void add_outbox(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("outbox", "Mails, text messages and events on their way");
    const auto add = [&](const char* name, const char* help, auto function) {
        return set_command<OutboxOptions>(add_command(group, invocation, name, help), invocation, with_helpdesk,
                                          function);
    };
    const auto listed = add("list", "List them, the newest first; never what they say", outbox_list);
    last(group, "list").add_option("--account", listed->login, login_help);
    last(group, "list").add_option("--state", listed->state, "waiting, sent or failed");
    last(group, "list").add_option("--limit", listed->limit, "At most so many")->capture_default_str();
    const auto tested = add("test", "Put a mail for an address there, to see whether any arrives", outbox_test);
    last(group, "test").add_option("ADDRESS", tested->login, "Where to")->required();
    add("retry", "Let what waits for another try be sent now: the relay is well again", outbox_retry);
}

void add_visitors(CLI::App& account, Invocation& invocation) {
    CLI::App& group = *account.add_subcommand("visitor", "Guests: with a sponsor and an end");
    for (const bool is_new : {true, false}) {
        const char* const name = is_new ? "add" : "extend";
        const auto options = set_command<VisitorOptions>(
            add_command(group, invocation, name,
                        is_new ? "Add a visitor, and show the password he begins with" : "Let a visitor stay longer"),
            invocation, with_helpdesk, is_new ? visitor_add : visitor_extend);
        CLI::App& command = last(group, name);
        command.add_option("LOGIN", options->login, is_new ? "His main name" : login_help)->required();
        command.add_option("--until", options->until, until_help)->required();
        if (!is_new) continue;
        command.add_option("--sponsor", options->sponsor, "Any name of who answers for him")->required();
        command.add_option("--unit", options->unit, "School, faculty or service")->required();
        command.add_option("--display-name", options->display_name, "Name of the person");
        command.add_option("--language", options->language, "fr or en")->check(CLI::IsMember({"fr", "en"}));
    }
}

void add_delegations(CLI::App& account, Invocation& invocation) {
    CLI::App& group = *account.add_subcommand("delegation", "Who may do what to the accounts of a unit");
    const auto put =
        add_named<DelegationOptions>(group, invocation, "put", "Give rights; without any, end them", delegation_put);
    CLI::App& command = last(group, "put");
    command.add_option("UNIT", put->unit, "School, faculty or service; \"*\" is all")->required();
    command.add_flag("--reset", put->reset, "Hand out temporary passwords, unlock");
    command.add_flag("--manage", put->manage, "Suspend, resume, invite visitors");
    command.add_flag("--keys", put->keys, "Hand over OTP keys");
    command.add_option("--until", put->until, until_help);
    add_named<DelegationOptions>(group, invocation, "list", "List the rights of an account", delegation_list);
}

void add_charter(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("charter", "What everybody accepts when his account is activated");
    const auto add = [&](const char* name, const char* help, auto function) {
        auto options = set_command<CharterOptions>(add_command(group, invocation, name, help), invocation,
                                                   with_helpdesk, function);
        last(group, name)
            .add_option("--language", options->language, "fr or en")
            ->check(CLI::IsMember({"fr", "en"}))
            ->capture_default_str();
        return options;
    };
    const auto added = add("add", "Add a version; it never changes", charter_add);
    last(group, "add").add_option("VERSION", added->version, "Its number; the highest counts")->required();
    last(group, "add").add_option("FILE", added->file, "Its text, UTF-8; - is standard input")->required();
    last(group, "add").add_option("--from", added->from, from_help);
    add("show", "Show the one in force", charter_show);
}

void add_audit(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("audit", "The journal: who decided what about whom");
    const auto add = [&](const char* name, const char* help, auto function) {
        return set_command<AuditOptions>(add_command(group, invocation, name, help), invocation, with_helpdesk,
                                         function);
    };
    const auto listed = add("list", "List rows, the newest last", audit_list);
    last(group, "list").add_option("--account", listed->login, login_help);
    last(group, "list").add_option("--corr", listed->correlation, "Correlation id, as logs and error pages show it");
    last(group, "list").add_option("--since", listed->since, from_help);
    last(group, "list").add_option("--limit", listed->limit, "At most so many, the newest")->capture_default_str();
    const auto verified = add("verify", "Say whether a row was changed, removed or reordered", audit_verify);
    last(group, "verify")
        .add_option("--head", verified->head, "What `audit head` printed earlier: shows a cut-off end");
    add("head", "Print the end of the chain, to be kept elsewhere", audit_head);
    const auto purged = add("purge", "Take old rows away", audit_purge);
    last(group, "purge").add_option("--months", purged->months, "How many are kept, 6 to 120")->capture_default_str();
}

}  // namespace

void add_account_care(CLI::App& account, Invocation& invocation) {
    const auto reset = add_named<ResetOptions>(account, invocation, "reset",
                                               "Hand out a temporary password, shown once", account_reset);
    last(account, "reset")
        .add_option("--hours", reset->hours, "How long it is good for")
        ->check(CLI::Range(1, 24 * 30))
        ->capture_default_str();
    const auto closed = add_named<CloseOptions>(account, invocation, "close",
                                                "Close an account for good; its names stay taken", account_close);
    last(account, "close").add_option("--reason", closed->reason, "For the journal");
    last(account, "close").add_flag("-y,--yes", closed->yes, "It cannot be taken back: without this nothing is done");
    const auto dates =
        add_named<DatesOptions>(account, invocation, "dates",
                                "Set from when to when an account is valid; what is not named stays", account_dates);
    last(account, "dates").add_option("--from", dates->from, from_help);
    last(account, "dates").add_option("--until", dates->until, until_help);
    last(account, "dates").add_flag("--always", dates->always, "Without limits, but for those named");
    add_named<AccountNameOptions>(account, invocation, "compromise",
                                  "Somebody else knows its secrets: revoke app passwords, forget what is remembered",
                                  account_compromise);
    const auto linked = add_named<LinkOptions>(account, invocation, "link",
                                               "Give two accounts of one person the rights of both", account_link);
    last(account, "link").add_option("OTHER", linked->other, login_help)->required();
    add_named<AccountNameOptions>(account, invocation, "unlink", "Take an account out of its links", account_unlink);
    const auto provisioned = add_named<ProvisionOptions>(
        account, invocation, "provision", "Hand out a password that an activation begins with, shown once",
        account_provision);
    last(account, "provision")
        .add_option("--days", provisioned->days, "How long it is good for")
        ->check(CLI::Range(1, 90))
        ->capture_default_str();
    add_affiliations(account, invocation);
    add_visitors(account, invocation);
    add_delegations(account, invocation);
}

void add_helpdesk(CLI::App& app, Invocation& invocation) {
    add_app_passwords(app, invocation);
    add_otp_keys(app, invocation);
    CLI::App& lockout = *app.add_subcommand("lockout", "What wrong passwords have cost");
    add_named<AccountNameOptions>(lockout, invocation, "show", "Say whether strangers may still guess", lockout_show);
    add_named<AccountNameOptions>(lockout, invocation, "clear", "Forget the wrong passwords of an account",
                                  lockout_clear);
    add_outbox(app, invocation);
    add_charter(app, invocation);
    add_audit(app, invocation);
}

}  // namespace postern::app
