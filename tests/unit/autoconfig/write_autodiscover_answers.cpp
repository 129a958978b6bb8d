// Writes every kind of autodiscover answer into a folder, for a schema validator.
#include "autoconfig/autodiscover_pox.hpp"
#include "example.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
    using namespace postern::autoconfig;
    if (argc != 2) {
        std::cerr << "usage: write_autodiscover_answers FOLDER\n";
        return EXIT_FAILURE;
    }
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    const auto write = [&](const char* name, const std::string& answer) {
        std::ofstream(folder / name, std::ios::binary) << answer;
    };
    MailServices services = example::services();
    write("settings.xml", autodiscover_settings(services, std::nullopt));
    write("settings_with_login.xml", autodiscover_settings(services, MailAddress::parse("a&b'c@ac-amiens.fr")));
    services.submission = {.hostname = "smtp.ac-amiens.fr", .port = 587, .security = SocketSecurity::starttls};
    write("settings_with_starttls.xml", autodiscover_settings(services, std::nullopt));
    write("error_600.xml", autodiscover_error(AutodiscoverError::invalid_request));
    write("error_601.xml", autodiscover_error(AutodiscoverError::provider_is_not_available));
    return EXIT_SUCCESS;
}
