/// `postern serve`: wires every room together and runs until it is told to stop.
#pragma once

#include "config/settings.hpp"

namespace postern::app {

/// Binds the listeners, logs "ready" and serves until SIGTERM or SIGINT; then sessions that are not logged in are told,
/// the others are cut, and what does not end within ten seconds is dropped. Returns the exit status: 0 after an orderly
/// stop, 1 when it could not start (the log says why).
[[nodiscard]] int serve(const config::Settings& settings);

}  // namespace postern::app
