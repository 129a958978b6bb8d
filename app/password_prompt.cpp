#include "app/password_prompt.hpp"

#include "auth/password.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

namespace postern::app {

namespace {

/// Longer lines than any password are cut here, so that they are refused as too long and not read to their end.
constexpr std::size_t max_line_bytes = auth::max_password_bytes + 1;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// No echo while it lives.
class EchoOff {
public:
    explicit EchoOff(int terminal) : terminal_(terminal), is_off_(::tcgetattr(terminal, &before_) == 0) {
        if (!is_off_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK);
        quiet.c_lflag |= static_cast<tcflag_t>(ECHONL | ICANON);
        is_off_ = ::tcsetattr(terminal_, TCSAFLUSH, &quiet) == 0;
    }
    ~EchoOff() {
        if (is_off_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;

    [[nodiscard]] bool is_off() const noexcept { return is_off_; }

private:
    int terminal_;
    termios before_{};
    bool is_off_;
};

/// Signals that would end the process, held back while it lives; what came meanwhile takes effect at its end.
class HeldSignals {
public:
    HeldSignals() {
        sigset_t held;
        ::sigemptyset(&held);
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&held, number);
        ::pthread_sigmask(SIG_BLOCK, &held, &before_);
        ::sigdelset(&held, SIGTSTP);
        arrivals_ = ::signalfd(-1, &held, SFD_CLOEXEC);
    }
    ~HeldSignals() {
        if (arrivals_ >= 0) ::close(arrivals_);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;

    /// Readable when one came. It is not taken from there, so that it stays pending.
    [[nodiscard]] int arrivals() const noexcept { return arrivals_; }

private:
    sigset_t before_{};
    int arrivals_ = -1;
};

/// False when a signal came first.
bool wait_for_input(int terminal, int signals) {
    pollfd events[2] = {{terminal, POLLIN, 0}, {signals, POLLIN, 0}};
    while (::poll(events, 2, -1) < 0) {
        if (errno != EINTR) return false;
    }
    return events[1].revents == 0;
}

/// A line as the terminal hands it over; nullopt when there is none.
std::optional<base::Secret> read_terminal_line(int terminal, int signals) {
    base::WipingBuffer line;
    line.reserve(max_line_bytes + 1);
    char next = 0;
    for (;;) {
        if (!wait_for_input(terminal, signals) || ::read(terminal, &next, 1) != 1) return std::nullopt;
        if (next == '\n') return base::Secret(std::move(line));
        if (line.size() < max_line_bytes) line.push_back(next);
    }
}

/// The first line without its end; empty when there is none.
base::Secret read_first_line(std::istream& input) {
    base::WipingBuffer line;
    line.reserve(max_line_bytes + 1);
    char next = 0;
    while (line.size() < max_line_bytes && input.get(next) && next != '\n') line.push_back(next);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return base::Secret(std::move(line));
}

std::expected<base::Secret, std::string> read_file(const std::string& path) {
    std::ifstream file;
    file.rdbuf()->pubsetbuf(nullptr, 0);  // a buffer of its own would not be wiped
    file.open(path, std::ios::binary);
    if (!file) return std::unexpected("the password file " + path + " cannot be opened");
    auto line = read_first_line(file);
    if (file.bad()) return std::unexpected("the password file " + path + " cannot be read");
    return line;
}

std::expected<base::Secret, std::string> ask_twice(PasswordPrompt& prompt) {
    auto first = prompt.ask("New password: ");
    if (!first) return first;
    const auto second = prompt.ask("The same again: ");
    if (!second) return std::unexpected(second.error());
    if (first->reveal() != second->reveal()) return std::unexpected("the two passwords differ: start again");
    return first;
}

}  // namespace

std::expected<base::Secret, std::string> TerminalPrompt::ask(std::string_view question) {
    const Descriptor terminal(::open(device_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!terminal.is_open()) {
        return std::unexpected("there is no terminal to ask on: give --password-file FILE, or - for standard input");
    }
    const HeldSignals signals;
    const EchoOff echo(terminal.number());
    if (!echo.is_off()) return std::unexpected("the terminal cannot hide what is typed: give --password-file FILE");
    if (::write(terminal.number(), question.data(), question.size()) < 0) {
        return std::unexpected("the terminal cannot be written to");
    }
    auto line = read_terminal_line(terminal.number(), signals.arrivals());
    if (!line) return std::unexpected("no password was typed");
    return std::move(*line);
}

std::expected<base::Secret, std::string> read_new_password(const PasswordSource& source,
                                                           std::istream& input,
                                                           PasswordPrompt& prompt) {
    auto password = source.file.empty()  ? ask_twice(prompt)
                    : source.file == "-" ? std::expected<base::Secret, std::string>(read_first_line(input))
                                         : read_file(source.file);
    if (!password) return password;
    if (const auto checked = auth::check_password(*password); !checked) {
        return std::unexpected("the password " + std::string(auth::describe(checked.error())));
    }
    return password;
}

}  // namespace postern::app
