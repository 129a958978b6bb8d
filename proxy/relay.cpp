#include "proxy/relay.hpp"

#include "net/buffer_pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <prometheus/counter.h>

#include <optional>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using net::IoResult;
using net::IoStatus;
using net::StreamEnd;

// How many buffers one direction moves before the thread's other sessions have their turn (half a mebibyte).
constexpr int buffers_per_turn = 16;

/// What both directions of one relay know of each other.
struct Shared {
    net::Stream& client;
    net::Stream& backend;
    net::Deadline& deadline;
    std::chrono::milliseconds limit;  ///< idle, or half_closed after the first end
    RelayLimits limits;
    std::optional<RelayEnd> first_end;  ///< what happened first, if anything did before a cancel
    RelayGuard* guard;                  ///< may be null
    RelayCounters counters;
    boost::asio::steady_timer gate;  ///< where the client's direction waits for the backend to say something
    bool is_up_blocked = false;      ///< the guard has kept bytes of the client that only the backend's word sets free
    bool has_backend_ended = false;
    bool has_client_heard_all = true;  ///< of what the guard has handed out for him
};

enum class Direction { up, down };

struct Burst {
    IoStatus status = IoStatus::done;   ///< of the last read; done: there is more, but the turn is over
    bool written = true;                ///< false: the other side took no more
    StreamEnd why = StreamEnd::failed;  ///< if not written
};

void count(Direction direction, std::size_t moved, const RelayCounters& counters) {
    prometheus::Counter* const counter = direction == Direction::up ? counters.from_client : counters.from_backend;
    if (counter != nullptr) counter->Increment(static_cast<double>(moved));
}

/// Moves what is there now, with one borrowed buffer.
asio::awaitable<Burst> move_burst(
    Direction direction, net::Stream& from, net::Stream& to, Shared& shared, std::uint64_t& bytes) {
    net::BorrowedBuffer buffer;
    for (int moved = 0; moved < buffers_per_turn; ++moved) {
        const IoResult got = from.try_read(buffer.bytes());
        if (got.status != IoStatus::done) co_return Burst{.status = got.status};
        bytes += got.bytes;
        count(direction, got.bytes, shared.counters);
        shared.deadline.set(shared.limit);
        std::string_view text(buffer.bytes().data(), got.bytes);
        if (shared.guard != nullptr) {
            text = direction == Direction::up ? shared.guard->from_client(text) : shared.guard->from_backend(text);
            // Noted here: while this is written the backend may set free what was kept, and nobody would fetch it.
            if (direction == Direction::up) shared.is_up_blocked = shared.guard->awaits_backend();
            if (direction == Direction::down) shared.gate.cancel();
        }
        if (direction == Direction::down) shared.has_client_heard_all = false;
        const auto written = co_await to.write(text);
        if (!written) co_return Burst{.written = false, .why = written.error()};
        if (direction == Direction::down) shared.has_client_heard_all = true;
        shared.deadline.set(shared.limit);
        if (shared.guard != nullptr && (shared.guard->is_broken() || shared.is_up_blocked)) break;
    }
    co_return Burst{};
}

/// The client's direction while the guard will hear no more of it. False: the backend takes no more, or will never say
/// what is waited for.
asio::awaitable<bool> wait_for_backend(net::Stream& backend, Shared& shared) {
    while (shared.is_up_blocked && !backend.cancelled()) {
        if (shared.guard->awaits_backend()) {
            if (shared.has_backend_ended) co_return false;
            shared.gate.expires_at(asio::steady_timer::time_point::max());
            const auto waited = co_await shared.gate.async_wait(asio::as_tuple(asio::use_awaitable));
            (void)waited;
            continue;
        }
        const std::string_view text = shared.guard->from_client({});
        shared.is_up_blocked = shared.guard->awaits_backend();
        const auto written = co_await backend.write(text);
        if (!written) co_return false;
        shared.deadline.set(shared.limit);
    }
    co_return true;
}

