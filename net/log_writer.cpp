#include "net/log_writer.hpp"

#include <cerrno>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace postern::net {
namespace {

/// False: nobody takes it.
bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

LogWriter::LogWriter(int descriptor, Bounds bounds, LossLine loss_line)
    : descriptor_(descriptor), bounds_(bounds), loss_line_(std::move(loss_line)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void LogWriter::put(std::string_view line, bool is_urgent) {
    bool must_wake = false;
    {
        const std::lock_guard lock(mutex_);
        const bool is_first = waiting_.empty();
        append(line, 1);
        const bool is_due = is_urgent || waiting_.size() > 1;
        must_wake = is_first || (is_due && !is_due_);
        is_due_ = is_due_ || is_due;
    }
    if (must_wake) changed_.notify_one();
}

void LogWriter::append(std::string_view line, std::uint64_t lines) {
    if (waiting_.empty() || waiting_.back().text.size() + line.size() > bounds_.block_bytes) {
        if (waiting_.size() == bounds_.blocks) {
            lost_ += waiting_.front().lines;
            waiting_.pop_front();
        }
        waiting_.emplace_back();
    }
    waiting_.back().text += line;
    waiting_.back().lines += lines;
}

LogWriter::Blocks LogWriter::next_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    changed_.wait_for(lock, bounds_.delay, [this] { return is_ending_ || is_due_; });
    if (const auto lost = std::exchange(lost_, 0); lost != 0 && !waiting_.empty()) append(loss_line_(lost), lost);
    is_due_ = false;
    return std::exchange(waiting_, {});
}

void LogWriter::write(const Blocks& batch) {
    std::uint64_t lost = 0;
    for (const Block& block : batch)
        if (!write_all(descriptor_, block.text)) lost += block.lines;
    if (lost == 0) return;
    const std::lock_guard lock(mutex_);
    lost_ += lost;
}

void LogWriter::run() {
    for (Blocks batch = next_batch(); !batch.empty(); batch = next_batch()) write(batch);
}

}  // namespace postern::net
