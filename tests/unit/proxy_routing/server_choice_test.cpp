#include "proxy/routing/server_choice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

namespace postern::proxy::routing {
namespace {

using config::BackendServer;

std::vector<BackendServer> servers(int count) {
    std::vector<BackendServer> made;
    for (int i = 1; i <= count; ++i) made.push_back({.name = "mail" + std::to_string(i), .host = "h", .port = 993});
    return made;
}

std::string user(int number) {
    return "user" + std::to_string(number) + "@ac-amiens.fr";
}

std::string first(const std::vector<BackendServer>& all, const std::string& login) {
    return all[preferred_servers(all, login).front()].name;
}

constexpr int users = 20'000;

TEST(ServerChoice, SpreadsUsersByWeight) {
    auto all = servers(4);
    all[3].weight = 3;
    std::map<std::string, int> count;
    for (int i = 0; i < users; ++i) ++count[first(all, user(i))];
    for (const auto& server : all) {
        const double expected = users * server.weight / 6.0;
        EXPECT_NEAR(count[server.name], expected, 4 * std::sqrt(expected)) << server.name;
    }
}

TEST(ServerChoice, MovesNoMoreThanAShareWhenAServerIsAdded) {
    const auto before = servers(4);
    const auto after = servers(5);
    int moved = 0;
    for (int i = 0; i < users; ++i) {
        const std::string now = first(after, user(i));
        if (now == first(before, user(i))) continue;
        ++moved;
        EXPECT_EQ(now, "mail5") << "nobody moves between those that were there";
    }
    EXPECT_LT(moved, users / 5 + 4 * 64) << "a fifth, and four standard deviations of it";
    EXPECT_GT(moved, users / 5 - 4 * 64);
}

TEST(ServerChoice, SpreadsTheUsersOfAServerThatIsDownOverAllOthers) {
    const auto all = servers(4);
    std::map<std::string, int> stand_in;
    for (int i = 0; i < users; ++i) {
        const auto order = preferred_servers(all, user(i));
        ASSERT_EQ(order.size(), 4U);
        if (all[order[0]].name == "mail1") ++stand_in[all[order[1]].name];
    }
    for (const std::string name : {"mail2", "mail3", "mail4"}) EXPECT_NEAR(stand_in[name], users / 12, 200) << name;
}

TEST(ServerChoice, DependsOnNamesNotOnTheOrderInTheFile) {
    auto all = servers(3);
    auto turned = all;
    std::swap(turned[0], turned[2]);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(first(all, user(i)), first(turned, user(i)));
}

// Everybody would move if these changed.
TEST(ServerChoice, IsTheSameForEver) {
    const auto all = servers(5);
    std::string choice;
    for (int i = 0; i < 20; ++i) choice += first(all, user(i)).back();
    EXPECT_EQ(choice, "45322215511242411251");
}

TEST(ServerChoice, LeavesOutWhatIsDrainedUnlessAllAre) {
    auto all = servers(3);
    all[1].drain = true;
    for (int i = 0; i < 100; ++i) {
        const auto order = preferred_servers(all, user(i));
        EXPECT_EQ(order.size(), 2U);
        EXPECT_EQ(std::ranges::count(order, 1U), 0);
    }
    for (auto& server : all) server.drain = true;
    EXPECT_EQ(preferred_servers(all, "anna").size(), 3U);
}

}  // namespace
}  // namespace postern::proxy::routing
