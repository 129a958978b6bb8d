/// A real SMTP server that keeps what it is given: Postfix's smtp-sink.
#pragma once

#include "tests/support/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace postern::test {

/// A mail as a mail program shows it.
struct ReceivedMail {
    std::string to;       ///< as the envelope says
    std::string headers;  ///< unfolded, LF
    std::string text;     ///< decoded, LF

    /// What stands behind "<name>: ", empty when there is none.
    [[nodiscard]] std::string header(const std::string& name) const;
    /// The first word of the text that begins so.
    [[nodiscard]] std::string word(const std::string& start) const;
};

/// Listens on 127.0.0.1 while it lives. Throws std::runtime_error when it cannot be started.
class SmtpSink {
public:
    /// `arguments`: more of smtp-sink's, such as {"-r", "RCPT"}: refuse recipients.
    explicit SmtpSink(const std::vector<std::string>& arguments = {});
    SmtpSink(const SmtpSink&) = delete;
    SmtpSink& operator=(const SmtpSink&) = delete;
    SmtpSink(SmtpSink&&) = delete;
    SmtpSink& operator=(SmtpSink&&) = delete;
    ~SmtpSink();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Everything that came, in its order.
    [[nodiscard]] std::vector<ReceivedMail> mails() const;

private:
    bool start(const std::vector<std::string>& arguments);

    TemporaryFolder folder_;
    std::uint16_t port_ = 0;
    int process_ = 0;
};

}  // namespace postern::test
