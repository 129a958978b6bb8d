/// Those who must not slow down others: guessers of passwords, connections that say nothing, and TLS handshakes that do
/// not go on.
#include "tests/bench/load/plans.hpp"
#include "tests/bench/load/program.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace postern::bench {
namespace {

struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string host = "localhost";
    std::string ca_file;
    std::string users_file;
    double guesses = 0;
    std::size_t guess_sources = 50;
    std::size_t silent = 0;
    std::size_t stalled = 0;
};

/// Sources in networks of their own: the third octet differs within a kind, the second between kinds.
enum class Kind : std::uint8_t { guesser = 1, silent = 2, stalled = 3 };
std::string source(Kind kind, std::size_t number) {
    return "127." + std::to_string(static_cast<int>(kind)) + '.' + std::to_string(number % 250) + ".1";
}

std::vector<std::string> read_logins(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> logins;
    for (User user; in >> user.login >> user.password;) logins.push_back(user.login);
    if (logins.empty()) throw std::runtime_error(file + ": no line with a login and a password");
    return logins;
}

/// Something that is due so many times in a second. What could not be done within a twentieth of a second is not made
/// up for: an attack that paused does not become a flood.
class Due {
public:
    explicit Due(double rate) : rate_(rate) {}

    void pass(double seconds) {
        credit_ = std::min(credit_ + (seconds - at_) * rate_, rate_ / 20 + 1);
        at_ = seconds;
    }
    bool is_there() const { return credit_ >= 1; }
    void take() { --credit_; }

private:
    double rate_;
    double credit_ = 0;
    double at_ = 0;
};

/// A server ends a connection after some guesses. New ones come somewhat faster than that, so that in the beginning,
/// too, it is guesses and not handshakes that a server is busy with.
constexpr double guesses_for_each_connection = 3;

/// What guesses were answered with, and who waits to make the next one.
class Guessers {
public:
    explicit Guessers(const Options& options)
        : options_(options), logins_(read_logins(options.users_file)), tls_(client_context(options.ca_file)) {
        SSL_CTX_set_session_cache_mode(tls_.get(), SSL_SESS_CACHE_OFF);
    }

    /// Makes as many guesses as are due: on connections that are free, and on new ones.
    void guess(double seconds, EventLoop& loop) {
        due_.pass(seconds);
        new_connections_due_.pass(seconds);
        while (due_.is_there()) {
            if (!free_.empty()) {
                Guesser* const guesser = *free_.begin();
                free_.erase(free_.begin());
                guesser->client->resume();
                loop.wake(guesser->client->number());
            } else if (new_connections_due_.is_there()) {
                open(loop);
                new_connections_due_.take();
            } else {
                return;
            }
            due_.take();
        }
    }

    void report(std::ostream& out) const {
        out << "\"sent\": " << sent_ << ", \"connections\": " << connections_ << ", \"ungreeted\": " << ungreeted_
            << ", \"unanswered\": " << unanswered_ << ", \"answers\": {";
        for (const char* separator = ""; const auto& [answer, number] : answers_) {
            out << std::exchange(separator, ", ") << quoted(answer) << ": " << number;
        }
        out << '}';
    }

private:
    /// One connection, which guesses until the server ends it.
    struct Guesser final : Plan {
        explicit Guesser(Guessers& all) : all_(all) {}

        Next next(std::uint64_t) override {
            switch (std::exchange(state, state == State::greeted ? State::free : State::greeted)) {
                case State::begins:
                    return Step{.good = "* OK"};
                case State::greeted:
                    ++all_.sent_;
                    return Step{.text = all_.guess_text(), .good = "in "};
                case State::free:
                    break;
            }
            all_.free_.insert(this);
            return Hold{};
        }
        void answered(std::string_view line) override {
            constexpr std::string_view tag = "in ";
            if (line.starts_with(tag)) ++all_.answers_[std::string(line.substr(tag.size()))];
        }
        void fail(const std::string&) override {
            if (state == State::free) ++all_.unanswered_;
            if (state == State::greeted && !all_.free_.contains(this)) ++all_.ungreeted_;
        }
        void over(bool) override { all_.free_.erase(this); }

