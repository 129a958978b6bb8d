/// The clients of the benchmark: sessions that each wait for an answer before they say more, many at once.
#include "tests/bench/load/plans.hpp"
#include "tests/bench/load/program.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace postern::bench {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t errors_at_most = 1000;

struct Options {
    std::string mode;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    Protocol protocol = Protocol::imap;
    std::string ca_file;
    std::string host = "localhost";
    std::string path = "/";
    std::string users_file;
    std::size_t concurrency = 1;
    std::size_t sessions = 1;
    double seconds = 0;
    double rate = 0;
    std::uint64_t count = no_limit;
    std::uint64_t octets = 0;
    std::uint8_t sources = 1;
    bool is_plain = false;
    bool resumes = false;
};

std::vector<User> read_users(const std::string& file) {
    std::ifstream in(file);
    std::vector<User> users;
    for (User user; in >> user.login >> user.password;) users.push_back(user);
    if (users.empty()) throw std::runtime_error(file + ": no line with a login and a password");
    return users;
}

/// One client after another, at the same time as the other slots.
struct Slot {
    SslSessionPointer session;  ///< the newest of this slot's, to resume
    Client* client = nullptr;   ///< while it is connected
};

int keep_session(SSL* ssl, SSL_SESSION* session) {
    static_cast<Slot*>(SSL_get_app_data(ssl))->session.reset(session);
    return 1;  // it is ours now
}

