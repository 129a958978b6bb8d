#include "proxy/health_checks.hpp"

#include "net/deadline.hpp"
#include "net/stream.hpp"
#include "proxy/protocols.hpp"

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

// How long a server may take for all of it: with the interval's default a silent one is found within 10 s.
constexpr std::chrono::milliseconds check_limit{4'000};

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
            Finding finding = co_await self->check();
            if (self->is_over_) co_return;
            self->tell(std::move(finding));
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
    /// What came of a check.
    struct Finding {
        bool has_greeted = false;
        std::expected<ServerCapabilities, std::string> capabilities;
    };

    asio::awaitable<Finding> check() {
        const auto begun = std::chrono::steady_clock::now();
        auto connected = co_await services_->backends.connect(backend_, backend_.servers[index_], std::nullopt,
                                                              interruption_, check_limit);
        if (!connected)
            co_return Finding{.has_greeted = false, .capabilities = std::unexpected(connected.error().detail)};
        net::Stream& stream = **connected;
        const auto stop = [&stream] { stream.cancel(); };
        net::Deadline deadline(worker().context().get_executor(), stop);
        const auto step = interruption_.step(stop);
        const auto spent = std::chrono::steady_clock::now() - begun;
        deadline.set(
            std::max(std::chrono::ceil<std::chrono::milliseconds>(check_limit - spent), std::chrono::milliseconds(1)));
        Finding finding = co_await ask(stream);
        if (deadline.expired()) finding.capabilities = std::unexpected("no answer in time");
        if (finding.has_greeted) co_await say_goodbye(stream);
        co_return finding;
    }

    /// For its greeting, and what it can do.
    asio::awaitable<Finding> ask(net::Stream& stream) const {
        // With STARTTLS it has greeted before TLS.
        const auto inquiry = make_capability_inquiry(backend_.protocol, services_->settings.server.hostname,
                                                     backend_.tls == config::BackendTls::starttls);
        for (;;) {
            InquiryStep step = inquiry->next();
            if (auto* found = std::get_if<ServerCapabilities>(&step))
                co_return Finding{.has_greeted = true, .capabilities = std::move(*found)};
            if (const auto* failed = std::get_if<BackendFailed>(&step))
                co_return Finding{.has_greeted = inquiry->has_greeted(),
                                  .capabilities = std::unexpected(failed->detail)};
            const auto written = co_await stream.write(inquiry->take_output());
            std::array<char, 1024> bytes{};
            const auto count = written ? co_await stream.read_some(bytes) : std::unexpected(written.error());
            if (!count)
                co_return Finding{.has_greeted = inquiry->has_greeted(),
                                  .capabilities = std::unexpected("the connection ended before its answer")};
            inquiry->receive({bytes.data(), *count});
        }
    }

    /// A server that greets serves, whatever it says of its capabilities.
    void tell(Finding finding) const {
        if (finding.has_greeted) {
            services_->health.worked(backend_, index_);
        } else {
            services_->health.failed(backend_, index_, finding.capabilities.error());
            return;
        }
        if (finding.capabilities) {
            services_->capabilities.learned(backend_, index_, std::move(*finding.capabilities));
        } else {
            services_->capabilities.failed(backend_, index_, finding.capabilities.error());
        }
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
