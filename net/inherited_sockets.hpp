/// Listening sockets that somebody else has opened for us: systemd (sd_listen_fds(3)), or a postern that gives way to
/// us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace postern::net {

/// A listening TCP socket. Closed on destruction, unless released.
class InheritedSocket {
public:
    InheritedSocket(int descriptor, std::string address, std::uint16_t port)
        : descriptor_(descriptor), address_(std::move(address)), port_(port) {}
    InheritedSocket(InheritedSocket&& other) noexcept;
    InheritedSocket& operator=(InheritedSocket&& other) noexcept;
    InheritedSocket(const InheritedSocket&) = delete;
    InheritedSocket& operator=(const InheritedSocket&) = delete;
    ~InheritedSocket();

    [[nodiscard]] const std::string& address() const noexcept { return address_; }  ///< numeric, in its shortest form
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// The descriptor, from now on the caller's.
    [[nodiscard]] int release() noexcept;
    /// Another descriptor of the same socket; -1 when there are too many.
    [[nodiscard]] int duplicate() const noexcept;

private:
    int descriptor_;
    std::string address_;
    std::uint16_t port_;
};

/// `first` to `first + count - 1` as sockets that no child inherits. The error names the one that is not a listening
/// TCP socket; all of them are closed then.
[[nodiscard]] std::expected<std::vector<InheritedSocket>, std::string> adopt_sockets(int first, std::size_t count);

/// What the environment says we have inherited, which is taken out of it. Call once, before any thread and before
/// anything is opened.
[[nodiscard]] std::expected<std::vector<InheritedSocket>, std::string> inherited_sockets();

/// The variable with which a postern tells its successor how many sockets there are from descriptor 3 on.
inline constexpr const char* inherited_sockets_variable = "POSTERN_SOCKETS";

}  // namespace postern::net
