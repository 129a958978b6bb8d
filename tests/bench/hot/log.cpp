/// A line of the log as every login writes one, with the thread that writes it out.
#include "net/log.hpp"

#include "tests/bench/hot/hot_function.hpp"

#include <memory>

#include <fcntl.h>
#include <unistd.h>

namespace postern::bench {
namespace {

constexpr std::uint64_t lines = 1000;

/// Nobody wants to read them.
class SilentErrors {
public:
    SilentErrors() : kept_(dup(STDERR_FILENO)) {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
    SilentErrors(const SilentErrors&) = delete;
    SilentErrors& operator=(const SilentErrors&) = delete;
    SilentErrors(SilentErrors&&) = delete;
    SilentErrors& operator=(SilentErrors&&) = delete;
    ~SilentErrors() {
        dup2(kept_, STDERR_FILENO);
        close(kept_);
    }

private:
    int kept_;
};

Call log_lines() {
    return [silent = std::make_shared<SilentErrors>()] {
        net::start_logging({.format = config::LogFormat::json});
        for (std::uint64_t session = 0; session < lines; ++session) {
            net::log(config::LogLevel::info, "login",
                     {{"outcome", "accepted"},
                      {"reason", ""},
                      {"account", 4711},
                      {"factor", "password"},
                      {"protocol", "imap"},
                      {"listener", "imaps"},
                      {"client", "192.0.2.17"},
                      {"backend", "mailboxes"},
                      {"tls", "TLSv1.3"},
                      {"duration_ms", 3},
                      {"session", session},
                      {"detail", ""}});
        }
        net::stop_logging();
    };
}

}  // namespace

std::vector<HotFunction> log_functions() {
    return {{.name = "log/line", .prepare = log_lines, .counted_calls = 2, .lines = lines}};
}

}  // namespace postern::bench
