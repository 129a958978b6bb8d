/// The command line of postern: `postern COMMAND ...`. Every command is a plain function elsewhere; here are only their
/// names, options and help texts.
#pragma once

namespace postern::app {

/// Returns the exit status: 0 done, 1 refused or failed, 2 wrong usage. May throw std::bad_alloc and, from reading a
/// broken environment, std::exception: `main` reports those.
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace postern::app