        /// What next() is asked for: the greeting, a guess, or to wait for the next one.
        enum class State : std::uint8_t { begins, greeted, free } state = State::begins;
        Client* client = nullptr;

    private:
        Guessers& all_;
    };

    /// Never the same password twice for one account: that would cost the guesser nothing. Every second one is for a
    /// name that no account has: those that there are soon let no stranger guess at all.
    std::string guess_text() {
        const std::uint64_t number = guess_++;
        const std::string& login = logins_[number / 2 % logins_.size()];
        return "in LOGIN \"" + (number % 2 == 0 ? "" : "x" + std::to_string(number) + '-') + login + "\" \"wrong-" +
               std::to_string(number) + "\"\r\n";
    }

    void open(EventLoop& loop) {
        SslPointer tls(SSL_new(tls_.get()));
        SSL_set_connect_state(tls.get());
        SSL_set_tlsext_host_name(tls.get(), options_.host.c_str());
        SSL_set1_host(tls.get(), options_.host.c_str());
        const std::string from = source(Kind::guesser, connections_++ % options_.guess_sources);
        auto plan = std::make_unique<Guesser>(*this);
        Guesser& guesser = *plan;
        auto client = std::make_unique<Client>(
            Stream(connect_to(options_.address, options_.port, from), std::move(tls)), Protocol::imap, std::move(plan));
        guesser.client = client.get();
        const int descriptor = client->number();
        loop.add(std::move(client));
        loop.wake(descriptor);
    }

    const Options& options_;
    const std::vector<std::string> logins_;
    SslContextPointer tls_;
    std::unordered_set<Guesser*> free_;
    Due due_{options_.guesses};
    Due new_connections_due_{options_.guesses / guesses_for_each_connection};
    std::uint64_t sent_ = 0;
    std::uint64_t guess_ = 0;
    std::uint64_t connections_ = 0;
    std::uint64_t ungreeted_ = 0;   ///< connections that the server ended before it said anything
    std::uint64_t unanswered_ = 0;  ///< guesses for which it did
    std::map<std::string, std::uint64_t> answers_;
};

/// Who opens all at once has them ended all at once, and opens them again in one flood: so this takes eight seconds.
double openings_per_second(std::size_t wanted) {
    return std::max(static_cast<double>(wanted) / 8, 10.0);
}

/// Connections that send at most the beginning of a handshake; those that the server ends are opened again.
class Standing {
public:
    Standing(const Options& options, Kind kind, std::size_t wanted)
        : options_(options), kind_(kind), wanted_(wanted), due_(openings_per_second(wanted)) {}

    void keep_up(double seconds, EventLoop& loop) {
        due_.pass(seconds);
        for (; standing_ < wanted_ && due_.is_there(); due_.take()) open(loop);
    }

    void report(std::ostream& out) const {
        out << "{\"standing\": " << standing_ << ", \"opened\": " << opened_ << '}';
    }

private:
    class Connection final : public Pollable {
    public:
        Connection(Stream stream, std::string_view words, Standing& all) : stream_(std::move(stream)), all_(all) {
            ++all_.standing_;
            (void)stream_.write(words);
        }
        Connection(const Connection&) = delete;
        Connection& operator=(const Connection&) = delete;
        ~Connection() override { --all_.standing_; }

        int number() const override { return stream_.number(); }
        bool waits_to_read() const override { return true; }
        bool waits_to_write() const override { return false; }
        /// Whatever the server says is not answered.
        bool on_ready() override {
            std::array<char, 4096> buffer{};
            while (true) {
                const Stream::Outcome outcome = stream_.read(buffer).outcome;
                if (outcome != Stream::Outcome::moved) return outcome == Stream::Outcome::would_block;
            }
        }

    private:
        Stream stream_;
        Standing& all_;
    };

