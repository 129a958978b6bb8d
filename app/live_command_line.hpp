/// Describes the commands that ask the running postern to CLI11.
#pragma once

#include "app/invocation.hpp"

namespace postern::app {

void add_live_commands(CLI::App& app, Invocation& invocation);

}  // namespace postern::app
