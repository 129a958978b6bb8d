#include "net/name_look_ups.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netdb.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include <sys/socket.h>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Addresses = NameLookUps::Addresses;
using Clock = std::chrono::steady_clock;

// For one name; those who gave up count until it is answered.
constexpr std::size_t most_waiting = 1000;

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

/// Blocks for as long as the system's resolver takes.
Addresses look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int result = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (result != 0) return std::unexpected("cannot find " + host + ": " + gai_strerror(result));
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    std::vector<tcp::endpoint> endpoints;
    for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
        tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        endpoint.resize(entry->ai_addrlen);
        std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                    reinterpret_cast<char*>(endpoint.data()));
        endpoints.push_back(endpoint);
    }
    if (endpoints.empty()) return std::unexpected("cannot find " + host + ": no address of TCP");
    return endpoints;
}

/// Somebody who may not wait for the end of a look-up.
struct Waiter {
    Waiter(const asio::any_io_executor& executor, Clock::time_point give_up) : answered(executor, give_up) {}

    asio::steady_timer answered;  ///< cancelled by the answer
    Addresses addresses = std::unexpected("no name in time");
};

asio::awaitable<Addresses> ask(std::string host, Clock::time_point give_up, BlockingPool& resolver) {
    // When its turn comes too late it must not take a thread from those behind it.
    auto job = [host = std::move(host), give_up] {
        return Clock::now() < give_up ? look_up(host) : Addresses(std::unexpected("no name in time"));
    };
    auto found = co_await resolver.run(std::move(job));
    co_return found ? std::move(*found) : Addresses(std::unexpected("too many name look-ups are waiting"));
}

}  // namespace

/// Who waits for which name, on any thread. Waiters belong to the coroutines that wait, and are touched on their
/// executors only.
class NameLookUps::UnderWay {
public:
    enum class Joined { as_first, as_another, not_at_all };

    Joined join(const std::string& host, const std::shared_ptr<Waiter>& who) {
        const std::lock_guard lock(mutex_);
        std::vector<Place>& queue = queues_[host];
        if (queue.size() >= most_waiting) return Joined::not_at_all;
        queue.push_back({.executor = who->answered.get_executor(), .who = who});
        return queue.size() == 1 ? Joined::as_first : Joined::as_another;
    }

    void answer(const std::string& host, const Addresses& addresses) {
        for (const Place& place : take(host)) {
            asio::post(place.executor, [who = place.who, addresses] {
                const auto waiter = who.lock();
                if (!waiter) return;
                waiter->addresses = addresses;
                waiter->answered.cancel();
            });
        }
    }

private:
    struct Place {
        asio::any_io_executor executor;
        std::weak_ptr<Waiter> who;
    };

    std::vector<Place> take(const std::string& host) {
        const std::lock_guard lock(mutex_);
        auto queue = queues_.extract(host);
        return queue ? std::move(queue.mapped()) : std::vector<Place>();
    }

    std::mutex mutex_;
    std::map<std::string, std::vector<Place>> queues_;
};

NameLookUps::NameLookUps(BlockingPool& resolver) : resolver_(&resolver), under_way_(std::make_shared<UnderWay>()) {}

asio::awaitable<Addresses> NameLookUps::find(std::string host,
                                             std::uint16_t port,
                                             Clock::time_point give_up,
                                             Interruption& interruption) const {
    boost::system::error_code not_numeric;
    const asio::ip::address numeric = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) co_return std::vector{tcp::endpoint(numeric, port)};
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor, give_up);
    const auto joined = under_way_->join(host, waiter);
    if (joined == UnderWay::Joined::not_at_all) co_return std::unexpected("too many wait for this name");
    if (joined == UnderWay::Joined::as_first) {
        asio::co_spawn(executor, ask(host, give_up, *resolver_),
                       [host, under_way = under_way_](const std::exception_ptr& failed, const Addresses& found) {
                           under_way->answer(host, failed ? std::unexpected("the look-up failed") : found);
                       });
    }
    const auto step = interruption.step([timer = &waiter->answered] { timer->cancel(); });
    co_await waiter->answered.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!waiter->addresses) co_return waiter->addresses;
    for (tcp::endpoint& endpoint : *waiter->addresses) endpoint.port(port);
    co_return std::move(waiter->addresses);
}

}  // namespace postern::net
