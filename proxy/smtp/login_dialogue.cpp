#include "proxy/smtp/login_dialogue.hpp"

#include "base/ascii.hpp"
#include "base/overload.hpp"
#include "proxy/smtp/extensions.hpp"
#include "proxy/smtp/greeting_name.hpp"
#include "proxy/smtp/replies.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace postern::proxy::smtp {
namespace {

enum class Action : std::uint8_t { ehlo, helo, auth, acknowledge, help, quit, login_first, chunk, starttls, unknown };

struct Command {
    std::string_view verb;
    Action action;
};

/// What each verb does before login.
constexpr std::array<Command, 18> commands{{
    {"EHLO", Action::ehlo},
    {"HELO", Action::helo},
    {"AUTH", Action::auth},
    {"NOOP", Action::acknowledge},
    {"RSET", Action::acknowledge},
    {"HELP", Action::help},
    {"QUIT", Action::quit},
    {"STARTTLS", Action::starttls},
    {"BDAT", Action::chunk},
    {"MAIL", Action::login_first},
    {"RCPT", Action::login_first},
    {"DATA", Action::login_first},
    {"VRFY", Action::login_first},
    {"EXPN", Action::login_first},
    {"ETRN", Action::login_first},
    {"BURL", Action::login_first},
    {"XCLIENT", Action::login_first},
    {"XFORWARD", Action::login_first},
}};

Action action_of(std::string_view verb) {
    const auto found =
        std::ranges::find_if(commands, [&](const Command& command) { return base::iequals(command.verb, verb); });
    return found == commands.end() ? Action::unknown : found->action;
}

/// The first word of `text`, and what follows the space behind it, trimmed.
std::pair<std::string_view, std::string_view> split_word(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {text, {}};
    return {text.substr(0, space), base::trim(text.substr(space))};
}

std::string_view reply_to(SaslError error) {
    switch (error) {
        case SaslError::unsupported_mechanism:
            return replies::unknown_mechanism;
        case SaslError::malformed:
            return replies::bad_response;
        case SaslError::cancelled:
            return replies::cancelled;
        case SaslError::too_long:
            return replies::sasl_line_too_long;
        case SaslError::refused:
            break;  // the reply is that to the refusal
    }
    std::unreachable();
}

const LocalisedText& reply_to(auth::Refusal refusal) {
    switch (refusal) {
        case auth::Refusal::wrong_credentials:
        case auth::Refusal::not_authorised:
            return replies::wrong_credentials;
        case auth::Refusal::account_suspended:
            return replies::account_suspended;
        case auth::Refusal::account_expired:
            return replies::account_expired;
        case auth::Refusal::not_activated:
            return replies::not_activated;
        case auth::Refusal::must_change:
            return replies::must_change;
        case auth::Refusal::app_password_required:
            return replies::app_password_required;
        case auth::Refusal::throttled:
        case auth::Refusal::busy:
        case auth::Refusal::unavailable:
            return replies::temporary_failure;
    }
    std::unreachable();
}

const LocalisedText& text_of(Farewell reason) {
    switch (reason) {
        case Farewell::login_timeout:
            return replies::login_timeout;
        case Farewell::shutting_down:
            return replies::shutting_down;
    }
    std::unreachable();
}

}  // namespace

LoginDialogue::LoginDialogue(LoginDialogueOptions options)
    : options_(std::move(options)), reader_(options_.lines), sasl_(options_.sasl) {}

void LoginDialogue::greet() {
    say("220 ");
    say(options_.hostname);
    say(" ESMTP ready\r\n");
}

void LoginDialogue::receive(std::string_view bytes) {
    if (!over_) reader_.receive(bytes);
}

DialogueStep LoginDialogue::next() {
    assert(!awaits_verdict_);
    while (!over_) {
        const LineEvent event = reader_.next(sasl_.in_progress() ? LineKind::sasl_response : LineKind::command);
        if (std::holds_alternative<NeedBytes>(event)) return ReadMore{};
        if (const auto* const fault = std::get_if<LineFault>(&event)) {
            hang_up_on(*fault);
            break;
        }
        const std::string_view line = std::get<CommandLine>(event).text;
        MaybeEvidence evidence = sasl_.in_progress() ? follow(sasl_.respond(line)) : obey(line);
        if (!evidence) continue;
        awaits_verdict_ = true;
        return Authenticate{.evidence = std::move(*evidence)};
    }
    if (std::exchange(starts_tls_, false)) return StartTls{};
    return Close{};
}

LoginDialogue::MaybeEvidence LoginDialogue::obey(std::string_view line) {
    if (++commands_ > options_.commands) {
        hang_up(replies::too_many_commands);
        return std::nullopt;
    }
    const auto [verb, argument] = split_word(line);
    switch (action_of(verb)) {
        case Action::ehlo:
            greet_back(argument, true);
            break;
        case Action::helo:
            greet_back(argument, false);
            break;
        case Action::auth:
            return authenticate(argument);
        case Action::acknowledge:
            say(replies::ok);
            break;
        case Action::help:
            say(is_on_tls() ? replies::help : replies::help_before_tls);
            break;
        case Action::quit:
            hang_up(replies::bye);
            break;
        case Action::login_first:
            say_what_is_first();
            break;
        case Action::chunk:
            // The chunk follows without waiting for the reply and would be read as commands (RFC 3030 section 2).
            say_what_is_first();
            hang_up(replies::closing);
            break;
        case Action::starttls:
            start_tls(argument);
            break;
        case Action::unknown:
            complain(replies::unknown_command);
            break;
    }
    return std::nullopt;
}