/// How one direction came to its end.
struct DirectionEnd {
    StreamEnd why = StreamEnd::failed;
    bool by_reader = false;  ///< the side that takes the bytes ended; the one that sends them may not know it yet
};

asio::awaitable<DirectionEnd> pump(
    Direction direction, net::Stream& from, net::Stream& to, Shared& shared, std::uint64_t& bytes) {
    while (!from.cancelled()) {
        if (shared.guard != nullptr && direction == Direction::up) {
            const bool is_taken = co_await wait_for_backend(to, shared);
            if (!is_taken) co_return DirectionEnd{.why = StreamEnd::failed, .by_reader = true};
        }
        const Burst burst = co_await move_burst(direction, from, to, shared, bytes);
        if (shared.guard != nullptr && shared.guard->is_broken()) {
            shared.first_end = RelayEnd::broken_protocol;
            co_return DirectionEnd{.why = StreamEnd::cancelled};
        }
        if (!burst.written) co_return DirectionEnd{.why = burst.why, .by_reader = true};
        if (burst.status == IoStatus::closed) co_return DirectionEnd{.why = StreamEnd::closed};
        if (burst.status == IoStatus::failed) co_return DirectionEnd{.why = StreamEnd::failed};
        if (burst.status == IoStatus::done) {
            const auto executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
            continue;
        }
        const bool ready = co_await from.wait(burst.status);
        if (!ready) break;
    }
    co_return DirectionEnd{.why = StreamEnd::cancelled};
}

/// One direction to its end, which it hands on.
///
/// The other direction is never cut: what it has taken from its side is still to be delivered. So when nobody takes our
/// bytes any more, the sender is read on and its bytes are dropped until it has heard the other side's last words and
/// ends too. A socket closed with unread input would be reset, and those last words be lost.
asio::awaitable<StreamEnd> run_direction(
    Direction direction, net::Stream& from, net::Stream& to, Shared& shared, std::uint64_t& bytes) {
    const RelayEnd closed = direction == Direction::up ? RelayEnd::client_closed : RelayEnd::backend_closed;
    const DirectionEnd end = co_await pump(direction, from, to, shared, bytes);
    if (direction == Direction::down) {
        shared.has_backend_ended = true;
        shared.gate.cancel();
    }
    if (end.why == StreamEnd::cancelled) {
        shared.client.cancel();
        shared.backend.cancel();
        co_return end.why;
    }
    if (!end.by_reader && !shared.first_end)
        shared.first_end = end.why == StreamEnd::closed ? closed : RelayEnd::failed;
    to.end_output();
    shared.limit = shared.limits.half_closed;
    shared.deadline.set(shared.limit);
    if (end.by_reader) co_await net::discard_input(from);
    co_return end.why;
}

}  // namespace

asio::awaitable<RelayReport> relay(net::Stream& client,
                                   net::Stream& backend,
                                   net::Deadline& deadline,
                                   RelayLimits limits,
                                   RelayGuard* guard,
                                   RelayCounters counters) {
    using namespace asio::experimental::awaitable_operators;
    Shared shared{.client = client,
                  .backend = backend,
                  .deadline = deadline,
                  .limit = limits.idle,
                  .limits = limits,
                  .first_end = {},
                  .guard = guard,
                  .counters = counters,
                  .gate = asio::steady_timer(co_await asio::this_coro::executor),
                  .is_up_blocked = guard != nullptr && guard->awaits_backend()};
    RelayReport report;
    deadline.set(limits.idle);
    const auto [up, down] =
        co_await (run_direction(Direction::up, client, backend, shared, report.bytes_from_client) &&
                  run_direction(Direction::down, backend, client, shared, report.bytes_from_backend));

    report.has_client_heard_all = shared.has_client_heard_all;
    if (shared.first_end)
        report.end = *shared.first_end;
    else if (deadline.expired())
        report.end = RelayEnd::idle;
    else if (up == StreamEnd::failed || down == StreamEnd::failed)
        report.end = RelayEnd::failed;
    else
        report.end = RelayEnd::shut_down;
    co_return report;
}

}  // namespace postern::proxy
