#include "app/serve.hpp"

#include "app/load_settings.hpp"
#include "app/server.hpp"
#include "net/log.hpp"

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

#include <sys/resource.h>

namespace postern::app {
namespace {

using config::LogLevel;

/// Every session may hold two descriptors. The soft limit is often 1024, kept low for programs that use select().
void raise_descriptor_limit(const config::Settings& settings) {
    constexpr rlim_t beside_sessions = 256;
    const rlim_t wanted = rlim_t{2} * settings.limits.connections + beside_sessions;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, wanted));
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted)
        net::log(LogLevel::warning, "few_descriptors",
                 {{"limit", limit.rlim_cur},
                  {"wanted", wanted},
                  {"advice", "raise LimitNOFILE or lower limits.connections"}});
}

/// The settings of the file, or nothing and a line in the log for each mistake.
std::optional<config::Settings> read_again(const std::string& file) {
    constexpr std::size_t most_lines = 20;
    config::Loaded loaded = load_and_check(file);
    if (loaded) return std::move(*loaded);
    const auto& mistakes = loaded.error();
    for (std::size_t i = 0; i != std::min(mistakes.size(), most_lines); ++i)
        net::log(LogLevel::error, "configuration_mistake", {{"mistake", mistakes[i].text()}});
    net::log(LogLevel::error, "reload_refused",
             {{"reason", std::to_string(mistakes.size()) + " in " + file + " (postern check lists them)"},
              {"advice", "the configuration of before stays"}});
    return std::nullopt;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void reload(Server& server, const std::string& file) {
    auto settings = read_again(file);
    if (!settings) return;
    const auto applied = server.reload(std::move(*settings));
    if (!applied) {
        net::log(LogLevel::error, "reload_refused",
                 {{"reason", applied.error()}, {"advice", "the configuration of before stays"}});
        return;
    }
    const config::Settings& now = server.generation().settings();
    net::set_log_level(now.log.level);
    raise_descriptor_limit(now);
    net::log(LogLevel::info, "reloaded", {{"listeners", now.listeners.size()}, {"backends", now.backends.size()}});
    if (!applied->empty())
        net::log(LogLevel::warning, "restart_needed",
                 {{"settings", joined(*applied)}, {"advice", "these have changed, and only a restart applies them"}});
}

/// The number of the next SIGTERM, SIGINT or SIGHUP.
int wait_for_signal(boost::asio::io_context& context, boost::asio::signal_set& signals) {
    int received = SIGTERM;
    signals.async_wait([&](const boost::system::error_code& error, int number) {
        if (!error) received = number;
    });
    context.restart();
    context.run();
    return received;
}

int run(config::Settings settings, const std::string& file) {
    // Before any thread, so that all of them inherit it: OpenSSL writes with write(), which raises SIGPIPE.
    std::signal(SIGPIPE, SIG_IGN);
    boost::asio::io_context context{1};
    boost::asio::signal_set signals(context, SIGTERM, SIGINT, SIGHUP);
    raise_descriptor_limit(settings);

    auto resources = Server::open(settings);
    if (!resources) {
        net::log(LogLevel::error, "cannot_start", {{"reason", resources.error()}});
        return 1;
    }
    Server server(settings, std::move(*resources));
    if (const auto started = server.start(std::move(settings)); !started) {
        net::log(LogLevel::error, "cannot_start", {{"reason", started.error()}});
        return 1;
    }
    net::log(LogLevel::info, "ready",
             {{"version", POSTERN_VERSION},
              {"threads", server.threads()},
              {"listeners", server.generation().settings().listeners.size()}});
    int signal = wait_for_signal(context, signals);
    for (; signal == SIGHUP; signal = wait_for_signal(context, signals)) reload(server, file);
    net::log(LogLevel::info, "stopping", {{"signal", signal}});
    server.stop();
    net::log(LogLevel::info, "stopped");
    return 0;
}

}  // namespace

int serve(config::Settings settings, const std::string& file) {
    net::start_logging(settings.log);
    const int status = run(std::move(settings), file);
    net::stop_logging();
    return status;
}

}  // namespace postern::app
