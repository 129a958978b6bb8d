#include "auth/admission.hpp"

#include <algorithm>
#include <numeric>

namespace postern::auth {

namespace {

// Four of five slots go to the known while strangers wait too.
constexpr std::size_t known_in_a_row = 4;

std::size_t index(Lane lane) {
    return lane == Lane::known ? 0 : 1;
}

}  // namespace

std::size_t Admission::slots_for(std::size_t cores, std::size_t memory_mib, std::size_t hash_kib) {
    const std::size_t fed = memory_mib * 1024 / std::max<std::size_t>(hash_kib, 1);
    return std::max<std::size_t>(1, std::min(cores, fed));
}

bool Admission::may_run(Lane lane) const {
    if (running_ >= bounds_.slots) return false;
    const bool is_strangers_turn = since_stranger_ >= known_in_a_row;
    if (lane == Lane::known) return !is_strangers_turn || waiting_[index(Lane::stranger)] == 0;
    return waiting_[index(Lane::known)] == 0 || is_strangers_turn;
}

/// Of the waiting places. However strangers crowd in, they leave some to the known.
std::size_t Admission::most(Lane lane) const {
    return lane == Lane::known ? bounds_.waiting : (bounds_.waiting + 1) / 2;
}

std::optional<Admission::Place> Admission::reserve(Lane lane, const std::string& network, const BootKey& question) {
    const std::lock_guard lock(mutex_);
    const bool is_follower = questions_.contains(question);
    if (is_follower ? followers_ >= bounds_.waiting : !has_room(lane, network)) return std::nullopt;
    if (is_follower) {
        ++followers_;
    } else {
        ++places_[index(lane)];
        ++from_network_[network][index(lane)];
    }
    ++questions_[question];
    return std::optional<Place>(std::in_place, *this, lane, network, question, is_follower);
}

bool Admission::has_room(Lane lane, const std::string& network) const {
    const std::size_t at = index(lane);
    const std::size_t taken = std::reduce(places_.begin(), places_.end());
    const auto there = from_network_.find(network);
    const std::size_t from_there = there == from_network_.end() ? 0 : there->second[at];
    return taken < bounds_.slots + bounds_.waiting && places_[at] < bounds_.slots + most(lane) &&
           from_there < bounds_.slots + most(lane) / 2;
}

bool Admission::enter(Place& place) {
    std::unique_lock lock(mutex_);
    const Lane lane = place.lane_;
    if (!may_run(lane)) {
        ++waiting_[index(lane)];
        const bool is_in = changed_.wait_for(lock, bounds_.longest_wait, [&] { return may_run(lane); });
        --waiting_[index(lane)];
        if (!is_in) {
            changed_.notify_all();
            return false;
        }
    }
    ++running_;
    place.is_running_ = true;
    since_stranger_ = lane == Lane::stranger || waiting_[index(Lane::stranger)] == 0 ? 0 : since_stranger_ + 1;
    return true;
}

void Admission::leave(const Place& place) {
    const std::lock_guard lock(mutex_);
    const auto question = questions_.find(place.question_);
    if (--question->second == 0) questions_.erase(question);
    if (place.is_follower_) {
        --followers_;
    } else {
        --places_[index(place.lane_)];
        const auto there = from_network_.find(place.network_);
        --there->second[index(place.lane_)];
        if (std::reduce(there->second.begin(), there->second.end()) == 0) from_network_.erase(there);
    }
    if (!place.is_running_) return;
    --running_;
    changed_.notify_all();
}

}  // namespace postern::auth
