/// How much each account has sent in the current hour.
#pragma once

#include "auth/verdict.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace postern::proxy {

/// Counts of this process, from one full hour to the next. What it holds is bounded: `most_accounts` of them; when
/// there are more, nobody new is counted until the hour is over, for a limit must not stop the mail of everybody.
/// Thread rule: any thread; no call waits for longer than a look-up takes.
class SendingLimits {
public:
    static constexpr std::size_t most_accounts = 200'000;

    /// 0: no limit.
    SendingLimits(std::uint32_t messages_an_hour, std::uint32_t recipients_an_hour)
        : messages_(messages_an_hour), recipients_(recipients_an_hour) {}

    /// From now on. What was sent in this hour counts on.
    void set(std::uint32_t messages_an_hour, std::uint32_t recipients_an_hour) noexcept {
        messages_ = messages_an_hour;
        recipients_ = recipients_an_hour;
    }

    /// One more, if it may be.
    [[nodiscard]] bool take_message(auth::AccountId account, std::chrono::sys_seconds now);
    [[nodiscard]] bool take_recipient(auth::AccountId account, std::chrono::sys_seconds now);

private:
    struct Sent {
        std::uint32_t messages = 0;
        std::uint32_t recipients = 0;
    };
    [[nodiscard]] bool take(auth::AccountId account,
                            std::chrono::sys_seconds now,
                            std::uint32_t Sent::* count,
                            std::uint32_t limit);

    std::atomic<std::uint32_t> messages_;
    std::atomic<std::uint32_t> recipients_;
    std::mutex mutex_;
    std::chrono::sys_time<std::chrono::hours> hour_;
    std::unordered_map<auth::AccountId, Sent> sent_;
};

}  // namespace postern::proxy
