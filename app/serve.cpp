#include "app/serve.hpp"

#include "app/control_socket.hpp"
#include "app/live_operations.hpp"
#include "app/load_settings.hpp"
#include "app/memory_trimming.hpp"
#include "app/server.hpp"
#include "app/service_manager.hpp"
#include "app/successor.hpp"
#include "net/inherited_sockets.hpp"
#include "net/log.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <expected>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

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

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// The server and what it is told by signals. Everything happens on the thread that runs the context.
class Service {
public:
    Service(boost::asio::io_context& context, boost::asio::signal_set& signals, Server& server, std::string file)
        : context_(context),
          signals_(signals),
          retirement_(context),
          server_(server),
          file_(std::move(file)),
          trimming_(context, [&server] { return server.connections(); }) {}

    /// Until it is to end.
    void run() {
        open_control();
        wait_for_signal();
        context_.run();
        net::log(LogLevel::info, "stopping", {{"signal", signal_}});
        // Whoever ends us does not want another in our place.
        if (state_ == State::upgrading) kill(successor_->process(), SIGTERM);
        if (state_ != State::retired) tell_service_manager("STOPPING=1");
        server_.stop();
        if (state_ == State::retired && control_) control_->close_and_remove();
        net::log(LogLevel::info, "stopped");
    }

private:
    enum class State { serving, upgrading, retired };

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            signal_ = number;
            if (number == SIGTERM || number == SIGINT) return context_.stop();
            if (number == SIGHUP) reload();
            if (number == SIGUSR2) upgrade();
            wait_for_signal();
        });
    }

    /// Reads the file again. What becomes of it stands in the log, whoever asked.
    Reloaded reload() {
        Reloaded done;
        if (state_ != State::serving) {
            done.mistakes.emplace_back("another postern takes over, or has done so");
        } else if (config::Loaded loaded = load_and_check(file_); !loaded) {
            for (const config::SettingsError& mistake : loaded.error()) done.mistakes.push_back(mistake.text());
        } else if (auto applied = server_.reload(std::move(*loaded)); !applied) {
            done.mistakes.push_back(applied.error());
        } else {
            done.unapplied = std::move(*applied);
        }
        if (!done.mistakes.empty()) {
            log_refusal(done.mistakes);
            return done;
        }
        apply_to_process(done.unapplied);
        return done;
    }

    static void log_refusal(const std::vector<std::string>& mistakes) {
        constexpr std::size_t most_lines = 20;
        for (std::size_t i = 0; i != std::min(mistakes.size(), most_lines); ++i)
            net::log(LogLevel::error, "configuration_mistake", {{"mistake", mistakes[i]}});
        refuse("reload_refused",
               mistakes.size() == 1 ? mistakes.front() : std::to_string(mistakes.size()) + " mistakes");
    }

    void apply_to_process(const std::vector<std::string>& unapplied) {
        const config::Settings& now = server_.generation().settings();
        net::set_log_level(now.log.level);
        raise_descriptor_limit(now);
        if (now.server.control_socket != control_path_) open_control();
        net::log(LogLevel::info, "reloaded", {{"listeners", now.listeners.size()}, {"backends", now.backends.size()}});
        if (!unapplied.empty())
            net::log(LogLevel::warning, "restart_needed",
                     {{"settings", joined(unapplied)},
                      {"advice", "these have changed; an upgrade (SIGUSR2) or a restart applies them"}});
    }

    /// The mail goes on without it.
    void open_control() {
        control_path_ = server_.generation().settings().server.control_socket;
        listen_for_questions(control_path_);
    }

    void listen_for_questions(const std::string& path) {
        if (control_) control_->close();
        control_.reset();
        if (path.empty()) return;
        auto opened = ControlSocket::open(context_, path, [this](const boost::json::object& question) {
            return answer_operation(question, server_, [this] { return reload(); });
        });
        if (opened)
            control_ = std::move(*opened);
        else
            net::log(LogLevel::error, "control_socket_failed", {{"reason", opened.error()}});
    }

    void upgrade() {
        if (state_ != State::serving) return refuse("upgrade_refused", "another postern takes over, or has done so");
        const auto started =
            Successor::start(context_, program_, {program_, "serve", "--config", file_}, server_.listening_sockets(),
                             [this](const std::expected<void, std::string>& serves) {
                                 if (serves) return retire();
                                 state_ = State::serving;
                                 refuse("upgrade_refused", serves.error());
                             });
        if (!started) return refuse("upgrade_refused", started.error());
        state_ = State::upgrading;
        successor_ = *started;
        net::log(LogLevel::info, "upgrading", {{"program", program_}, {"process", successor_->process()}});
    }

    /// The successor serves: only those who are in stay, until they leave or their time is over.
    void retire() {
        state_ = State::retired;
        // The successor has the name by now; who is still here can be asked about, and cut off, by another.
        listen_for_questions(control_path_.empty() ? "" : retired_control_socket(control_path_, getpid()));
        // It hears only whom it knows: that another process is the service now must come from this one.
        tell_service_manager("MAINPID=" + std::to_string(successor_->process()));
        successor_->watch([this] {
            // Nobody listens any more. Our end lets the service manager see it, and start anew.
            net::log(LogLevel::error, "successor_ended", {{"process", successor_->process()}});
            context_.stop();
        });
        server_.retire();
        net::log(LogLevel::info, "retired", {{"connections", server_.connections()}});
        const auto end = Clock::now() + server_.generation().settings().server.drain_timeout;
        wait_for_the_last(end);
    }

    void wait_for_the_last(std::chrono::steady_clock::time_point end) {
        constexpr std::chrono::milliseconds between_looks{200};
        if (server_.connections() == 0 || Clock::now() >= end) return context_.stop();
        retirement_.expires_after(between_looks);
        retirement_.async_wait([this, end](const boost::system::error_code& error) {
            if (!error) wait_for_the_last(end);
        });
    }

    static void refuse(std::string_view event, std::string_view reason) {
        net::log(LogLevel::error, event, {{"reason", reason}, {"advice", "everything stays as it was"}});
    }

    using Clock = std::chrono::steady_clock;

    boost::asio::io_context& context_;
    boost::asio::signal_set& signals_;
    boost::asio::steady_timer retirement_;
    Server& server_;
    const std::string file_;
    // Found now: after an upgrade of the package the running program has no name any more.
    const std::string program_ = std::filesystem::read_symlink("/proc/self/exe");
    std::shared_ptr<ControlSocket> control_;
    std::string control_path_;
    State state_ = State::serving;
    MemoryTrimming trimming_;
    std::shared_ptr<Successor> successor_;  // once there is one
    int signal_ = 0;
};

