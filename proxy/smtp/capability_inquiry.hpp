/// Asking a submission server for its extensions: EHLO, RFC 5321 section 4.1.1.1.
#pragma once

#include "proxy/capability_inquiry.hpp"
#include "proxy/smtp/reply_reader.hpp"

#include <string_view>

namespace postern::proxy::smtp {

/// The promises of proxy::CapabilityInquiry.
class CapabilityInquiry final : public proxy::CapabilityInquiry {
public:
    /// `hostname`: our own name. `has_greeted`: before this began.
    CapabilityInquiry(std::string_view hostname, bool has_greeted);

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    InquiryStep next() override;
    [[nodiscard]] bool has_greeted() const override { return has_greeted_; }

private:
    InquiryStep take(const Reply& reply);
    void ask();

    std::string hostname_;
    ReplyReader reader_;
    bool has_greeted_ = false;
};

}  // namespace postern::proxy::smtp
