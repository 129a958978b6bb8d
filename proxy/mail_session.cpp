#include "proxy/mail_session.hpp"

#include "net/deadline.hpp"
#include "net/learn_peer.hpp"
#include "net/log.hpp"
#include "net/stream.hpp"
#include "proxy/backend_entry.hpp"
#include "proxy/certificate_name.hpp"
#include "proxy/client_watch.hpp"
#include "proxy/login_dialogue.hpp"
#include "proxy/protocols.hpp"
#include "proxy/relay.hpp"
#include "proxy/session_log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using auth::Refusal;
using config::LogLevel;
using config::MailProtocol;
using Clock = std::chrono::steady_clock;

// How long the last words before closing may take to leave.
constexpr std::chrono::milliseconds farewell_limit{2'000};

class MailSession final : public net::Connection,
                          public Cuttable,
                          public RelayOwner,
                          public std::enable_shared_from_this<MailSession> {
public:
    MailSession(net::Worker& worker,
                net::TcpSocket socket,
                net::ConnectionLimit::Ticket ticket,
                const config::ListenerSettings& listener,
                const net::TlsContext& tls,
                std::shared_ptr<const MailServices> services)
        : Connection(worker),
          ticket_(std::move(ticket)),
          client_(std::move(socket)),
          listener_(listener),
          protocol_(mail_protocol_of(listener.protocol)),
          tls_(tls),
          services_(std::move(services)),
          deadline_(worker.context().get_executor(), [this] { cancel(); }) {}

    /// Up to the login. Takes itself by value: the coroutine's frame keeps the session alive, and afterwards the relay
    /// does. So the frames of the login, its dialogue and its strings are gone before the relay begins.
    static asio::awaitable<void> run(std::shared_ptr<MailSession> self) {
        const bool greeted = co_await self->start_tls();
        if (!greeted) co_return;
        self->backend_ = co_await self->log_in();
        if (!self->backend_) {
            co_await self->hang_up();
            co_return;
        }
        self->begin_relay();
    }

    void relay_ended(const RelayReport& report) override { worker().spawn(finish(shared_from_this(), report)); }

    void shut_down() override {
        shutting_down_ = true;
        cancel();
    }

    void abandon() noexcept override {
        if (relay_) relay_->abandon();
    }

    void cut(Cut why) override {
        cut_ = why;
        cancel();
    }

private:
    void cancel() {
        client_.cancel();
        if (backend_) backend_->cancel();
        if (entry_ != nullptr) entry_->interrupt();
        if (pause_ != nullptr) pause_->cancel();
    }

    /// Until it is time to refuse an attempt that began then; ends early with the session.
    asio::awaitable<void> wait_to_refuse(Clock::time_point begun) {
        if (client_.cancelled()) co_return;
        const auto spent = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - begun);
        asio::steady_timer pause(worker().context(), auth::answer_delay(spent, services_->settings.auth.failure_delay));
        pause_ = &pause;
        const auto waited = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)waited;
        pause_ = nullptr;
    }

    /// Before the handshake, which is what costs.
    bool take_room() {
        room_ = services_->addresses.enter(client_.peer_address(), services_->settings.limits.connections_per_address);
        return room_.has_value();
    }

    /// Lets the last words arrive: a connection that is closed on unread input is reset.
    asio::awaitable<void> hang_up() {
        client_.end_output();
        deadline_.set(farewell_limit);
        co_await net::discard_input(client_);
    }

    /// It tells of what every server has that the client may come to: which one is not known before login.
    [[nodiscard]] std::unique_ptr<LoginDialogue> begin_dialogue(Transport transport, SaslTerms terms) const {
        const auto backends = services_->router.reachable(protocol_, listener_.name);
        return make_login_dialogue(protocol_, services_->settings, transport,
                                   services_->capabilities.common_to(backends), std::move(terms));
    }

    asio::awaitable<bool> start_tls() {
        deadline_.set(services_->settings.limits.handshake_timeout);
        auto secured = co_await net::learn_peer(client_, listener_.proxies);
        if (secured && !take_room()) co_return false;
        if (secured && listener_.tls == config::ListenerTls::starttls) {
            const bool agreed = co_await agree_on_tls();
            if (!agreed) co_return false;
        }
        if (secured) secured = co_await client_.handshake_as_server(tls_);
        services_->metrics.handshake(protocol_, secured ? client_.tls_version() : "");
        if (!secured)
            net::log(LogLevel::debug, "tls_failed",
                     {{"listener", listener_.name},
                      {"client", client_.peer_address().text()},
                      {"reason", deadline_.expired() ? std::string_view("timeout") : secured.error()}});
        co_return secured.has_value();
    }

    /// The part of the conversation that anybody may have read or written. Its dialogue ends with it, so that nothing
    /// of it is known within TLS.
    asio::awaitable<bool> agree_on_tls() {
        const auto dialogue = begin_dialogue(Transport::plaintext, {});
        dialogue->greet();
        for (;;) {
            const DialogueStep step = dialogue->next();
            const bool said = co_await say(dialogue->take_output());
            if (said && std::holds_alternative<StartTls>(step)) co_return true;
            if (!said || !std::holds_alternative<ReadMore>(step)) break;
            const bool heard = co_await listen(*dialogue);
            if (!heard) break;
        }
        co_await say_farewell(*dialogue);
        co_await hang_up();
        co_return false;
    }

    /// Counted from the accept, as documented; the handshake has its own limit before that.
    [[nodiscard]] std::chrono::milliseconds time_left_to_log_in() const {
        const auto spent = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - accepted_at_);
        return std::max(services_->settings.limits.login_timeout - spent, std::chrono::milliseconds(1));
    }

    /// The connection to the backend, ready to relay; null: the session is over.
    asio::awaitable<std::unique_ptr<net::Stream>> log_in() {
        deadline_.set(time_left_to_log_in());
        const auto dialogue =
            begin_dialogue(Transport::tls, {.certificate_name = certificate_name(client_.peer_mail_addresses()),
                                            .takes_tokens = services_->authenticator.takes_tokens()});
        if (listener_.tls == config::ListenerTls::implicit) dialogue->greet();
        for (;;) {
            DialogueStep step = dialogue->next();
            if (auto* intent = std::get_if<Authenticate>(&step)) {
                auto evidence = std::make_shared<const auth::Evidence>(std::move(intent->evidence));
                auto backend = co_await admit(*dialogue, std::move(evidence));
                if (backend) co_return backend;
                continue;
            }
            const bool said = co_await say(dialogue->take_output());
            if (!said || std::holds_alternative<Close>(step)) break;
            const bool heard = co_await listen(*dialogue);
            if (!heard) break;
        }
        co_await say_farewell(*dialogue);
        co_return nullptr;
    }

    asio::awaitable<bool> say(std::string text) {
        const auto written = co_await client_.write(text);
        co_return written.has_value();
    }

    asio::awaitable<bool> listen(LoginDialogue& dialogue) {
        std::array<char, 4096> bytes{};
        const auto count = co_await client_.read_some(bytes);
        if (!count) co_return false;
        dialogue.receive({bytes.data(), *count});
        base::wipe({bytes.data(), *count});
        co_return true;
    }

    /// If it is us who end the session.
    asio::awaitable<void> say_farewell(LoginDialogue& dialogue) {
        const bool late = deadline_.expired();
        if (!late && !shutting_down_) co_return;
        dialogue.say_farewell(late ? Farewell::login_timeout : Farewell::shutting_down);
        client_.allow_again();
        deadline_.set(farewell_limit);
        co_await say(dialogue.take_output());
    }

    /// Answers one Authenticate, and logs it. Null: refused or failed, and the dialogue knows.
    asio::awaitable<std::unique_ptr<net::Stream>> admit(LoginDialogue& dialogue,
                                                        std::shared_ptr<const auth::Evidence> evidence) {
        LoginAttempt attempt;
        attempt.factor = factor_of(*evidence);
        std::unique_ptr<net::Stream> backend;
        const auto verdict = co_await authenticate(evidence);
        if (!verdict) {
            co_await wait_to_refuse(attempt.begun);
            if (auth::is_temporary(verdict.error().why)) attempt.outcome = "failed";
            attempt.account = verdict.error().account;
            attempt.detail = verdict.error().detail;
            attempt.reason = auth::name_of(verdict.error().why);
            dialogue.refuse(verdict.error().why);
        } else {
            attempt.account = verdict->login;
            backend = co_await enter_backend(dialogue, *verdict, *evidence, attempt);
        }
        if (backend) attempt.outcome = "accepted";
        log_attempt(attempt, {.protocol = protocol_,
                              .listener = listener_.name,
                              .client = client_.peer_address().text(),
                              .tls = client_.tls_version(),
                              .number = number_});
        services_->metrics.login(protocol_, attempt.outcome, attempt.reason, Clock::now() - attempt.begun);
        co_return backend;
    }

    asio::awaitable<auth::Verdict> authenticate(std::shared_ptr<const auth::Evidence> evidence) {
        auth::AttemptContext context{
            .channel = protocol_ == MailProtocol::imap ? auth::Channel::imap : auth::Channel::submission,
            .client = client_.peer_address(),
            .default_domain = listener_.default_domain,
        };
        auto look = [evidence, context, &authenticator = services_->authenticator] {
            return authenticator.recall(*evidence, context);
        };
        auto recalled = co_await services_->recall_pool.run(std::move(look));
        if (!recalled) co_return std::unexpected(Refusal::busy);
        if (auto* const known = std::get_if<auth::Verdict>(&*recalled)) co_return std::move(*known);
        auto job = [evidence = std::move(evidence), context = std::move(context),
                    turn = std::get<auth::Authenticator::Turn>(std::move(*recalled)),
                    &authenticator = services_->authenticator]() mutable {
            return authenticator.authenticate(*evidence, context, std::move(turn));
        };
        auto verdict = co_await services_->password_pool.run(std::move(job));
        if (!verdict) co_return std::unexpected(Refusal::busy);
        co_return std::move(*verdict);
    }

    [[nodiscard]] routing::Route route_of(const auth::Identity& identity) const {
        return services_->router.route({
            .protocol = protocol_,
            .listener = listener_.name,
            .login = identity.login,
            .groups = identity.groups,
            .client = client_.peer_address(),
        });
    }

    /// Routes, connects and logs in; then both sides have been told.
    asio::awaitable<std::unique_ptr<net::Stream>> enter_backend(LoginDialogue& dialogue,
                                                                const auth::Identity& identity,
                                                                const auth::Evidence& evidence,
                                                                LoginAttempt& attempt) {
        seat_ = services_->session_limits.take(identity.account, client_.peer_address(), services_->settings.limits);
        if (!seat_) {
            attempt.reason = "too_many_sessions";
            dialogue.too_many_sessions();
            co_return nullptr;
        }
        const routing::Route route = route_of(identity);
        const config::BackendSettings& backend = services_->settings.backends.at(std::string(route.backend));
        attempt.outcome = "failed";
        const auto* const credentials = std::get_if<auth::Credentials>(&evidence);
        if (credentials == nullptr && backend.login == config::BackendLogin::password) {
            attempt.backend = backend.name;
            attempt.reason = "backend_needs_password";
            seat_.reset();
            dialogue.backend_failed();
            co_return nullptr;
        }
        const base::Secret no_password;
        const BackendUser user{
            .backend = backend,
            .login = identity.login,
            .password = credentials != nullptr ? credentials->password : no_password,
            .client_address = client_.peer_address(),
            .client_port = client_.peer_port(),
            .client_greeting = dialogue.client_greeting(),
            .hostname = services_->settings.server.hostname,
        };
        Admission admission;
        const bool entered = co_await enter(user, dialogue, admission, attempt);
        if (!entered) {
            seat_.reset();
            dialogue.backend_failed();
            co_return nullptr;
        }
        guard_ = make_relay_guard({.protocol = protocol_,
                                   .identity = identity,
                                   .ready = admission.ready,
                                   .compress = backend.compress,
                                   .senders = route.senders.value_or(services_->settings.submission.senders),
                                   .sending = services_->sending,
                                   .clock = services_->clock,
                                   .language = services_->settings.server.language});
        co_await join_both_sides(dialogue, admission);
        registration_.emplace(services_->sessions.enter({.number = number_,
                                                         .account = identity.account,
                                                         .standing = identity.standing,
                                                         .login = identity.login,
                                                         .protocol = protocol_,
                                                         .listener = listener_.name,
                                                         .backend = attempt.backend,
                                                         .client = client_.peer_address(),
                                                         .since = services_->clock.now()},
                                                        worker(), weak_from_this()));
        co_return std::move(admission.stream);
    }

    asio::awaitable<bool> enter(const BackendUser& user,
                                LoginDialogue& dialogue,
                                Admission& admission,
                                LoginAttempt& attempt) {
        using namespace asio::experimental::awaitable_operators;
        BackendEntry entry(services_->backends, services_->health, services_->metrics, user,
                           worker().context().get_executor());
        // A cancel while nothing of ours waited on the client shows only here.
        if (client_.cancelled()) entry.interrupt();
        entry_ = &entry;
        ClientWatch watch(client_, dialogue);
        const auto [entered, has_left] =
            co_await (enter_watched(entry, admission, watch) && interrupt_if_client_leaves(entry, watch));
        entry_ = nullptr;
        const EntryReport& report = entry.report();
        attempt.backend = report.backend;
        attempt.reason = report.reason;
        attempt.detail = report.detail;
        if (entered || !entry.is_interrupted()) co_return entered;
        if (has_left) attempt.outcome = "abandoned";
        attempt.reason = has_left ? "client_left" : shutting_down_ ? "shut_down" : "login_timeout";
        co_return false;
    }

    static asio::awaitable<bool> enter_watched(BackendEntry& entry, Admission& admission, ClientWatch& watch) {
        const bool entered = co_await entry.enter(admission);
        watch.end();
        co_return entered;
    }

    static asio::awaitable<bool> interrupt_if_client_leaves(BackendEntry& entry, ClientWatch& watch) {
        const bool has_left = co_await watch.run();
        if (has_left) entry.interrupt();
        co_return has_left;
    }

    /// The client hears that he is in, then what the backend said since; the backend gets what the client sent since.
    /// If either has left by now, the relay finds out.
    asio::awaitable<void> join_both_sides(LoginDialogue& dialogue, Admission& admission) {
        dialogue.welcome(admission.ready);
        std::string words = dialogue.take_output();
        words += guard_ ? guard_->from_backend(admission.unread) : admission.unread;
        co_await say(std::move(words));
        const base::WipingBuffer pipelined = dialogue.take_unread();
        const std::string_view text = guard_ ? guard_->from_client(base::view(pipelined)) : base::view(pipelined);
        (void)co_await admission.stream->write(text);
    }

    void begin_relay() {
        client_.begin_bulk();  // the password has gone
        backend_->begin_bulk();
        relay_begun_ = Clock::now();
        const config::LimitSettings& limits = services_->settings.limits;
        relay_.emplace(client_, *backend_, deadline_,
                       RelayLimits{.idle = protocol_ == MailProtocol::imap ? limits.imap_idle_timeout
                                                                           : limits.submission_idle_timeout,
                                   .half_closed = limits.half_closed_timeout},
                       guard_.get(), services_->metrics.relayed(protocol_));
        relay_->start(shared_from_this());
    }

    static asio::awaitable<void> finish(std::shared_ptr<MailSession> self, RelayReport report) {
        co_await self->say_last_words(report);
        self->backend_->end_output();
        self->client_.end_output();  // the relay has read the client to his end
        log_session(report, self->cut_, self->guard_ ? self->guard_->refused() : 0, self->number_, self->relay_begun_);
    }

    asio::awaitable<void> say_last_words(RelayReport report) {
        if (!guard_) co_return;
        services_->metrics.refused_commands(protocol_, guard_->refused());
        const bool is_our_decision = report.end == RelayEnd::idle || report.end == RelayEnd::shut_down ||
                                     report.end == RelayEnd::broken_protocol;
        if (!is_our_decision || !report.has_client_heard_all || guard_->farewell().empty()) co_return;
        client_.allow_again();
        deadline_.set(farewell_limit);
        co_await say(std::string(guard_->farewell()));
    }

    net::ConnectionLimit::Ticket ticket_;
    std::optional<net::AddressLimit::Ticket> room_;
    std::optional<SessionLimits::Seat> seat_;
    net::Stream client_;
    std::unique_ptr<net::Stream> backend_;  // once logged in
    std::unique_ptr<RelayGuard> guard_;     // the same
    std::optional<Relay> relay_;            // the same
    Clock::time_point relay_begun_;
    BackendEntry* entry_ = nullptr;  // while it is under way
    const config::ListenerSettings& listener_;
    const MailProtocol protocol_;
    const net::TlsContext& tls_;
    const std::shared_ptr<const MailServices> services_;
    const MailMetrics::OpenSession counted_{services_->metrics.sessions(protocol_)};
    net::Deadline deadline_;
    asio::steady_timer* pause_ = nullptr;  // before a refusal
    const Clock::time_point accepted_at_ = Clock::now();
    const std::uint64_t number_ = next_session_number();
    std::optional<OpenSessions::Entry> registration_;  // once logged in
    std::optional<Cut> cut_;
    bool shutting_down_ = false;
};

}  // namespace

void serve_mail(net::Worker& worker,
                net::TcpSocket socket,
                net::ConnectionLimit::Ticket ticket,
                const config::ListenerSettings& listener,
                const net::TlsContext& tls,
                std::shared_ptr<const MailServices> services) {
    auto session =
        std::make_shared<MailSession>(worker, std::move(socket), std::move(ticket), listener, tls, std::move(services));
    worker.spawn(MailSession::run(std::move(session)));
}

}  // namespace postern::proxy
