#include "auth/admission.hpp"

#include <algorithm>

namespace postern::auth {

namespace {

// Four of five slots go to the known while strangers wait too.
constexpr std::size_t known_in_a_row = 4;
constexpr std::size_t share_of_network = 4;

}  // namespace

std::size_t Admission::slots_for(std::size_t cores, std::size_t memory_mib, std::size_t hash_kib) {
    const std::size_t fed = memory_mib * 1024 / std::max<std::size_t>(hash_kib, 1);
    return std::max<std::size_t>(1, std::min(cores, fed));
}

bool Admission::may_run(Lane lane) const {
    if (running_ >= bounds_.slots) return false;
    const bool is_strangers_turn = since_stranger_ >= known_in_a_row;
    if (lane == Lane::known) return !is_strangers_turn || waiting_strangers_ == 0;
    return waiting_known_ == 0 || is_strangers_turn;
}

std::optional<Admission::Ticket> Admission::enter(Lane lane, const std::string& network) {
    std::unique_lock lock(mutex_);
    if (!may_run(lane)) {
        std::size_t& from_there = from_network_[network];
        const std::size_t most_from_there = std::max<std::size_t>(1, bounds_.waiting / share_of_network);
        const bool is_full = waiting_known_ + waiting_strangers_ >= bounds_.waiting || from_there >= most_from_there;
        std::size_t& waiting = lane == Lane::known ? waiting_known_ : waiting_strangers_;
        bool is_in = false;
        if (!is_full) {
            ++from_there;
            ++waiting;
            is_in = changed_.wait_for(lock, bounds_.longest_wait, [&] { return may_run(lane); });
            --waiting;
            --from_network_[network];
        }
        if (from_network_[network] == 0) from_network_.erase(network);
        if (!is_in) {
            changed_.notify_all();
            return std::nullopt;
        }
    }
    ++running_;
    since_stranger_ = lane == Lane::stranger || waiting_strangers_ == 0 ? 0 : since_stranger_ + 1;
    return Ticket(*this);
}

void Admission::leave() {
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
}

}  // namespace postern::auth
