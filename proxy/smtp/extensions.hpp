/// What a submission server says that it can do: the reply to EHLO, RFC 5321 section 4.1.1.1.
#pragma once

#include "proxy/server_capabilities.hpp"
#include "proxy/smtp/reply_reader.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy::smtp {

/// Keywords and their parameters. Both are compared without case (RFC 5321 section 2.4; XCLIENT_README).
class Extensions {
public:
    Extensions() = default;
    /// `ehlo` is a positive reply; its first line is the server's greeting.
    explicit Extensions(const Reply& ehlo);

    [[nodiscard]] bool offers(std::string_view keyword) const;
    [[nodiscard]] bool offers(std::string_view keyword, std::string_view parameter) const;

    /// Each a keyword and its parameters, in the server's order.
    [[nodiscard]] const std::vector<std::vector<std::string>>& lines() const noexcept { return lines_; }

private:
    std::vector<std::vector<std::string>> lines_;
};

/// An extension without parameters whose commands TransactionGuard carries as they are.
struct CarriedExtension {
    std::string_view keyword;
    Capability capability;
};
inline constexpr std::array<CarriedExtension, 5> carried_extensions{{
    {"8BITMIME", Capability::eight_bit_mime},
    {"SMTPUTF8", Capability::smtputf8},
    {"CHUNKING", Capability::chunking},
    {"BINARYMIME", Capability::binarymime},
    {"DSN", Capability::dsn},
}};

inline constexpr std::size_t most_extensions_listed = 64;  ///< in ServerCapabilities::list

/// A SIZE that is no number counts for none at all.
[[nodiscard]] ServerCapabilities server_capabilities(const Extensions& extensions);

}  // namespace postern::proxy::smtp
