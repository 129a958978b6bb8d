#include "proxy/health_checks.hpp"

#include "net/deadline.hpp"
#include "net/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace postern::proxy {

namespace {

namespace asio = boost::asio;

// How long a server may take to connect and greet: with the interval's default a silent one is found within 10 s.
constexpr std::chrono::milliseconds check_limit{4'000};
constexpr std::size_t longest_greeting = 4096;

class HealthCheck final : public net::Connection, public std::enable_shared_from_this<HealthCheck> {
public:
    HealthCheck(net::Worker& worker,
                const config::BackendSettings& backend,
                std::size_t index,
                std::shared_ptr<const MailServices> services)
        : Connection(worker),
          backend_(backend),
          index_(index),
          services_(std::move(services)),
          pause_(worker.context()) {}

    static asio::awaitable<void> run(std::shared_ptr<HealthCheck> self) {
        while (!self->is_over_) {
            const auto greeted = co_await self->check();
            if (self->is_over_) co_return;
            if (greeted) {
                self->services_->health.worked(self->backend_, self->index_);
            } else {
                self->services_->health.failed(self->backend_, self->index_, greeted.error());
            }
            self->pause_.expires_after(self->backend_.check_interval);
            const auto waited = co_await self->pause_.async_wait(asio::as_tuple(asio::use_awaitable));
            (void)waited;
        }
    }

    void shut_down() override {
        is_over_ = true;
        pause_.cancel();
        interruption_.request();
    }

private:
    using Outcome = std::expected<void, std::string>;

    asio::awaitable<Outcome> check() {
        const auto begun = std::chrono::steady_clock::now();
        auto connected = co_await services_->backends.connect(backend_, backend_.servers[index_], std::nullopt,
                                                              interruption_, check_limit);
        if (!connected) co_return std::unexpected(connected.error().detail);
        net::Stream& stream = **connected;
        const auto stop = [&stream] { stream.cancel(); };
        net::Deadline deadline(worker().context().get_executor(), stop);
        const auto step = interruption_.step(stop);
        const auto spent = std::chrono::steady_clock::now() - begun;
        deadline.set(
            std::max(std::chrono::ceil<std::chrono::milliseconds>(check_limit - spent), std::chrono::milliseconds(1)));
        // With STARTTLS it has greeted before TLS.
        const bool has_greeted = backend_.tls == config::BackendTls::starttls;
        const Outcome greeted = has_greeted ? Outcome() : co_await hear_greeting(stream);
        if (greeted) co_await say_goodbye(stream);
        if (deadline.expired()) co_return std::unexpected("no greeting in time");
        co_return greeted;
    }

    asio::awaitable<Outcome> hear_greeting(net::Stream& stream) const {
        const bool is_imap = backend_.protocol == config::MailProtocol::imap;
        std::string said;
        while (!said.contains('\n') && said.size() < longest_greeting) {
            std::array<char, 512> bytes{};
            const auto count = co_await stream.read_some(bytes);
            if (!count) co_return std::unexpected("the connection ended without a greeting");
            said.append(bytes.data(), *count);
        }
        if (!said.starts_with(is_imap ? "* OK" : "220")) co_return std::unexpected("the greeting says no");
        co_return Outcome{};
    }

    asio::awaitable<void> say_goodbye(net::Stream& stream) const {
        (void)co_await stream.write(backend_.protocol == config::MailProtocol::imap ? "a LOGOUT\r\n" : "QUIT\r\n");
        stream.end_output();
        co_await net::discard_input(stream);
    }

    const config::BackendSettings& backend_;
    const std::size_t index_;
    const std::shared_ptr<const MailServices> services_;
    asio::steady_timer pause_;
    net::Interruption interruption_;
    bool is_over_ = false;
};

}  // namespace

std::vector<std::weak_ptr<net::Connection>> start_health_checks(net::Worker& worker,
                                                                const std::shared_ptr<const MailServices>& services) {
    std::vector<std::weak_ptr<net::Connection>> started;
    for (const auto& [name, backend] : services->settings.backends) {
        for (std::size_t i = 0; i != backend.servers.size(); ++i) {
            const auto check = std::make_shared<HealthCheck>(worker, backend, i, services);
            worker.spawn(HealthCheck::run(check));
            started.push_back(check);
        }
    }
    return started;
}

}  // namespace postern::proxy
