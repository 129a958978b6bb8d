#include "proxy/sending_limits.hpp"

namespace postern::proxy {

bool SendingLimits::take_message(auth::AccountId account, std::chrono::sys_seconds now) {
    return take(account, now, &Sent::messages, messages_);
}

bool SendingLimits::take_recipient(auth::AccountId account, std::chrono::sys_seconds now) {
    return take(account, now, &Sent::recipients, recipients_);
}

bool SendingLimits::take(auth::AccountId account,
                         std::chrono::sys_seconds now,
                         std::uint32_t Sent::* count,
                         std::uint32_t limit) {
    if (limit == 0) return true;
    const auto hour = std::chrono::floor<std::chrono::hours>(now);
    const std::lock_guard lock(mutex_);
    if (hour != hour_) {
        hour_ = hour;
        sent_.clear();
    }
    if (sent_.size() >= most_accounts && !sent_.contains(account)) return true;
    std::uint32_t& taken = sent_[account].*count;
    if (taken >= limit) return false;
    ++taken;
    return true;
}

}  // namespace postern::proxy
