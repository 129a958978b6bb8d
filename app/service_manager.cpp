#include "app/service_manager.hpp"

#include "net/log.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace postern::app {
namespace {

void warn(const std::string& reason) {
    net::log(config::LogLevel::warning, "notify_failed", {{"reason", reason}});
}

}  // namespace

void tell_service_manager(std::string_view state) {
    const char* const name = std::getenv("NOTIFY_SOCKET");
    if (name == nullptr || *name == '\0') return;
    const std::string_view path(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if ((path.front() != '/' && path.front() != '@') || path.size() >= sizeof(address.sun_path))
        return warn("NOTIFY_SOCKET is neither a path nor an abstract name");
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';

    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return warn(std::generic_category().message(errno));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const auto* const target = reinterpret_cast<const sockaddr*>(&address);
    const auto sent = ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, target, length);
    if (sent < 0) warn(std::generic_category().message(errno));
    ::close(socket);
}

}  // namespace postern::app
