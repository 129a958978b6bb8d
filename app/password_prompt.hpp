/// Where a new password comes from on the command line: a terminal, a file or standard input; never an argument.
#pragma once

#include "base/secret.hpp"

#include <expected>
#include <istream>
#include <string>
#include <string_view>

namespace postern::app {

/// Somebody who can be asked for a password.
class PasswordPrompt {
public:
    PasswordPrompt() = default;
    PasswordPrompt(const PasswordPrompt&) = delete;
    PasswordPrompt& operator=(const PasswordPrompt&) = delete;
    PasswordPrompt(PasswordPrompt&&) = delete;
    PasswordPrompt& operator=(PasswordPrompt&&) = delete;
    virtual ~PasswordPrompt() = default;

    /// One line, without its end. The error is a sentence for the person.
    [[nodiscard]] virtual std::expected<base::Secret, std::string> ask(std::string_view question) = 0;
};

/// The terminal that controls the process, whatever standard input and output are. What is typed is not shown.
class TerminalPrompt final : public PasswordPrompt {
public:
    /// `device` is opened for each question.
    explicit TerminalPrompt(std::string device = "/dev/tty") : device_(std::move(device)) {}

    /// Blocks until a line came. When a signal asks the process to end meanwhile (SIGINT, SIGTERM, SIGHUP, SIGQUIT),
    /// the terminal is put right first and then the signal takes effect. Thread rule: while no other thread handles
    /// signals.
    [[nodiscard]] std::expected<base::Secret, std::string> ask(std::string_view question) override;

private:
    std::string device_;
};

struct PasswordSource {
    std::string file;  ///< its first line is the password; "-": that of standard input; empty: ask, twice
};

/// A password that `auth::check_password` accepts, or a sentence that says what is wrong and what to do.
[[nodiscard]] std::expected<base::Secret, std::string> read_new_password(const PasswordSource& source,
                                                                         std::istream& input,
                                                                         PasswordPrompt& prompt);

}  // namespace postern::app
