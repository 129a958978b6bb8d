/// What a submission server says that it can do: the reply to EHLO, RFC 5321 section 4.1.1.1.
#pragma once

#include "proxy/smtp/reply_reader.hpp"

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

private:
    std::vector<std::vector<std::string>> lines_;  // each a keyword and its parameters
};

}  // namespace postern::proxy::smtp
