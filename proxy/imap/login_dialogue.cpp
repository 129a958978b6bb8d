#include "proxy/imap/login_dialogue.hpp"

#include "base/ascii.hpp"
#include "base/overload.hpp"
#include "base/utf8.hpp"
#include "proxy/imap/arguments.hpp"
#include "proxy/imap/capabilities.hpp"
#include "proxy/imap/replies.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace postern::proxy::imap {
namespace {

/// Whether an account can have this name at all. Control characters end here, before any log, database or backend.
bool is_possible_name(std::string_view name) {
    return base::is_utf8(name) && std::ranges::none_of(name, base::is_control);
}

bool is_possible(const auth::Evidence& evidence) {
    return std::visit(base::Overload{
                          [](const auth::Credentials& credentials) {
                              return !credentials.name.empty() && is_possible_name(credentials.name) &&
                                     is_possible_name(credentials.act_as) && !credentials.password.empty() &&
                                     base::is_utf8(credentials.password.reveal());
                          },
                          [](const auth::BearerToken& token) { return is_possible_name(token.name); },
                          [](const auth::CertificateHolder& holder) { return is_possible_name(holder.act_as); },
                      },
                      evidence);
}

const LocalisedText& reply_to(auth::Refusal refusal) {
    switch (refusal) {
        case auth::Refusal::wrong_credentials:
            return replies::wrong_credentials;
        case auth::Refusal::not_authorised:
            return replies::not_authorised;
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
            return replies::throttled;
        case auth::Refusal::busy:
            return replies::busy;
        case auth::Refusal::unavailable:
            return replies::unavailable;
    }
    std::unreachable();
}

const LocalisedText& farewell_text(Farewell reason) {
    switch (reason) {
        case Farewell::login_timeout:
            return replies::login_timeout;
        case Farewell::shutting_down:
            return replies::shutting_down;
    }
    std::unreachable();
}

ReaderLimits limits_on(Transport transport, ReaderLimits limits) {
    limits.asks_for_literals = transport == Transport::tls;
    return limits;
}

}  // namespace

struct LoginDialogue::KnownCommand {
    std::string_view name;
    Outcome (LoginDialogue::*execute)(std::string_view arguments);
};

const LoginDialogue::KnownCommand LoginDialogue::known_commands[] = {
    {"CAPABILITY", &LoginDialogue::capability}, {"NOOP", &LoginDialogue::noop},
    {"LOGOUT", &LoginDialogue::logout},         {"ID", &LoginDialogue::id},
    {"ENABLE", &LoginDialogue::enable},         {"STARTTLS", &LoginDialogue::starttls},
    {"LOGIN", &LoginDialogue::login},           {"AUTHENTICATE", &LoginDialogue::authenticate},
};

LoginDialogue::LoginDialogue(LoginDialogueOptions options)
    : limits_(options.limits),
      hostname_(std::move(options.hostname)),
      transport_(options.transport),
      language_(options.language),
      reader_(limits_on(transport_, limits_.reader)),
      sasl_(std::move(options.sasl)),
      capabilities_(capabilities_before_login(transport_, options.backends, offered_mechanisms(sasl_.terms()))) {}

void LoginDialogue::greet() {
    output_.append("* OK [CAPABILITY ").append(capabilities_).append("] ");
    output_.append(hostname_);
    say(replies::ready);
}

void LoginDialogue::receive(std::string_view bytes) {
    if (state_ != State::closed) reader_.receive(bytes);
}

DialogueStep LoginDialogue::next() {
    assert(state_ == State::reading || state_ == State::closed);
    while (state_ == State::reading) {
        const CommandEvent event = sasl_.in_progress() ? reader_.next_sasl_response() : reader_.next();
        if (std::holds_alternative<NeedBytes>(event)) return ReadMore{};
        if (output_.size() > limits_.output) {
            close_with(replies::too_much_at_once);
        } else if (Outcome outcome = take_event(event)) {
            return std::move(*outcome);
        }
    }
    return Close{};
}

