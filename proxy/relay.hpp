/// Moves bytes between client and backend after login, both ways, until one of them ends.
#pragma once

#include "net/deadline.hpp"
#include "net/stream.hpp"
#include "proxy/relay_guard.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace prometheus {
class Counter;
}

namespace postern::proxy {

struct RelayLimits {
    std::chrono::milliseconds idle{};         ///< without a byte either way
    std::chrono::milliseconds half_closed{};  ///< without a byte, once one side has ended
};

enum class RelayEnd : std::uint8_t {
    client_closed,    ///< the client ended first
    backend_closed,   ///< the backend did
    idle,             ///< nothing moved for too long
    failed,           ///< one of the connections broke
    broken_protocol,  ///< one side said what the guard cannot hand on
    shut_down,        ///< cancelled from here
};

/// Where bytes are counted as they move; null: nowhere.
struct RelayCounters {
    prometheus::Counter* from_client = nullptr;
    prometheus::Counter* from_backend = nullptr;
};

struct RelayReport {
    RelayEnd end = RelayEnd::failed;
    std::uint64_t bytes_from_client = 0;
    std::uint64_t bytes_from_backend = 0;
    bool has_client_heard_all = true;  ///< false: what was read for him is cut off in its middle
};

/// Who has a relay, and keeps what it works on.
class RelayOwner {
public:
    /// Called once, when both directions have ended.
    virtual void relay_ended(const RelayReport& report) = 0;

protected:
    RelayOwner() = default;
    ~RelayOwner() = default;
    RelayOwner(const RelayOwner&) = default;
    RelayOwner& operator=(const RelayOwner&) = default;
    RelayOwner(RelayOwner&&) = default;
    RelayOwner& operator=(RelayOwner&&) = default;
};

/// Back-pressure: nothing is read from one side until the other has taken what was read before. An end of one side is
/// handed on to the other, which may go on for `half_closed`. Without a guard nothing is ever added to the bytes.
///
/// It is told what may go on (net::StreamWatcher) and not made of coroutines: thousands of relays wait at the same
/// time, and the frames of coroutines that wait would take more than all the rest of a session beside TLS.
///
/// Thread rule: the thread of its streams.
class Relay final : private net::StreamWatcher {
public:
    /// `deadline` must cancel both streams when it runs out; it is set here. All must outlive the relay; `guard` may be
    /// null.
    Relay(net::Stream& client,
          net::Stream& backend,
          net::Deadline& deadline,
          RelayLimits limits,
          RelayGuard* guard = nullptr,
          RelayCounters counters = {});
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;
    Relay(Relay&&) = delete;
    Relay& operator=(Relay&&) = delete;
    ~Relay();

    /// The relay holds on to its owner until it tells him that it has ended: later, or at once if it cannot even begin.
    void start(std::shared_ptr<RelayOwner> owner);
    /// Lets go of its owner, who may be gone then, and tells him nothing: the thread has ended.
    void abandon() noexcept { owner_.reset(); }

private:
    enum class Direction : std::uint8_t { up, down };
    enum class State : std::uint8_t {
        moving,      ///< waits for the side it reads from, or reads it
        delivering,  ///< the other side takes no more for now
        held,        ///< the guard will hear no more of the client until the backend has said something
        discarding,  ///< the other side has gone; what this one says is dropped until it has ended too
        ended,
    };
    enum class Next : std::uint8_t { again, wait, nothing };  ///< nothing: it has ended, or is held
    /// Bytes that move one way.
    struct Way {
        State state = State::moving;
        bool has_failed = false;
        std::string_view rest;    ///< of what the guard has handed out: not yet given to the other side
        std::uint64_t bytes = 0;  ///< read
        Next next = Next::again;
    };

    [[nodiscard]] Way& way(Direction direction) { return direction == Direction::up ? up_ : down_; }
    [[nodiscard]] net::Stream& source(Direction direction) { return direction == Direction::up ? client_ : backend_; }
    [[nodiscard]] net::Stream& sink(Direction direction) { return direction == Direction::up ? backend_ : client_; }
    [[nodiscard]] bool is_over(Direction direction) const;

    void stream_changed(net::Stream& stream) override;
    [[nodiscard]] bool may_run(Direction direction, const net::Stream& changed);
    void run(Direction direction);
    void run_held();
    void end_if_over();
    [[nodiscard]] Next step(Direction direction);
    [[nodiscard]] Next move(Direction direction);
    [[nodiscard]] Next deliver(Direction direction, net::IoStatus status);
    [[nodiscard]] Next release();
    [[nodiscard]] Next discard(Direction direction);
    [[nodiscard]] std::string_view guarded(Direction direction, std::string_view bytes);
    Next cancel();
    Next end(Direction direction, net::StreamEnd why, bool by_reader);
    void count(Direction direction, std::size_t bytes);
    [[nodiscard]] RelayReport report() const;

    std::shared_ptr<RelayOwner> owner_;  // while it is under way
    net::Stream& client_;
    net::Stream& backend_;
    net::Deadline& deadline_;
    RelayGuard* guard_;
    RelayCounters counters_;
    std::chrono::milliseconds limit_;  // idle, or half_closed after the first end
    std::chrono::milliseconds half_closed_;
    Way up_;
    Way down_;
    std::optional<RelayEnd> first_end_;  // what happened first, if anything did before a cancel
    bool is_up_blocked_;                // the guard has kept bytes of the client that only the backend's word sets free
    bool has_client_heard_all_ = true;  // of what the guard has handed out for him
};

}  // namespace postern::proxy
