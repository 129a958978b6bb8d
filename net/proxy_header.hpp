/// The header of the PROXY protocol, by which a load balancer says who its client is: versions 1 and 2 of
/// https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt, sections 2.1 and 2.2.
#pragma once

#include "base/ip_network.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::net {

struct ProxyHeader {
    bool is_local = false;   ///< the balancer speaks for itself (a health check), or does not know the client
    base::IpAddress client;  ///< unless `is_local`
    std::uint16_t port = 0;
};

/// Does no I/O. Never asks for a byte behind the header: that is the client's own.
class ProxyHeaderReader {
public:
    static constexpr std::size_t longest = 1024;  ///< of a header with all its extensions, in bytes

    /// How many bytes may be read now; 0: the header is over.
    [[nodiscard]] std::size_t wants() const;
    /// At most `wants()` of them.
    void receive(std::string_view bytes);
    /// Once `wants()` is 0. The error is the end of a sentence: "the PROXY header ...".
    [[nodiscard]] const std::expected<ProxyHeader, std::string>& outcome() const { return *outcome_; }

private:
    void judge();
    void judge_text();
    void judge_binary();

    std::string header_;
    std::optional<std::expected<ProxyHeader, std::string>> outcome_;
};

/// The same in version 2, as we say it to a backend. `server`: where the connection goes.
[[nodiscard]] std::string make_proxy_header(const ProxyHeader& header,
                                            const base::IpAddress& server,
                                            std::uint16_t server_port);

}  // namespace postern::net