LoginDialogue::Outcome LoginDialogue::take_event(const CommandEvent& event) {
    return std::visit(base::Overload{
                          [](const NeedBytes&) -> Outcome { return std::nullopt; },
                          [this](const SendContinuation&) -> Outcome {
                              say(replies::go_on);
                              return std::nullopt;
                          },
                          [this](const Command& command) { return execute(command); },
                          [this](const BadCommand& command) { return refuse_bad_command(command); },
                          [this](const SaslResponse& line) { return take_sasl_step(sasl_.respond(line.text)); },
                          [this](const Unusable& stream) { return give_up(stream.fault); },
                      },
                      event);
}

LoginDialogue::Outcome LoginDialogue::execute(const Command& command) {
    tag_ = command.tag;
    const auto* known = std::ranges::find_if(
        known_commands, [&command](const KnownCommand& known) { return base::iequals(known.name, command.name); });
    if (known == std::end(known_commands)) return bad(replies::unknown_command);
    return (this->*known->execute)(command.arguments);
}

LoginDialogue::Outcome LoginDialogue::capability(std::string_view arguments) {
    if (!arguments.empty()) return bad(replies::bad_arguments);
    output_.append("* CAPABILITY ");
    say(capabilities_);
    return done(replies::capability_done);
}

LoginDialogue::Outcome LoginDialogue::noop(std::string_view arguments) {
    if (!arguments.empty()) return bad(replies::bad_arguments);
    return done(replies::noop_done);
}

LoginDialogue::Outcome LoginDialogue::logout(std::string_view arguments) {
    if (!arguments.empty()) return bad(replies::bad_arguments);
    say(replies::logging_out);
    answer(replies::logout_done);
    state_ = State::closed;
    return std::nullopt;
}

LoginDialogue::Outcome LoginDialogue::id(std::string_view arguments) {
    if (!is_id_argument(arguments)) return bad(replies::bad_arguments);
    say(replies::id);
    return done(replies::id_done);
}

LoginDialogue::Outcome LoginDialogue::enable(std::string_view arguments) {
    if (!is_enable_argument(arguments)) return bad(replies::bad_arguments);
    say(replies::nothing_enabled);
    return done(replies::enable_done);
}

/// Nothing may follow before the reply (RFC 9051 section 6.2.1), so nobody who means it well is behind bytes that do:
/// they were put there to be taken for the client's within TLS. What is still to arrive is read as TLS, and so fails.
LoginDialogue::Outcome LoginDialogue::starttls(std::string_view arguments) {
    if (!arguments.empty()) return bad(replies::bad_arguments);
    if (transport_ == Transport::tls) return bad(replies::tls_already);
    if (reader_.bytes_held() != 0) {
        close_with(replies::bytes_before_tls);
        return std::nullopt;
    }
    state_ = State::closed;
    answer(replies::begin_tls);
    return StartTls{};
}

LoginDialogue::Outcome LoginDialogue::login(std::string_view arguments) {
    if (transport_ == Transport::plaintext) return done(replies::privacy_required.in(language_));
    ArgumentReader reader(arguments);
    const std::optional<base::WipingBuffer> name = reader.astring();
    if (!name || !reader.take(' ')) return bad(replies::bad_arguments);
    std::optional<base::WipingBuffer> password = reader.astring();
    if (!password || !reader.at_end()) return bad(replies::bad_arguments);
    sasl_.cancel();  // a refusal of this is none of an exchange before it
    return ask_for(auth::Credentials{
        .name = std::string(base::view(*name)), .act_as = {}, .password = base::Secret(std::move(*password))});
}

LoginDialogue::Outcome LoginDialogue::authenticate(std::string_view arguments) {
    if (transport_ == Transport::plaintext) return done(replies::privacy_required.in(language_));
    ArgumentReader reader(arguments);
    const std::optional<std::string_view> mechanism = reader.atom();
    if (!mechanism) return bad(replies::bad_arguments);
    if (reader.at_end()) return take_sasl_step(sasl_.start(*mechanism, std::nullopt));
    if (!reader.take(' ') || reader.at_end()) return bad(replies::bad_arguments);
    return take_sasl_step(sasl_.start(*mechanism, reader.rest()));
}

LoginDialogue::Outcome LoginDialogue::take_sasl_step(SaslResult step) {
    if (!step) return take_sasl_error(step.error());
    if (auto* evidence = std::get_if<auth::Evidence>(&*step)) return ask_for(std::move(*evidence));
    output_.append("+ ");
    say(std::get<SaslChallenge>(*step).base64);
    return std::nullopt;
}

