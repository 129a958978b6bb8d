/// How much of something each of many holds now: connections of an address, sessions of an account.
#pragma once

#include "base/ip_network.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace postern::net {

/// Holds no more keys than there are tickets. Thread rule: any thread; nothing waits for longer than a look-up.
template <class Key>
class CountedLimit {
public:
    /// One of them; uncounted on destruction. The limit must outlive it.
    class Ticket {
    public:
        Ticket(CountedLimit& limit, const Key& key) : limit_(&limit), key_(key) {}
        Ticket(Ticket&& other) noexcept { *this = std::move(other); }
        Ticket& operator=(Ticket&& other) noexcept {
            std::swap(limit_, other.limit_);
            std::swap(key_, other.key_);
            return *this;
        }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        ~Ticket() {
            if (limit_ != nullptr) limit_->leave(key_);
        }

    private:
        CountedLimit* limit_ = nullptr;
        Key key_{};
    };

    /// nullopt when there are `most` already. 0: no limit.
    [[nodiscard]] std::optional<Ticket> enter(const Key& key, std::uint32_t most) {
        const std::lock_guard lock(mutex_);
        std::uint32_t& count = counts_[key];
        if (most != 0 && count >= most) return std::nullopt;
        ++count;
        return Ticket(*this, key);
    }

    /// Of how many keys there is a ticket now.
    [[nodiscard]] std::size_t keys() const {
        const std::lock_guard lock(mutex_);
        return counts_.size();
    }

private:
    void leave(const Key& key) noexcept {
        const std::lock_guard lock(mutex_);
        const auto found = counts_.find(key);
        if (found != counts_.end() && --found->second == 0) counts_.erase(found);
    }

    mutable std::mutex mutex_;
    std::map<Key, std::uint32_t> counts_;
};

/// What connections are counted by. Of IPv6 the first 64 bits, because a single host has all the others.
using AddressKey = std::array<std::uint8_t, 16>;
[[nodiscard]] inline AddressKey address_key(const base::IpAddress& address) {
    AddressKey key = address.bytes;
    if (!address.is_v4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
    return key;
}

/// Connections of each client address.
class AddressLimit {
public:
    using Ticket = CountedLimit<AddressKey>::Ticket;
    /// Told of an address that was refused; on any thread, and as often as that happens.
    using Refused = std::function<void(const base::IpAddress&)>;

    explicit AddressLimit(Refused refused = {}) : refused_(std::move(refused)) {}

    /// nullopt when the address has `most` already. 0: no limit.
    [[nodiscard]] std::optional<Ticket> enter(const base::IpAddress& address, std::uint32_t most) {
        auto ticket = counts_.enter(address_key(address), most);
        if (!ticket && refused_) refused_(address);
        return ticket;
    }

private:
    Refused refused_;
    CountedLimit<AddressKey> counts_;
};

}  // namespace postern::net
