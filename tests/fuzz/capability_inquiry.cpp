/// Any bytes as a server that is asked what it can do. The first byte chooses the protocol and whether it has greeted.
#include "proxy/imap/capability_inquiry.hpp"

#include "proxy/imap/capabilities.hpp"
#include "proxy/smtp/capability_inquiry.hpp"
#include "proxy/smtp/extensions.hpp"

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

bool is_printable(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c < ' ' || c > '~'; });
}

std::unique_ptr<CapabilityInquiry> make_inquiry(std::uint8_t kind) {
    const bool has_greeted = kind % 4 >= 2;
    if (kind % 2 == 0) return std::make_unique<imap::CapabilityInquiry>(has_greeted);
    return std::make_unique<smtp::CapabilityInquiry>("mail.example.org", has_greeted);
}

/// What came of it, as text; empty: it goes on.
std::string outcome_of(const InquiryStep& step) {
    if (const auto* failed = std::get_if<BackendFailed>(&step)) {
        check(is_printable(failed->detail));
        return "failed " + failed->detail;
    }
    const auto* found = std::get_if<ServerCapabilities>(&step);
    if (found == nullptr) return "";
    std::string text = "found";
    for (const std::string& each : found->list) {
        check(is_printable(each));
        text += ' ' + each;
    }
    check(text.size() < imap::max_capability_list + 10 || found->list.size() <= smtp::most_extensions_listed);
    return text + std::to_string(found->known.message_limit());
}

std::string hear(CapabilityInquiry& inquiry, std::string_view bytes) {
    inquiry.receive(bytes);
    const InquiryStep step = inquiry.next();
    const std::string written = inquiry.take_output();
    check(written.empty() || written == "C CAPABILITY\r\n" || written == "EHLO mail.example.org\r\n");
    check(!std::holds_alternative<ServerCapabilities>(step) || inquiry.has_greeted());
    return outcome_of(step);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

    const auto by_lines = make_inquiry(data[0]);
    std::string came_by_lines;
    for (std::size_t at = 0; at < input.size() && came_by_lines.empty();) {
        const std::size_t end = std::min(input.find('\n', at), input.size() - 1) + 1;
        came_by_lines = hear(*by_lines, input.substr(at, end - at));
        at = end;
    }
    const auto by_bytes = make_inquiry(data[0]);
    std::string came_by_bytes;
    for (std::size_t at = 0; at < input.size() && came_by_bytes.empty(); ++at)
        came_by_bytes = hear(*by_bytes, input.substr(at, 1));
    check(came_by_lines == came_by_bytes);
    check(by_lines->has_greeted() == by_bytes->has_greeted());
    return 0;
}
