#include "app/command_line.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        return postern::app::run_command_line(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "postern: " << error.what() << '\n';
        return 1;
    }
}