int cannot_start(std::string_view reason) {
    net::log(LogLevel::error, "cannot_start", {{"reason", reason}});
    return 1;
}

/// What was handed to us in the environment.
struct Inheritance {
    std::expected<std::vector<net::InheritedSocket>, std::string> sockets = net::inherited_sockets();
    int word = word_to_predecessor();
};

int run(config::Settings settings, const std::string& file, Inheritance inherited) {
    // Before any thread, so that all of them inherit it: OpenSSL writes with write(), which raises SIGPIPE.
    std::signal(SIGPIPE, SIG_IGN);
    // A log or a database that may not grow any more is an error of the one who writes, and no reason to cut everybody.
    std::signal(SIGXFSZ, SIG_IGN);
    if (!inherited.sockets) return cannot_start(inherited.sockets.error());
    boost::asio::io_context context{1};
    boost::asio::signal_set signals(context, SIGTERM, SIGINT, SIGHUP);
    signals.add(SIGUSR2);
    raise_descriptor_limit(settings);

    auto resources = Server::open(settings);
    if (!resources) return cannot_start(resources.error());
    Server server(settings, std::move(*resources));
    if (const auto started = server.start(std::move(settings), std::move(*inherited.sockets)); !started)
        return cannot_start(started.error());
    net::log(LogLevel::info, "ready",
             {{"version", POSTERN_VERSION},
              {"threads", server.threads()},
              {"listeners", server.generation().settings().listeners.size()}});
    tell_predecessor_that_we_serve(inherited.word);
    tell_service_manager("READY=1");
    Service(context, signals, server, file).run();
    return 0;
}

}  // namespace

int serve(config::Settings settings, const std::string& file) {
    Inheritance inherited;  // before the first thread, that of the log: it changes the environment
    net::start_logging(settings.log);
    const int status = run(std::move(settings), file, std::move(inherited));
    net::stop_logging();
    return status;
}

}  // namespace postern::app