    void open(EventLoop& loop) {
        const std::uint64_t number = opened_++;
        std::string words;
        if (kind_ == Kind::stalled) words = client_hello();
        // Every second one stops within its first message, the others when the server's answer is there.
        if (number % 2 == 0) words.resize(words.size() / 2);
        loop.add(std::make_unique<Connection>(
            Stream(connect_to(options_.address, options_.port, source(kind_, number))), words, *this));
    }

    std::string client_hello() {
        if (!tls_) tls_ = client_context(options_.ca_file);
        SslPointer tls(SSL_new(tls_.get()));
        SSL_set_connect_state(tls.get());
        SSL_set_tlsext_host_name(tls.get(), options_.host.c_str());
        SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_do_handshake(tls.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(SSL_get_wbio(tls.get()), &text);
        return {text, static_cast<std::size_t>(size)};
    }

    const Options& options_;
    const Kind kind_;
    const std::size_t wanted_;
    Due due_;
    std::size_t standing_ = 0;
    std::uint64_t opened_ = 0;
    SslContextPointer tls_;
};

/// Standard input: reports for each line that comes, until there are no more.
class Questions final : public Pollable {
public:
    Questions(std::function<void()> report, bool& has_ended) : report_(std::move(report)), has_ended_(has_ended) {
        fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    }

    int number() const override { return STDIN_FILENO; }
    bool waits_to_read() const override { return true; }
    bool waits_to_write() const override { return false; }
    bool on_ready() override {
        std::array<char, 256> buffer{};
        const ssize_t octets = read(STDIN_FILENO, buffer.data(), buffer.size());
        for (ssize_t i = 0; i < octets; ++i) {
            if (buffer.at(static_cast<std::size_t>(i)) == '\n') report_();
        }
        has_ended_ = octets == 0;
        return !has_ended_;
    }

private:
    std::function<void()> report_;
    bool& has_ended_;
};

constexpr std::string_view about =
    R"(Attacks a mail proxy from many addresses of the loopback network, until standard input ends. Prints JSON with what it did
so far for each line there: guesses sent, how many got which answer, and connections that stand.)";

int run(int argc, char** argv) {
    Options options;
    CLI::App app{std::string(about)};
    app.add_option("--address", options.address, "IPv4 (127.0.0.1)");
    app.add_option("--port", options.port, "IMAP in TLS")->required();
    app.add_option("--ca", options.ca_file, "PEM: who must have signed the server's certificate")->required();
    app.add_option("--host", options.host, "The name in the server's certificate (localhost)");
    app.add_option("--users", options.users_file, "Lines with a login and a password: whose password is guessed")
        ->required();
    app.add_option("--guesses", options.guesses, "Wrong passwords in each second (0)");
    app.add_option("--guess-sources", options.guess_sources, "Networks that they come from (50)")
        ->check(CLI::Range(1, 250));
    app.add_option("--silent", options.silent, "Connections that say nothing (0)");
    app.add_option("--stalled", options.stalled, "TLS handshakes that do not go on (0)");
    CLI11_PARSE(app, argc, argv);

    Guessers guessers(options);
    Standing silent(options, Kind::silent, options.silent);
    Standing stalled(options, Kind::stalled, options.stalled);
    EventLoop loop;  // ends first: what is in it counts there
    const Clock::time_point begun = Clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begun).count(); };
    bool has_ended = false;
    loop.add(std::make_unique<Questions>(
        [&] {
            std::ostringstream out;
            out << "{\"seconds\": " << seconds() << ", \"guesses\": {";
            guessers.report(out);
            out << "}, \"silent\": ";
            silent.report(out);
            out << ", \"stalled\": ";
            stalled.report(out);
            std::cout << out.str() << '}' << std::endl;
        },
        has_ended));
    while (!has_ended) {
        guessers.guess(seconds(), loop);
        silent.keep_up(seconds(), loop);
        stalled.keep_up(seconds(), loop);
        loop.turn(1);
    }
    return 0;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
    return postern::bench::run_program("bench_attack", postern::bench::run, argc, argv);
}
