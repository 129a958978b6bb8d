#include "auth/credential_cache.hpp"

#include "auth/admission.hpp"
#include "auth/single_flight.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <random>
#include <thread>
#include <vector>

namespace postern::auth {
namespace {

Time at(long long seconds) {
    return Time{std::chrono::seconds{seconds}};
}

class Cache : public testing::Test {
protected:
    BootMac mac_;
    CredentialCache cache_{100};
    const AccountStamp stamp_{.id = 7, .epoch = 1, .row_version = 3};
    const BootKey key_ = mac_.of({"x"});
};

TEST_F(Cache, AnswersForAnHourAndLongerWhileItIsUsed) {
    cache_.put(key_, {.account = 7, .login = "anna", .groups = {}}, stamp_, std::nullopt, at(0));
    EXPECT_TRUE(cache_.find(key_, stamp_, at(3599)));
    EXPECT_TRUE(cache_.find(key_, stamp_, at(7000)));
    EXPECT_FALSE(cache_.find(key_, stamp_, at(7000 + 3600)));
}

TEST_F(Cache, KnowsNothingAfterAChangeOfTheAccount) {
    cache_.put(key_, {.account = 7, .login = "anna", .groups = {}}, stamp_, std::nullopt, at(0));
    EXPECT_FALSE(cache_.find(key_, {.id = 7, .epoch = 2, .row_version = 3}, at(1)));
    EXPECT_FALSE(cache_.find(key_, {.id = 7, .epoch = 1, .row_version = 4}, at(1)));
    EXPECT_FALSE(cache_.find(key_, {.id = 8, .epoch = 1, .row_version = 3}, at(1))) << "never another account";
    EXPECT_TRUE(cache_.find(key_, stamp_, at(1)));
}

TEST_F(Cache, KnowsNothingOnceTheDatesOfTheAccountSayOtherwise) {
    cache_.put(key_, {.account = 7, .login = "anna", .groups = {}}, stamp_, at(600), at(0));
    EXPECT_TRUE(cache_.find(key_, stamp_, at(599)));
    EXPECT_FALSE(cache_.find(key_, stamp_, at(600)));
}

TEST_F(Cache, KnowsNothingWhenTheClockWasSetBack) {
    cache_.put(key_, {.account = 7, .login = "anna", .groups = {}}, stamp_, std::nullopt, at(1000));
    EXPECT_FALSE(cache_.find(key_, stamp_, at(999)));
}

TEST_F(Cache, ForgetsTheOldestWhenItIsFull) {
    for (int i = 0; i < 150; ++i)
        cache_.put(mac_.of({std::to_string(i)}), {.account = 7, .login = "", .groups = {}}, stamp_, std::nullopt,
                   at(0));
    EXPECT_EQ(cache_.size(), 100U);
    EXPECT_FALSE(cache_.find(mac_.of({"49"}), stamp_, at(1)));
    EXPECT_TRUE(cache_.find(mac_.of({"50"}), stamp_, at(1)));
}

TEST(BootMacTest, TellsPartsApartAndDiesWithTheProcess) {
    const BootMac one;
    const BootMac other;
    EXPECT_EQ(one.of({"a", "bc"}), one.of({"a", "bc"}));
    EXPECT_NE(one.of({"a", "bc"}), one.of({"ab", "c"}));
    EXPECT_NE(one.of({"a"}), other.of({"a"}));
}

TEST(SingleFlightTest, AsksOnceForAllWhoWantToKnowTheSameAtOnce) {
    SingleFlight<int> flights;
    const BootMac mac;
    std::atomic<int> asked = 0;
    std::atomic<int> right = 0;
    std::latch first_is_in(1);
    std::latch go_on(1);
    std::jthread first([&] {
        right += flights.run(mac.of({"same"}), [&] {
            ++asked;
            first_is_in.count_down();
            go_on.wait();
            return 42;
        }) == 42;
    });
    first_is_in.wait();
    EXPECT_EQ(flights.run(mac.of({"other"}), [] { return 1; }), 1) << "another question does not wait";
    std::vector<std::jthread> others;
    std::atomic<int> begun = 0;
    for (int i = 0; i < 4; ++i) {
        others.emplace_back([&] {
            ++begun;
            right += flights.run(mac.of({"same"}), [&] { return ++asked, 42; }) == 42;
        });
    }
    while (begun != 4) std::this_thread::yield();
    go_on.count_down();
    first.join();
    others.clear();
    EXPECT_EQ(right, 5);
    EXPECT_LE(asked, 5);
    EXPECT_GE(asked, 1);
}

/// One that nobody has asked yet.
BootKey new_question() {
    static const BootMac mac;
    static std::atomic<int> number = 0;
    return mac.of({std::to_string(++number)});
}

TEST(AdmissionTest, LetsNoMoreInThanThereAreSlots) {
    Admission admission({.slots = 3, .waiting = 64, .longest_wait = std::chrono::seconds(60)});
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> crowd;
    for (int i = 0; i < 16; ++i) {
        crowd.emplace_back([&, i] {
            for (int round = 0; round < 50; ++round) {
                auto place =
                    admission.reserve(i % 2 == 0 ? Lane::known : Lane::stranger, std::to_string(i), new_question());
                if (!place || !place->enter()) {
                    ++refused;
                    continue;
                }
                const int now = ++running;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
                --running;
            }
        });
    }
    crowd.clear();
    EXPECT_LE(most, 3);
    EXPECT_EQ(refused, 0);
}

/// Places of one lane and network, as many as are wanted or given.
std::vector<Admission::Place> places(Admission& admission, std::size_t wanted, Lane lane, const std::string& network) {
    std::vector<Admission::Place> taken;
    while (taken.size() < wanted) {
        auto place = admission.reserve(lane, network, new_question());
        if (!place) break;
        taken.push_back(std::move(*place));
    }
    return taken;
}

TEST(AdmissionTest, RefusesWhoWouldWaitTooLongOrWithTooMany) {
    Admission admission({.slots = 1, .waiting = 0, .longest_wait = std::chrono::seconds(60)});
    const auto held = admission.reserve(Lane::known, "a", new_question());
    ASSERT_TRUE(held);
    EXPECT_FALSE(admission.reserve(Lane::known, "b", new_question())) << "nobody may wait";
    Admission impatient({.slots = 1, .waiting = 8, .longest_wait = std::chrono::milliseconds(1)});
    auto running = impatient.reserve(Lane::stranger, "a", new_question());
    ASSERT_TRUE(running && running->enter());
    auto waiting = impatient.reserve(Lane::known, "a", new_question());
    ASSERT_TRUE(waiting);
    EXPECT_FALSE(waiting->enter()) << "waited in vain";
    running.reset();
    EXPECT_TRUE(impatient.reserve(Lane::known, "a", new_question())->enter());
}

TEST(AdmissionTest, LetsOneNetworkTakeAPartOfTheWaitingPlaces) {
    Admission admission({.slots = 1, .waiting = 16});
    EXPECT_EQ(places(admission, 99, Lane::stranger, "one").size(), 1U + 4) << "a quarter";
    EXPECT_EQ(places(admission, 99, Lane::known, "one").size(), 1U + 8) << "half, for many may live there";
    EXPECT_EQ(places(admission, 99, Lane::known, "one").size(), 1U + 8) << "places that were given back are free again";
}

TEST(AdmissionTest, KeepsHalfOfTheWaitingPlacesFromStrangers) {
    Admission admission({.slots = 2, .waiting = 16});
    std::vector<Admission::Place> strangers;
    for (int network = 0; network < 50; ++network)
        for (auto& place : places(admission, 99, Lane::stranger, std::to_string(network)))
            strangers.push_back(std::move(place));
    EXPECT_EQ(strangers.size(), 2U + 8);
    EXPECT_EQ(places(admission, 99, Lane::known, "home").size(), 8U);
    strangers.clear();
    EXPECT_EQ(places(admission, 99, Lane::known, "home").size(), 2U + 8);
}

TEST(AdmissionTest, CountsThoseApartWhoAskTheSame) {
    const Admission::Bounds bounds{.slots = 1, .waiting = 16};
    Admission admission(bounds);
    const BootKey question = new_question();
    std::vector<Admission::Place> asking;
    for (int i = 0; i < 99; ++i)
        if (auto place = admission.reserve(Lane::stranger, "one", question)) asking.push_back(std::move(*place));
    EXPECT_EQ(asking.size(), 1U + 16) << "he who is hashed, and those who wait to hear what comes of it";
    EXPECT_EQ(places(admission, 99, Lane::stranger, "one").size(), 4U) << "he alone took a place of his network";
    EXPECT_EQ(places(admission, 99, Lane::known, "home").size(), 1U + 8);
    EXPECT_LE(asking.size() + bounds.waiting, Admission::most_places(bounds));
    asking.clear();
    EXPECT_EQ(places(admission, 99, Lane::stranger, "one").size(), 1U + 4);
}

TEST(AdmissionTest, KnowsHowManyHashesFit) {
    EXPECT_EQ(Admission::slots_for(8, 256, 19'456), 8U);
    EXPECT_EQ(Admission::slots_for(64, 256, 19'456), 13U);
    EXPECT_EQ(Admission::slots_for(4, 16, 65'536), 1U);
}

}  // namespace
}  // namespace postern::auth
