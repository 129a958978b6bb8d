/// A mail server and relay that believes everybody and forgets everything: what stands behind the proxies that are
/// measured, fast enough to be no part of what they cost.
#include "tests/bench/load/event_loop.hpp"
#include "tests/bench/load/program.hpp"
#include "tests/bench/load/server_dialogue.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <functional>
#include <iostream>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace postern::bench {
namespace {

using MakeDialogue = std::function<std::unique_ptr<ServerDialogue>()>;

constexpr std::size_t read_octets = 256UL * 1024;

class Connection final : public Pollable {
public:
    Connection(Stream stream, std::unique_ptr<ServerDialogue> dialogue)
        : stream_(std::move(stream)), dialogue_(std::move(dialogue)) {
        dialogue_->greet(reply_);
    }

    int number() const override { return stream_.number(); }
    bool waits_to_read() const override { return !waits_to_write_; }
    bool waits_to_write() const override { return waits_to_write_; }

    bool on_ready() override {
        if (!flush()) return false;
        if (reply_.is_last() && reply_.is_empty()) return false;
        thread_local std::vector<char> buffer(read_octets);
        while (reply_.is_empty()) {
            const auto [outcome, octets] = stream_.read(buffer);
            if (outcome == Stream::Outcome::closed) return false;
            if (outcome == Stream::Outcome::would_block) break;
            dialogue_->take({buffer.data(), octets}, reply_);
            if (!flush() || (reply_.is_last() && reply_.is_empty())) return false;
        }
        return true;
    }

private:
    /// False: the client is gone.
    bool flush() {
        waits_to_write_ = false;
        while (!reply_.is_empty()) {
            const auto [outcome, octets] = stream_.write(reply_.next());
            if (outcome == Stream::Outcome::closed) return false;
            waits_to_write_ = outcome == Stream::Outcome::would_block && stream_.waits_to_write();
            if (outcome == Stream::Outcome::would_block) return true;
            reply_.sent(octets);
        }
        return true;
    }

    Stream stream_;
    std::unique_ptr<ServerDialogue> dialogue_;
    Reply reply_;
    bool waits_to_write_ = false;
};

struct Service {
    std::string name;
    Descriptor listener;
    MakeDialogue make_dialogue;
    SSL_CTX* tls;  ///< none: plaintext
};

class Acceptor final : public Pollable {
public:
    Acceptor(const Service& service, EventLoop& loop) : service_(service), loop_(loop) {}

    int number() const override { return service_.listener.number(); }
    bool waits_to_read() const override { return true; }
    bool waits_to_write() const override { return false; }

    bool on_ready() override {
        while (true) {
            Descriptor client = accept_one(service_.listener);
            if (client.number() < 0) return true;
            const int number = client.number();
            SslPointer tls(service_.tls == nullptr ? nullptr : SSL_new(service_.tls));
            if (tls) SSL_set_accept_state(tls.get());
            Stream stream(std::move(client), std::move(tls));
            loop_.add(std::make_unique<Connection>(std::move(stream), service_.make_dialogue()));
            loop_.wake(number);
        }
    }

private:
    const Service& service_;
    EventLoop& loop_;
};

[[noreturn]] void serve(const std::vector<Service>& services) {
    EventLoop loop;
    for (const Service& service : services) loop.add(std::make_unique<Acceptor>(service, loop));
    while (true) loop.turn(-1);
}

int run(int argc, char** argv) {
    CLI::App app{
        "A fast IMAP server and SMTP relay on 127.0.0.1 that believes everybody: what the benchmark puts behind "
        "the proxies. Prints the ports as JSON when it is ready, and serves until it is killed."};
    std::optional<std::uint16_t> imap;
    std::optional<std::uint16_t> imaps;
    std::optional<std::uint16_t> smtp;
    std::optional<std::uint16_t> nginx_auth;
    std::string certificate;
    std::string key;
    unsigned threads = 1;
    app.add_option("--imap", imap, "Port of IMAP in plaintext; 0 is any");
    app.add_option("--imaps", imaps, "Port of IMAP in TLS");
    app.add_option("--smtp", smtp, "Port of SMTP in plaintext");
    app.add_option("--nginx-auth", nginx_auth, "Port that answers nginx's auth_http with the ports of IMAP and SMTP");
    app.add_option("--certificate", certificate, "PEM, for --imaps");
    app.add_option("--key", key, "PEM, for --imaps");
    app.add_option("--threads", threads, "Threads that serve (1)")->check(CLI::Range(1, 64));
    CLI11_PARSE(app, argc, argv);

    const SslContextPointer tls = imaps ? server_context(certificate, key) : nullptr;
    std::vector<Service> services;
    if (imap) services.push_back({"imap", listen_on_loopback(*imap), imap_server, nullptr});
    if (imaps) services.push_back({"imaps", listen_on_loopback(*imaps), imap_server, tls.get()});
    if (smtp) services.push_back({"smtp", listen_on_loopback(*smtp), smtp_server, nullptr});
    if (nginx_auth) {
        if (!imap || !smtp) throw std::runtime_error("--nginx-auth needs --imap and --smtp");
        const auto make = [imap_port = port_of(services.front().listener),
                           smtp_port = port_of(services.back().listener)] {
            return nginx_auth_server(imap_port, smtp_port);
        };
        services.push_back({"nginx_auth", listen_on_loopback(*nginx_auth), make, nullptr});
    }
    std::cout << "{";
    for (const Service& service : services) {
        std::cout << (&service == services.data() ? "" : ", ") << '"' << service.name
                  << "\": " << port_of(service.listener);
    }
    std::cout << "}" << std::endl;

    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(serve, std::cref(services));
    serve(services);
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
    return postern::bench::run_program("bench_backend", postern::bench::run, argc, argv);
}