class LoadRun final : public Run {
public:
    explicit LoadRun(Options options)
        : options_(std::move(options)), slots_(is_idle() ? options_.sessions : options_.concurrency) {
        if (options_.mode != "http") users_ = read_users(options_.users_file);
        if (!options_.is_plain) {
            tls_ = client_context(options_.ca_file);
            SSL_CTX_set_session_cache_mode(tls_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
            if (options_.resumes) SSL_CTX_sess_set_new_cb(tls_.get(), keep_session);
        }
    }

    void run() {
        if (is_idle()) return hold();
        begin();
        for (std::size_t slot = 0; slot < slots_.size(); ++slot) free_slots_.push_back(slot);
        while (in_use_ > 0 || (goes_on() && !free_slots_.empty())) {
            start_free_slots();
            loop_.turn(milliseconds_to_next());
        }
        report("done");
    }

    bool goes_on() const override {
        return totals.operations < options_.count && totals.errors < errors_at_most &&
               (options_.seconds == 0 || Clock::now() < until_);
    }

    void slot_is_free(std::size_t slot) override {
        --in_use_;
        slots_[slot].client = nullptr;
        ended_ = Clock::now();
        if (!is_idle()) free_slots_.push_back(slot);
    }

private:
    bool is_idle() const { return options_.mode == "idle"; }

    void begin() {
        started_ = Clock::now();
        until_ =
            started_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    }

    void start_free_slots() {
        while (!free_slots_.empty() && goes_on() && totals.operations + in_use_ < options_.count &&
               Clock::now() >= due(started_sessions_)) {
            const std::size_t slot = free_slots_.back();
            free_slots_.pop_back();
            start(slot);
        }
        if (totals.operations + in_use_ >= options_.count) free_slots_.clear();
    }

    /// When that session begins: at a steady rate, whatever became of those before it, or as soon as may be.
    Clock::time_point due(std::uint64_t session) const {
        if (options_.rate == 0) return started_;
        return started_ + std::chrono::duration_cast<Clock::duration>(
                              std::chrono::duration<double>(static_cast<double>(session) / options_.rate));
    }

    /// Rounded down, for a session that begins late is timed too long.
    int milliseconds_to_next() const {
        constexpr std::chrono::milliseconds longest(100);
        if (options_.rate == 0) return longest.count();
        const auto left = std::chrono::floor<std::chrono::milliseconds>(due(started_sessions_) - Clock::now());
        return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest).count());
    }

    void start(std::size_t slot) {
        const std::uint64_t number = started_sessions_++;
        const Clock::time_point started = options_.rate == 0 ? Clock::now() : due(number);
        auto plan = std::make_unique<ScriptedPlan>(*this, slot, script(user(number)), started);
        const std::string source = "127.0.0." + std::to_string(1 + number % options_.sources);
        Stream stream(connect_to(options_.address, options_.port, source), client_tls(slots_[slot]));
        ++in_use_;
        const int descriptor = stream.number();
        auto client = std::make_unique<Client>(std::move(stream), options_.protocol, std::move(plan));
        slots_[slot].client = client.get();
        loop_.add(std::move(client));
        loop_.wake(descriptor);
    }

    SslPointer client_tls(Slot& slot) {
        if (!tls_) return nullptr;
        SslPointer tls(SSL_new(tls_.get()));
        SSL_set_connect_state(tls.get());
        SSL_set_app_data(tls.get(), &slot);
        SSL_set_tlsext_host_name(tls.get(), options_.host.c_str());
        SSL_set1_host(tls.get(), options_.host.c_str());
        if (slot.session) SSL_set_session(tls.get(), slot.session.get());
        return tls;
    }

    User user(std::uint64_t number) const { return users_.empty() ? User{} : users_[number % users_.size()]; }

    Script script(const User& who) const {
        const auto in = login_steps(options_.protocol, who);
        const auto out = logout_steps(options_.protocol);
        const auto within = [&](std::vector<Step> operation) {
            return Script{
                .before = in, .operation = std::move(operation), .after = out, .operations_at_most = no_limit};
        };
        const std::string& mode = options_.mode;
        if (mode == "login") return {.operation = in, .after = out, .operations_at_most = 1, .times_session = true};
        if (mode == "submit") {
            std::vector<Step> whole = in;
            std::ranges::copy(message_steps(who, options_.octets), std::back_inserter(whole));
            std::ranges::copy(out, std::back_inserter(whole));
            return {.operation = std::move(whole), .operations_at_most = 1, .times_session = true};
        }
        if (mode == "fetch") return within(fetch_steps(options_.octets));
        if (mode == "append") return within(append_steps(options_.octets));
        if (mode == "roundtrip") return within(noop_steps());
        if (mode == "http") return within(http_steps(options_.host, options_.path));
        std::vector<Step> to_idle = in;
        if (options_.octets > 0) std::ranges::copy(fetch_steps(options_.octets), std::back_inserter(to_idle));
        std::ranges::copy(idle_steps(), std::back_inserter(to_idle));
        return {.before = std::move(to_idle), .after = done_steps(), .operations_at_most = 1, .holds = true};
    }

    /// Opens all sessions, and has each of them answer once more for every line "check" on standard input.
    void hold() {
        begin();
        while (totals.held + totals.errors < options_.sessions) {
            while (started_sessions_ < options_.sessions &&
                   started_sessions_ - totals.held - totals.errors < options_.concurrency) {
                start(started_sessions_);
            }
            loop_.turn(100);
        }
        ended_ = Clock::now();
        report("held");
        for (std::string line; std::getline(std::cin, line);) {
            for (Slot& slot : slots_) {
                if (slot.client == nullptr) continue;
                slot.client->resume();
                loop_.wake(slot.client->number());
                loop_.turn(0);
            }
            while (in_use_ > 0) loop_.turn(100);
            report("checked");
        }
    }

    void report(const std::string& event);

    Options options_;
    std::vector<User> users_;
    std::vector<Slot> slots_;
    std::vector<std::size_t> free_slots_;
    std::size_t in_use_ = 0;
    std::uint64_t started_sessions_ = 0;
    SslContextPointer tls_;
    Clock::time_point started_;
    Clock::time_point until_;
    Clock::time_point ended_;
    EventLoop loop_;
};

