/// `postern route explain`: which backend somebody would get, and why no earlier rule decided.
#pragma once

#include "config/settings.hpp"

#include <expected>
#include <iosfwd>
#include <string>
#include <vector>

namespace postern::app {

struct RouteExplainOptions {
    std::string user;  ///< the account's login, normalised
    config::MailProtocol protocol = config::MailProtocol::imap;
    std::string client;               ///< numeric address the client comes from
    std::string listener;             ///< name of the listener; empty: the first that speaks the protocol
    std::vector<std::string> groups;  ///< what the store says the account is in, sorted
};

/// The listener that the client is taken to have come to, or a sentence that says what is wrong with the one asked for.
[[nodiscard]] std::expected<const config::ListenerSettings*, std::string> route_listener(
    const config::Settings& settings, const RouteExplainOptions& options);

/// Writes the decision to `out`, for people or as one JSON object. Reads only the settings: no store, no network.
/// Returns the exit status: 0, or 2 with the reason on `err` if the address or the listener makes no sense.
[[nodiscard]] int route_explain(const config::Settings& settings,
                                const RouteExplainOptions& options,
                                bool json,
                                std::ostream& out,
                                std::ostream& err);

}  // namespace postern::app
