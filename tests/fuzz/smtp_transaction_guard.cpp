/// Any bytes as a submission client after login, and any as its backend. The first byte is the size of the pieces; a
/// 0xFF changes sides.
#include "base/ascii.hpp"
#include "proxy/smtp/replies.hpp"
#include "proxy/smtp/transaction_guard.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace postern::proxy::smtp;

// libFuzzer takes an abort for a finding; assert would be gone in an optimised build.
void demand(bool holds) {
    if (!holds) std::abort();
}

class OnlyAnna final : public TransactionPolicy {
public:
    std::optional<std::string_view> refuse_message(std::string_view mailbox) override {
        return mailbox == "a@b" ? std::nullopt
                                : std::optional(replies::sender_not_own.in(postern::config::Language::english));
    }
    std::optional<std::string_view> refuse_recipient() override { return std::nullopt; }
};

/// A server that takes any line ending for one, answers as it is told, and must never read what was to be kept from it.
class CredulousServer {
public:
    void receive(std::string_view bytes) {
        for (const char c : bytes) {
            if (chunk_left_ > 0) {
                --chunk_left_;
                continue;
            }
            if (c != '\r' && c != '\n') {
                line_ += c;
                continue;
            }
            // An empty "line" is the other half of a CRLF.
            if (!line_.empty()) take(line_);
            line_.clear();
        }
    }
    /// The reply to the command that it has read last is this one.
    void said(unsigned code) {
        if (asks_data_) is_data_ = code == 354;
        asks_data_ = false;
    }
    [[nodiscard]] bool asks_data() const { return asks_data_; }

private:
    void take(std::string_view line) {
        if (is_data_) {
            if (line == ".") is_data_ = false;
            return;
        }
        demand(!asks_data_);
        const std::string verb = postern::base::to_upper(line.substr(0, line.find(' ')));
        constexpr std::array<std::string_view, 13> known{"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "RSET",
                                                         "NOOP", "QUIT", "HELP", "VRFY", "EXPN", ""};
        bool is_known = false;
        for (const std::string_view each : known) is_known = is_known || verb == each;
        demand(is_known);
        if (verb == "MAIL") demand(line.contains("<a@b>") || line.contains(":a@b>"));
        asks_data_ = verb == "DATA";
        if (verb == "BDAT") {
            std::string_view size = line.substr(5);
            for (const char c : size.substr(0, size.find(' ')))
                chunk_left_ = chunk_left_ * 10 + static_cast<unsigned>(c - '0');
            // The LF of its line is still to come.
            ++chunk_left_;
        }
    }

    std::string line_;
    std::uint64_t chunk_left_ = 0;
    bool is_data_ = false;
    bool asks_data_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = data[0] + 1U;
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    TransactionGuard guard(std::make_unique<OnlyAnna>(), true);
    CredulousServer server;
    bool is_client = true;
    while (!input.empty() && !guard.is_broken()) {
        const auto side = input.substr(0, input.find('\xFF'));
        for (std::size_t at = 0; at < side.size() && !guard.is_broken(); at += piece) {
            const auto bytes = side.substr(at, piece);
            if (is_client) {
                if (guard.awaits_backend()) break;  // as the relay does
                server.receive(guard.from_client(bytes));
                continue;
            }
            const bool asked = guard.awaits_backend();
            std::ignore = guard.from_backend(bytes);
            // The guard knows which reply was that to DATA; the server is told what it said.
            if (asked && !guard.awaits_backend() && server.asks_data()) server.said(guard.is_in_data() ? 354 : 250);
            server.receive(guard.from_client({}));
        }
        input.remove_prefix(std::min(side.size() + 1, input.size()));
        is_client = !is_client;
    }
    return 0;
}
