#include "proxy/sending_policy.hpp"

#include "base/ascii.hpp"
#include "proxy/smtp/replies.hpp"

#include <algorithm>

namespace postern::proxy {

std::optional<std::string_view> SendingPolicy::refuse_message(std::string_view mailbox) {
    if (check_ == config::SenderCheck::own && !is_own(mailbox)) return smtp::replies::sender_not_own.in(language_);
    if (!limits_.take_message(account_, clock_.now())) return smtp::replies::messages_over.in(language_);
    return std::nullopt;
}

std::optional<std::string_view> SendingPolicy::refuse_recipient() {
    if (!limits_.take_recipient(account_, clock_.now())) return smtp::replies::recipients_over.in(language_);
    return std::nullopt;
}

bool SendingPolicy::is_own(std::string_view mailbox) const {
    if (mailbox.empty()) return true;
    const auto at = mailbox.rfind('@');
    if (at == std::string_view::npos) return false;
    const std::string_view local = mailbox.substr(0, at);
    const std::string bare = std::string(local.substr(0, local.find('+'))) + std::string(mailbox.substr(at));
    return std::ranges::any_of(
        addresses_, [&](const std::string& own) { return base::iequals(own, mailbox) || base::iequals(own, bare); });
}

}  // namespace postern::proxy