/// The value below which `share` of the sorted values are.
double percentile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return 0;
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void LoadRun::report(const std::string& event) {
    std::vector<double>& times = totals.microseconds;
    std::ranges::sort(times);
    const double sum = std::accumulate(times.begin(), times.end(), 0.0);
    std::ostringstream out;
    out << "{\"event\": " << quoted(event) << ", \"operations\": " << totals.operations
        << ", \"errors\": " << totals.errors << ", \"first_error\": " << quoted(totals.first_error)
        << ", \"seconds\": " << std::chrono::duration<double>(ended_ - started_).count()
        << ", \"octets\": " << totals.octets << ", \"held\": " << totals.held
        << ", \"handshakes\": " << totals.handshakes << ", \"resumed\": " << totals.resumed << ", \"microseconds\": {"
        << "\"mean\": " << (times.empty() ? 0 : sum / static_cast<double>(times.size()));
    for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1.0}}) {
        out << ", \"" << name << "\": " << percentile(times, share);
    }
    std::cout << out.str() << "}}" << std::endl;
}

constexpr std::string_view about =
    R"(Clients for mail proxies, in one thread, each waiting for an answer before it says more. Prints JSON.

login      a whole session: connection, TLS, login, LOGOUT or QUIT; timed up to the answer to the login
submit     a whole submission of one message of --octets
fetch      logged in once, gets messages of --octets; append puts them
roundtrip  logged in once, says NOOP
idle       opens --sessions, --concurrency at a time, each of which gets a message of --octets if that is not 0, and
           waits in IDLE; reports, and for each line on standard input has all of them answer, and reports
http       GET of --path on connections that stay open)";

int run(int argc, char** argv) {
    Options options;
    CLI::App app{std::string(about)};
    const std::map<std::string, Protocol> protocols{
        {"imap", Protocol::imap}, {"submission", Protocol::submission}, {"http", Protocol::http}};
    app.add_option("mode", options.mode)
        ->required()
        ->check(CLI::IsMember({"login", "submit", "fetch", "append", "roundtrip", "idle", "http"}));
    app.add_option("--address", options.address, "IPv4 (127.0.0.1)");
    app.add_option("--port", options.port)->required();
    app.add_option("--protocol", options.protocol, "imap, submission or http; submit and http know theirs")
        ->transform(CLI::CheckedTransformer(protocols));
    app.add_option("--ca", options.ca_file, "PEM: who must have signed the server's certificate");
    app.add_option("--host", options.host, "The name in the server's certificate (localhost)");
    app.add_flag("--plain", options.is_plain, "No TLS");
    app.add_flag("--resume", options.resumes, "Resume the TLS session of the connection before");
    app.add_option("--users", options.users_file, "Lines with a login and a password; sessions take turns");
    app.add_option("--concurrency", options.concurrency, "Sessions at once (1)")->check(CLI::Range(1, 100'000));
    app.add_option("--sessions", options.sessions, "Of idle (1)")->check(CLI::Range(1, 1'000'000));
    app.add_option("--rate", options.rate,
                   "Begin that many sessions in each second, up to --concurrency at once, and time them from when they "
                   "should have begun");
    app.add_option("--seconds", options.seconds, "Begin no operation after that time");
    app.add_option("--count", options.count, "Begin no operation after that many");
    app.add_option("--octets", options.octets, "Of each message (0)");
    app.add_option("--sources", options.sources, "Come from 127.0.0.1 to 127.0.0.N (1)")->check(CLI::Range(1, 250));
    app.add_option("--path", options.path, "Of http (/)");
    CLI11_PARSE(app, argc, argv);
    if (options.mode == "submit") options.protocol = Protocol::submission;
    if (options.mode == "http") options.protocol = Protocol::http;
    if (options.mode != "idle" && options.seconds == 0 && options.count == no_limit) {
        throw std::runtime_error("--seconds or --count must say when it ends");
    }
    LoadRun(std::move(options)).run();
    return 0;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
    return postern::bench::run_program("bench_load", postern::bench::run, argc, argv);
}
