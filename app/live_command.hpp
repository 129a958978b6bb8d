/// `postern who|kick|backend|reload|log-level`: asks the postern that runs.
#pragma once

#include "config/settings.hpp"

#include <ostream>
#include <string>

namespace postern::app {

/// All ask through `server.control_socket` of the settings. They give 0, or 1 after saying why on `err`.
struct LiveTools {
    const config::Settings& settings;
    bool json = false;
    std::ostream& out;
    std::ostream& err;
};

int show_sessions(const LiveTools& tools, const std::string& user);  ///< empty: everybody's
int kick(const LiveTools& tools, const std::string& user);
int list_backends(const LiveTools& tools);
int set_drained(const LiveTools& tools, const std::string& server, bool is_drained);  ///< "BACKEND" or "BACKEND/SERVER"
int reload(const LiveTools& tools);
int set_log_level(const LiveTools& tools, const std::string& level);

}  // namespace postern::app
