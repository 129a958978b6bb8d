#include "proxy/relay.hpp"

#include "net/buffer_pool.hpp"

#include <prometheus/counter.h>

#include <utility>

namespace postern::proxy {
namespace {

using net::IoResult;
using net::IoStatus;
using net::Stream;
using net::StreamEnd;

// How many buffers one direction moves before the thread's other sessions have their turn (half a mebibyte).
constexpr int pieces_per_turn = 8;
// Whoever had as much to say may have been stopped by a full socket, and go on now that it is read: worth another look.
constexpr std::size_t large_piece = std::size_t{16} * 1024;

}  // namespace

Relay::Relay(Stream& client,
             Stream& backend,
             net::Deadline& deadline,
             RelayLimits limits,
             RelayGuard* guard,
             RelayCounters counters)
    : client_(client),
      backend_(backend),
      deadline_(deadline),
      guard_(guard),
      counters_(counters),
      limit_(limits.idle),
      half_closed_(limits.half_closed),
      is_up_blocked_(guard != nullptr && guard->awaits_backend()) {
    if (is_up_blocked_) up_.state = State::held;
}

Relay::~Relay() {
    client_.end_watch();
    backend_.end_watch();
}

void Relay::start(std::shared_ptr<RelayOwner> owner) {
    owner_ = std::move(owner);
    deadline_.set(limit_);
    if (client_.watch(*this) && backend_.watch(*this)) return;
    first_end_ = RelayEnd::failed;
    (void)cancel();
    end_if_over();
}

bool Relay::is_over(Direction direction) const {
    const State state = direction == Direction::up ? up_.state : down_.state;
    return state == State::discarding || state == State::ended;
}

/// Whether a direction that stands still may have reason to go on.
bool Relay::may_run(Direction direction, const net::Stream& changed) {
    const Way& way = this->way(direction);
    if (way.state == State::ended) return false;
    if (changed.cancelled()) return true;
    if (way.next == Next::again) return &changed == &source(direction);
    if (way.next == Next::nothing) return false;
    if (way.state == State::delivering) return &changed == &sink(direction) && changed.may_try(IoStatus::want_write);
    return &changed == &source(direction) && changed.may_try(IoStatus::want_read);
}

void Relay::stream_changed(Stream& stream) {
    const auto kept = owner_;
    for (const Direction direction : {Direction::up, Direction::down})
        if (may_run(direction, stream)) run(direction);
    run_held();
    end_if_over();
}

/// One turn of one direction.
void Relay::run(Direction direction) {
    Way& way = this->way(direction);
    way.next = Next::again;
    for (int piece = 0; piece < pieces_per_turn && way.next == Next::again; ++piece) way.next = step(direction);
    if (way.next == Next::again) source(direction).tell_later();
}

/// The client's direction, once the backend has said what was waited for, or never will.
void Relay::run_held() {
    if (up_.state != State::held) return;
    if (is_over(Direction::down) || !guard_->awaits_backend()) run(Direction::up);
}

void Relay::end_if_over() {
    if (!owner_ || up_.state != State::ended || down_.state != State::ended) return;
    client_.end_watch();
    backend_.end_watch();
    std::exchange(owner_, nullptr)->relay_ended(report());
}

Relay::Next Relay::step(Direction direction) {
    const State state = way(direction).state;
    if (state == State::ended) return Next::nothing;
    if (source(direction).cancelled()) return cancel();
    switch (state) {
        case State::moving:
            return move(direction);
        case State::delivering:
            return deliver(direction, sink(direction).flush());
        case State::held:
            return release();
        case State::discarding:
            return discard(direction);
        case State::ended:
            break;
    }
    return Next::nothing;
}

/// Reads what is there, and hands it on.
Relay::Next Relay::move(Direction direction) {
    net::BorrowedBuffer buffer;
    const IoResult got = source(direction).try_read(buffer.bytes());
    if (got.status == IoStatus::want_read || got.status == IoStatus::want_write) return Next::wait;
    if (got.status == IoStatus::closed) return end(direction, StreamEnd::closed, false);
    if (got.status == IoStatus::failed) return end(direction, StreamEnd::failed, false);
    count(direction, got.bytes);
    // A view of the buffer, which is put whole at once, or else of the guard's own.
    way(direction).rest = guarded(direction, {buffer.bytes().data(), got.bytes});
    if (direction == Direction::down) has_client_heard_all_ = false;
    const Next next = deliver(direction, IoStatus::done);
    const bool is_all = next == Next::again && way(direction).state == State::moving;
    return is_all && got.is_drained && got.bytes < large_piece ? Next::wait : next;
}

std::string_view Relay::guarded(Direction direction, std::string_view bytes) {
    if (guard_ == nullptr) return bytes;
    if (direction == Direction::down) return guard_->from_backend(bytes);
    const std::string_view text = guard_->from_client(bytes);
    // Noted here: while this is written the backend may set free what was kept, and nobody would fetch it.
    is_up_blocked_ = guard_->awaits_backend();
    return text;
}

/// Gives the other side the rest. `status`: of what was given to it before.
Relay::Next Relay::deliver(Direction direction, IoStatus status) {
    Way& way = this->way(direction);
    while (status == IoStatus::done && !way.rest.empty()) {
        const std::string_view piece = way.rest.substr(0, Stream::most_to_put);
        way.rest.remove_prefix(piece.size());
        status = sink(direction).put(piece);
    }
    if (status == IoStatus::closed) return end(direction, StreamEnd::closed, true);
    if (status == IoStatus::failed) return end(direction, StreamEnd::failed, true);
    deadline_.set(limit_);
    way.state = State::delivering;
    if (status != IoStatus::done) return Next::wait;
    if (direction == Direction::down) has_client_heard_all_ = true;
    if (guard_ != nullptr && guard_->is_broken()) {
        first_end_ = RelayEnd::broken_protocol;
        return cancel();
    }
    way.state = direction == Direction::up && is_up_blocked_ ? State::held : State::moving;
    return Next::again;
}

/// The client's direction, while the guard will hear no more of it.
Relay::Next Relay::release() {
    if (guard_->awaits_backend()) {
        if (!is_over(Direction::down)) return Next::nothing;
        return end(Direction::up, StreamEnd::failed, true);  // nobody will ever say what is waited for
    }
    up_.rest = guarded(Direction::up, {});
    return deliver(Direction::up, IoStatus::done);
}

Relay::Next Relay::discard(Direction direction) {
    net::BorrowedBuffer buffer;
    const IoResult got = source(direction).try_read(buffer.bytes());
    if (got.status == IoStatus::done) return Next::again;
    if (got.status == IoStatus::want_read || got.status == IoStatus::want_write) return Next::wait;
    way(direction).state = State::ended;
    return Next::nothing;
}

/// Both directions end at once.
Relay::Next Relay::cancel() {
    client_.cancel();
    backend_.cancel();
    up_.state = State::ended;
    down_.state = State::ended;
    return Next::nothing;
}

/// One direction has come to its end, which it hands on. `by_reader`: the side that takes the bytes ended; the one that
/// sends them may not know it yet.
///
/// The other direction is never cut: what it has taken from its side is still to be delivered. So when nobody takes our
/// bytes any more, the sender is read on and its bytes are dropped until it has heard the other side's last words and
/// ends too. A socket closed with unread input would be reset, and those last words be lost.
Relay::Next Relay::end(Direction direction, StreamEnd why, bool by_reader) {
    const RelayEnd closed = direction == Direction::up ? RelayEnd::client_closed : RelayEnd::backend_closed;
    if (!by_reader && !first_end_) first_end_ = why == StreamEnd::closed ? closed : RelayEnd::failed;
    Way& way = this->way(direction);
    way.has_failed = why == StreamEnd::failed;
    way.rest = {};
    sink(direction).end_output();
    limit_ = half_closed_;
    deadline_.set(limit_);
    way.state = by_reader ? State::discarding : State::ended;
    return by_reader ? Next::again : Next::nothing;
}

void Relay::count(Direction direction, std::size_t bytes) {
    way(direction).bytes += bytes;
    prometheus::Counter* const counter = direction == Direction::up ? counters_.from_client : counters_.from_backend;
    if (counter != nullptr) counter->Increment(static_cast<double>(bytes));
}

RelayReport Relay::report() const {
    RelayReport report{.end = RelayEnd::shut_down,
                       .bytes_from_client = up_.bytes,
                       .bytes_from_backend = down_.bytes,
                       .has_client_heard_all = has_client_heard_all_};
    if (first_end_)
        report.end = *first_end_;
    else if (deadline_.expired())
        report.end = RelayEnd::idle;
    else if (up_.has_failed || down_.has_failed)
        report.end = RelayEnd::failed;
    return report;
}

}  // namespace postern::proxy