LoginDialogue::Outcome LoginDialogue::take_sasl_error(SaslError error) {
    switch (error) {
        case SaslError::unsupported_mechanism:
            return done(replies::unsupported_mechanism);
        case SaslError::cancelled:
            return done(replies::exchange_cancelled);
        case SaslError::malformed:
        case SaslError::too_long:
            return bad(replies::exchange_malformed);
        case SaslError::refused:
            answer_refusal(refusal_);
            return std::nullopt;
    }
    std::unreachable();
}

LoginDialogue::Outcome LoginDialogue::ask_for(auth::Evidence evidence) {
    state_ = State::awaiting_verdict;
    if (is_possible(evidence)) return Authenticate{std::move(evidence)};
    refuse(auth::Refusal::wrong_credentials);
    return std::nullopt;
}

void LoginDialogue::refuse(auth::Refusal refusal) {
    assert(state_ == State::awaiting_verdict);
    state_ = State::reading;
    if (!auth::is_temporary(refusal)) ++refused_logins_;
    const auto challenge = auth::is_temporary(refusal) ? std::nullopt : sasl_.refuse();
    if (!challenge) return answer_refusal(refusal);
    refusal_ = refusal;
    output_.append("+ ");
    say(challenge->base64);
}

void LoginDialogue::answer_refusal(auth::Refusal refusal) {
    answer(reply_to(refusal).in(language_));
    if (!auth::is_temporary(refusal) && refused_logins_ >= limits_.login_attempts)
        close_with(replies::too_many_refusals.in(language_));
}

void LoginDialogue::backend_failed() {
    assert(state_ == State::awaiting_verdict);
    state_ = State::reading;
    answer(replies::backend_failed.in(language_));
}

void LoginDialogue::too_many_sessions() {
    assert(state_ == State::awaiting_verdict);
    state_ = State::reading;
    answer(replies::too_many_sessions.in(language_));
}

void LoginDialogue::welcome(const BackendReady& ready) {
    assert(state_ == State::awaiting_verdict);
    state_ = State::welcomed;
    output_.append(tag_).append(" OK [CAPABILITY ").append(ready.capabilities).append("] ");
    say(replies::logged_in);
}

void LoginDialogue::say_farewell(Farewell reason) {
    if (state_ == State::reading || state_ == State::awaiting_verdict) close_with(farewell_text(reason).in(language_));
}

base::WipingBuffer LoginDialogue::take_unread() {
    return reader_.take_rest();
}

LoginDialogue::Outcome LoginDialogue::refuse_bad_command(const BadCommand& command) {
    // A broken line inside an exchange ends it: the tag to answer is that of its AUTHENTICATE.
    if (sasl_.in_progress()) {
        sasl_.cancel();
        return bad(replies::bad_line_end);
    }
    tag_ = command.tag;
    switch (command.fault) {
        case CommandFault::syntax:
            return bad(replies::bad_syntax);
        case CommandFault::line_end:
            return bad(replies::bad_line_end);
        case CommandFault::literal_too_long:
            if (transport_ == Transport::plaintext) return done(replies::privacy_required.in(language_));
            return bad(replies::literal_too_long);
    }
    std::unreachable();
}

LoginDialogue::Outcome LoginDialogue::give_up(StreamFault fault) {
    switch (fault) {
        case StreamFault::not_imap:
            state_ = State::closed;
            break;
        case StreamFault::too_long:
            close_with(replies::too_long);
            break;
        case StreamFault::out_of_step:
            close_with(replies::out_of_step);
            break;
    }
    return std::nullopt;
}

LoginDialogue::Outcome LoginDialogue::bad(std::string_view text) {
    answer(text);
    if (++bad_commands_ >= limits_.bad_commands) close_with(replies::too_many_bad_commands);
    return std::nullopt;
}

LoginDialogue::Outcome LoginDialogue::done(std::string_view text) {
    answer(text);
    return std::nullopt;
}

void LoginDialogue::say(std::string_view line) {
    output_.append(line).append("\r\n");
}

void LoginDialogue::answer(std::string_view text) {
    output_.append(tag_.empty() ? std::string_view{"*"} : std::string_view{tag_}).append(" ");
    say(text);
}

void LoginDialogue::close_with(std::string_view last_line) {
    say(last_line);
    state_ = State::closed;
}

}  // namespace postern::proxy::imap
