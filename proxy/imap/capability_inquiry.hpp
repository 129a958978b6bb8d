/// Asking an IMAP server for its capabilities: RFC 9051 sections 6.1.1 and 7.2.2.
#pragma once

#include "proxy/capability_inquiry.hpp"
#include "proxy/imap/response_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy::imap {

/// The promises of proxy::CapabilityInquiry. A greeting that lists them is enough. After PREAUTH nobody would know
/// whose they are, so the greeting must be OK.
class CapabilityInquiry final : public proxy::CapabilityInquiry {
public:
    /// `has_greeted`: before this began.
    explicit CapabilityInquiry(bool has_greeted, ResponseLimits limits = {});

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    InquiryStep next() override;
    [[nodiscard]] bool has_greeted() const override { return has_greeted_; }

private:
    InquiryStep take(const Response& response);
    InquiryStep take_greeting(const Response& response);
    InquiryStep take_answer(const Response& response);
    void ask();

    ResponseReader reader_;
    bool has_greeted_ = false;
    std::optional<std::string> list_;
};

}  // namespace postern::proxy::imap
