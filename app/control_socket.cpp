#include "app/control_socket.hpp"

#include "net/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::app {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t longest_question = 4096;
constexpr std::size_t longest_answer = std::size_t{64} * 1024 * 1024;
constexpr std::size_t most_connections = 16;
constexpr std::chrono::milliseconds longest_wait{10'000};
constexpr std::string_view retired = ".retired.";
constexpr auto error_as_value = asio::as_tuple(asio::use_awaitable);

bool is_administrator(int descriptor) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

json::object refusal(std::string_view reason) {
    return {{"ok", false}, {"error", reason}};
}

}  // namespace

std::expected<std::shared_ptr<ControlSocket>, std::string> ControlSocket::open(asio::io_context& context,
                                                                               const std::string& path,
                                                                               Answer answer) {
    // Bound beside its place and moved there: at no time is there none, or one that others may open.
    const std::string fresh = path + '.' + std::to_string(getpid());
    const auto failed = [&](const std::string& why) {
        ::unlink(fresh.c_str());
        return std::unexpected("cannot listen on " + path + ": " + why + " (server.control_socket)");
    };
    if (fresh.size() >= sizeof(sockaddr_un::sun_path)) return failed("the name is too long for a Unix socket");
    std::error_code ignored;
    const auto there = std::filesystem::status(path, ignored).type();
    if (there != std::filesystem::file_type::not_found && there != std::filesystem::file_type::socket)
        return failed("something that is no socket is there");
    ::unlink(fresh.c_str());

    std::shared_ptr<ControlSocket> control(new ControlSocket(context, path, std::move(answer)));
    boost::system::error_code error;
    const Protocol::endpoint endpoint(fresh);
    control->acceptor_.open(endpoint.protocol(), error);
    const mode_t mask = ::umask(0177);
    if (!error) control->acceptor_.bind(endpoint, error);
    ::umask(mask);
    if (!error) control->acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed(error.message());
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed(std::system_category().message(errno));
    asio::co_spawn(context, accept_loop(control), asio::detached);
    return control;
}

void ControlSocket::close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

void ControlSocket::close_and_remove() {
    close();
    ::unlink(path_.c_str());
}

asio::awaitable<void> ControlSocket::accept_loop(std::shared_ptr<ControlSocket> self) {
    while (self->acceptor_.is_open()) {
        auto [error, socket] = co_await self->acceptor_.async_accept(error_as_value);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Out of descriptors: accepting again at once would only spin.
            asio::steady_timer pause(self->context_, std::chrono::seconds(1));
            co_await pause.async_wait(error_as_value);
            continue;
        }
        if (self->open_ == most_connections || !is_administrator(socket.native_handle())) continue;
        asio::co_spawn(self->context_, serve(self, std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> ControlSocket::serve(std::shared_ptr<ControlSocket> self, Protocol::socket socket) {
    ++self->open_;
    const auto uncount = std::shared_ptr<void>(nullptr, [&self](void*) { --self->open_; });
    net::Deadline limit(self->context_.get_executor(), [&socket] {
        boost::system::error_code ignored;
        socket.cancel(ignored);
    });
    limit.set(longest_wait);
    std::string question;
    const auto [unread, length] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(question, longest_question), '\n', error_as_value);
    if (!unread) {
        const std::string answer = json::serialize(self->answer_to(question.substr(0, length))) + '\n';
        limit.set(longest_wait);
        co_await asio::async_write(socket, asio::buffer(answer), error_as_value);
    }
}

json::object ControlSocket::answer_to(const std::string& line) const {
    boost::system::error_code error;
    const json::value question = json::parse(line, error);
    if (error || !question.is_object()) return refusal("the question is not one line with a JSON object");
    return answer_(question.get_object());
}

std::string retired_control_socket(const std::string& path, pid_t process) {
    return path + std::string(retired) + std::to_string(process);
}

std::vector<std::string> retired_control_sockets(const std::string& path) {
    std::vector<std::string> found;
    const std::filesystem::path own(path);
    const std::string begin = own.filename().string() + std::string(retired);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(own.parent_path(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(begin)) continue;
        // One that was killed has left its name behind.
        pid_t process = 0;
        const char* const end = name.data() + name.size();
        const auto [rest, error] = std::from_chars(name.data() + begin.size(), end, process);
        const bool is_there =
            error == std::errc() && rest == end && process > 0 && (::kill(process, 0) == 0 || errno == EPERM);
        if (is_there) found.push_back(entry.path().string());
    }
    return found;
}

std::expected<json::object, std::string> ask_running(const std::string& path, const json::object& question) {
    const auto failed = [&](const std::string& why) {
        return std::unexpected("cannot ask the running postern at " + path + ": " + why);
    };
    asio::io_context context;
    asio::local::stream_protocol::socket socket(context);
    boost::system::error_code error;
    socket.connect(asio::local::stream_protocol::endpoint(path), error);
    if (error) return failed(error.message() + "; does it run, as this user, and with this server.control_socket?");
    asio::write(socket, asio::buffer(json::serialize(question) + '\n'), error);
    std::string answer;
    if (!error) asio::read_until(socket, asio::dynamic_buffer(answer, longest_answer), '\n', error);
    if (error == asio::error::eof) return failed("it gave no answer; only root and the user it runs as may ask");
    if (error) return failed(error.message());
    const json::value parsed = json::parse(answer, error);
    if (error || !parsed.is_object()) return failed("its answer cannot be read");
    return parsed.get_object();
}

}  // namespace postern::app
