#include "net/inherited_sockets.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::net {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr std::size_t most_sockets = 4096;

std::optional<std::string> take_variable(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    std::string text = value;
    unsetenv(name);
    return text;
}

std::optional<InheritedSocket> adopt(int descriptor) {
    int is_listening = 0;
    socklen_t length = sizeof is_listening;
    boost::asio::ip::tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    InheritedSocket owner(descriptor, "", 0);
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &length) != 0 || is_listening == 0 ||
        getsockname(descriptor, endpoint.data(), &size) != 0) {
        return std::nullopt;
    }
    const int family = endpoint.data()->sa_family;
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    endpoint.resize(size);
    return InheritedSocket(owner.release(), endpoint.address().to_string(), endpoint.port());
}

}  // namespace

InheritedSocket::InheritedSocket(InheritedSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), address_(std::move(other.address_)), port_(other.port_) {}

InheritedSocket& InheritedSocket::operator=(InheritedSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(address_, other.address_);
    std::swap(port_, other.port_);
    return *this;
}

InheritedSocket::~InheritedSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

int InheritedSocket::release() noexcept {
    return std::exchange(descriptor_, -1);
}

int InheritedSocket::duplicate() const noexcept {
    return fcntl(descriptor_, F_DUPFD_CLOEXEC, first_descriptor);
}

std::expected<std::vector<InheritedSocket>, std::string> adopt_sockets(int first, std::size_t count) {
    std::vector<InheritedSocket> sockets;
    std::optional<int> wrong;
    for (int descriptor = first; descriptor != first + static_cast<int>(count); ++descriptor) {
        auto socket = adopt(descriptor);
        if (socket) sockets.push_back(std::move(*socket));
        if (!socket && !wrong) wrong = descriptor;
    }
    if (wrong)
        return std::unexpected("the inherited descriptor " + std::to_string(*wrong) + " is not a listening TCP socket");
    return sockets;
}

std::expected<std::vector<InheritedSocket>, std::string> inherited_sockets() {
    const auto from_us = take_variable(inherited_sockets_variable);
    const auto from_systemd = take_variable("LISTEN_FDS");
    const auto meant_for = take_variable("LISTEN_PID");
    (void)take_variable("LISTEN_FDNAMES");
    const bool is_ours = meant_for == std::to_string(getpid());  // a shell between systemd and us may have kept them
    const auto& number = from_us ? from_us : is_ours ? from_systemd : std::nullopt;
    if (!number) return {};
    std::size_t count = 0;
    const char* const end = number->data() + number->size();
    if (std::from_chars(number->data(), end, count) != std::from_chars_result{end, std::errc{}} || count > most_sockets)
        return std::unexpected("the environment says that \"" + *number + "\" sockets are inherited");
    return adopt_sockets(first_descriptor, count);
}

}  // namespace postern::net
