/// `postern serve`: runs until it is told to stop.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace postern::app {

/// Binds the listeners, logs "ready" and serves until SIGTERM or SIGINT; then sessions that are not logged in are told,
/// the others are cut, and what does not end within ten seconds is dropped. SIGHUP reads `file` again and serves with
/// what it says from then on; if there is a mistake in it, the log names it and nothing changes. SIGUSR2 starts the
/// program's file again, which may be another by then, hands it the listening sockets, and stops when the last session
/// of this process has ended; a successor that does not come to serve changes nothing. Returns the exit status: 0 after
/// an orderly stop, 1 when it could not start (the log says why).
[[nodiscard]] int serve(config::Settings settings, const std::string& file);

}  // namespace postern::app
