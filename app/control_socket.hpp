/// The door for administrators of the host: one question a connection, one line of JSON each way.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace postern::app {

/// Listens on a Unix socket of mode 0600, and answers nobody but root and the user that the process runs as. Thread
/// rule: the thread of the context.
class ControlSocket : public std::enable_shared_from_this<ControlSocket> {
public:
    using Answer = std::function<boost::json::object(const boost::json::object& question)>;

    /// Takes the place of a socket that is there already, whoever listens on it: an older postern after an upgrade.
    /// The error says what to do.
    [[nodiscard]] static std::expected<std::shared_ptr<ControlSocket>, std::string> open(
        boost::asio::io_context& context, const std::string& path, Answer answer);

    /// Listens no more. Its name stays: it may be another's by now.
    void close();
    /// Of a name that is nobody else's.
    void close_and_remove();

private:
    using Protocol = boost::asio::local::stream_protocol;

    ControlSocket(boost::asio::io_context& context, std::string path, Answer answer)
        : context_(context), path_(std::move(path)), acceptor_(context), answer_(std::move(answer)) {}
    static boost::asio::awaitable<void> accept_loop(std::shared_ptr<ControlSocket> self);
    static boost::asio::awaitable<void> serve(std::shared_ptr<ControlSocket> self, Protocol::socket socket);
    [[nodiscard]] boost::json::object answer_to(const std::string& line) const;

    boost::asio::io_context& context_;
    const std::string path_;
    Protocol::acceptor acceptor_;
    Answer answer_;
    std::size_t open_ = 0;  // connections
};

/// Where a process is asked that has given way to a successor. `path`: where that one is asked.
[[nodiscard]] std::string retired_control_socket(const std::string& path, pid_t process);

/// All of those that belong to processes which are there.
[[nodiscard]] std::vector<std::string> retired_control_sockets(const std::string& path);

/// Asks the postern that listens there. The error is a sentence for people.
[[nodiscard]] std::expected<boost::json::object, std::string> ask_running(const std::string& path,
                                                                          const boost::json::object& question);

}  // namespace postern::app
