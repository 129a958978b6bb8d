/// Telling systemd how the process is doing.
#pragma once

#include <string_view>

namespace postern::app {

/// Sends `state`, such as "READY=1", to the socket that NOTIFY_SOCKET names (sd_notify(3)); does nothing without one.
/// What goes wrong is logged: a service that cannot say that it is ready is soon ended by systemd.
void tell_service_manager(std::string_view state);

}  // namespace postern::app