void LoginDialogue::say_what_is_first() {
    say((is_on_tls() ? replies::login_first : replies::tls_first).in(options_.language));
}

/// It must be the last command of a group (RFC 3207 section 4.2), so nobody who means it well is behind bytes that
/// follow it: they were put there to be taken for the client's within TLS. What is still to arrive is read as TLS, and
/// so fails.
void LoginDialogue::start_tls(std::string_view argument) {
    if (!argument.empty()) {
        complain(replies::bad_argument);
    } else if (is_on_tls()) {
        complain(replies::tls_already);
    } else if (reader_.has_unread()) {
        hang_up(replies::bytes_before_tls);
    } else {
        hang_up(replies::start_tls);
        starts_tls_ = true;
    }
}

void LoginDialogue::greet_back(std::string_view name, bool extended) {
    if (!is_greeting_name(name)) {
        complain(replies::bad_argument);
        return;
    }
    greeting_ = {.name = std::string(name), .extended = extended};
    if (extended) {
        say_extensions();
    } else {
        say("250 " + options_.hostname + "\r\n");
    }
}

/// Only what every server has: the backend is not known yet, and what is promised here is used on it later.
void LoginDialogue::say_extensions() {
    say("250-" + options_.hostname + "\r\n");
    say("250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n");
    for (const auto& [keyword, capability] : carried_extensions)
        if (options_.backends.has(capability)) say("250-" + std::string(keyword) + "\r\n");
    if (options_.backends.has(Capability::size))
        say("250-SIZE " + std::to_string(options_.backends.message_limit()) + "\r\n");
    if (!is_on_tls()) return say("250 STARTTLS\r\n");
    say("250 AUTH");
    for (const std::string_view mechanism : offered_mechanisms(sasl_.terms())) output_.append(" ").append(mechanism);
    say("\r\n");
}

LoginDialogue::MaybeEvidence LoginDialogue::authenticate(std::string_view argument) {
    const auto [mechanism, response] = split_word(argument);
    if (!is_on_tls()) {
        say(replies::tls_first.in(options_.language));
    } else if (greeting_.name.empty()) {
        complain(replies::greet_first);
    } else if (mechanism.empty()) {
        complain(replies::bad_argument);
    } else {
        return follow(sasl_.start(mechanism, response.empty() ? std::nullopt : std::optional(response)));
    }
    return std::nullopt;
}

LoginDialogue::MaybeEvidence LoginDialogue::follow(SaslResult step) {
    if (!step && step.error() == SaslError::refused) {
        answer_refusal(refusal_);
        return std::nullopt;
    }
    if (!step) {
        complain(reply_to(step.error()));
        return std::nullopt;
    }
    if (auto* const evidence = std::get_if<auth::Evidence>(&*step)) return std::move(*evidence);
    ask(std::get<SaslChallenge>(*step));
    return std::nullopt;
}

void LoginDialogue::ask(SaslChallenge challenge) {
    say("334 ");
    say(challenge.base64);
    say("\r\n");
}

/// For what no working client does; one that keeps doing it is not worth a connection.
void LoginDialogue::complain(std::string_view reply) {
    if (++bad_commands_ > options_.bad_commands) {
        hang_up(replies::too_many_bad_commands);
    } else {
        say(reply);
    }
}

void LoginDialogue::hang_up(std::string_view last_words) {
    say(last_words);
    over_ = true;
}

void LoginDialogue::hang_up_on(LineFault fault) {
    over_ = true;
    if (fault == LineFault::not_smtp) return;
    if (fault == LineFault::bare_line_ending) {
        say(replies::bare_line_ending);
    } else {
        say(sasl_.in_progress() ? replies::sasl_line_too_long : replies::line_too_long);
    }
    hang_up(replies::closing);
}

void LoginDialogue::refuse(auth::Refusal refusal) {
    awaits_verdict_ = false;
    if (auth::is_temporary(refusal)) return say(reply_to(refusal).in(options_.language));
    ++failed_attempts_;
    const auto challenge = sasl_.refuse();
    if (!challenge) return answer_refusal(refusal);
    refusal_ = refusal;
    ask(*challenge);
}

/// The client is told why before it is told to go, or it would take the password for good and try it again.
void LoginDialogue::answer_refusal(auth::Refusal refusal) {
    say(reply_to(refusal).in(options_.language));
    if (failed_attempts_ >= options_.login_attempts) hang_up(replies::too_many_attempts.in(options_.language));
}

void LoginDialogue::backend_failed() {
    awaits_verdict_ = false;
    say(replies::temporary_failure.in(options_.language));
}

void LoginDialogue::too_many_sessions() {
    awaits_verdict_ = false;
    hang_up(replies::too_many_sessions.in(options_.language));
}

void LoginDialogue::welcome(const BackendReady& /*ready*/) {
    awaits_verdict_ = false;
    say(replies::authenticated);
}

void LoginDialogue::say_farewell(Farewell reason) {
    hang_up(text_of(reason).in(options_.language));
}

}  // namespace postern::proxy::smtp
