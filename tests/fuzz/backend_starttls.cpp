/// Any bytes as a backend that is asked for TLS, before TLS. The first byte chooses the protocol.
#include "proxy/imap/backend_starttls.hpp"

#include "proxy/smtp/backend_starttls.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace postern::proxy;

void check(bool holds) {
    if (!holds) std::abort();
}

/// A backend's words so far, and what came of them.
class Asking {
public:
    explicit Asking(bool is_imap) {
        if (is_imap)
            request_ = std::make_unique<imap::BackendStartTls>();
        else
            request_ = std::make_unique<smtp::BackendStartTls>("mail.example.org");
    }

    void hear(std::string_view bytes) {
        if (!std::holds_alternative<ReadMore>(step_)) return;
        request_->receive(bytes);
        step_ = request_->next();
        written_ += request_->take_output();
        check(std::string_view("S STARTTLS\r\n").starts_with(written_) ||
              std::string_view("EHLO mail.example.org\r\nSTARTTLS\r\n").starts_with(written_));
        if (const auto* failed = std::get_if<BackendFailed>(&step_))
            check(std::ranges::none_of(failed->detail, [](char c) { return c < ' ' || c > '~'; }));
    }

    [[nodiscard]] bool starts_tls() const { return std::holds_alternative<StartTls>(step_); }
    [[nodiscard]] bool is_over() const { return !std::holds_alternative<ReadMore>(step_); }

private:
    std::unique_ptr<BackendStartTls> request_;
    BackendTlsStep step_ = ReadMore{};
    std::string written_;
};

/// Line by line; how many bytes were heard until it was over.
std::size_t hear_lines(Asking& asking, std::string_view input) {
    std::size_t at = 0;
    while (at < input.size() && !asking.is_over()) {
        const std::size_t end = std::min(input.find('\n', at), input.size() - 1) + 1;
        asking.hear(input.substr(at, end - at));
        at = end;
    }
    return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool is_imap = data[0] % 2 == 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

    Asking by_lines(is_imap);
    const std::size_t heard = hear_lines(by_lines, input);
    Asking by_bytes(is_imap);
    for (const char& byte : input) by_bytes.hear({&byte, 1});
    check(by_bytes.starts_tls() == by_lines.starts_tls());
    if (!by_lines.starts_tls()) return 0;

    // With one byte more behind the last line there is no TLS.
    const std::size_t last = input.substr(0, heard - 1).rfind('\n') + 1;
    Asking injected(is_imap);
    hear_lines(injected, input.substr(0, last));
    injected.hear(std::string(input.substr(last, heard - last)) + "x");
    check(!injected.starts_tls() && injected.is_over());
    return 0;
}
