/// A new postern that takes the listening sockets of this one, so that the program can be replaced while it runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace postern::app {

/// Starts `program` with `arguments` (the first is its name) and the sockets from descriptor 3 on, and waits for its
/// word that it serves. Thread rule: the thread of the context.
class Successor : public std::enable_shared_from_this<Successor> {
public:
    /// Called once: whether it serves, or why not. One that has not said so within a minute is killed.
    using Done = std::function<void(std::expected<void, std::string>)>;

    /// The error says why it cannot be started. The sockets stay the caller's.
    [[nodiscard]] static std::expected<std::shared_ptr<Successor>, std::string> start(
        boost::asio::io_context& context,
        const std::string& program,
        const std::vector<std::string>& arguments,
        std::span<const int> sockets,
        Done done);

    [[nodiscard]] pid_t process() const noexcept { return process_; }

    /// Calls back once when it has ended, however that came; never when the system cannot tell. After it has served.
    void watch(std::function<void()> ended);

private:
    Successor(boost::asio::io_context& context, Done done)
        : word_(context), life_(context), limit_(context), done_(std::move(done)) {}
    void wait(const std::shared_ptr<Successor>& self);
    void finish(bool is_ready);

    boost::asio::posix::stream_descriptor word_;
    boost::asio::posix::stream_descriptor life_;
    boost::asio::steady_timer limit_;
    Done done_;
    pid_t process_ = -1;
    char byte_ = 0;
};

/// The descriptor on which our predecessor waits for a word of ours, taken out of the environment; -1: there is none.
/// Call once, before any thread.
[[nodiscard]] int word_to_predecessor();

/// Tells it that it may give way, and closes the descriptor. Call once, when connections are accepted.
void tell_predecessor_that_we_serve(int word);

}  // namespace postern::app
