/// What the programs of the bench have in common.
#pragma once

#include <csignal>
#include <exception>
#include <iostream>

namespace postern::bench {

/// The whole of a main(): what `run` throws becomes one line on standard error and the exit code 1.
inline int run_program(const char* name, int (*run)(int, char**), int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << name << ": " << error.what() << "\n";
        return 1;
    }
}

}  // namespace postern::bench
