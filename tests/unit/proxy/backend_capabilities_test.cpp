#include "proxy/backend_capabilities.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace postern::proxy {
namespace {

config::BackendSettings backend(const std::string& name, std::initializer_list<std::uint16_t> ports) {
    config::BackendSettings made;
    made.name = name;
    for (const std::uint16_t port : ports)
        made.servers.push_back({.name = name + std::to_string(port), .host = "127.0.0.1", .port = port});
    return made;
}

std::map<std::string, config::BackendSettings> two_backends() {
    std::map<std::string, config::BackendSettings> made;
    made.emplace("one", backend("one", {25, 26}));
    made.emplace("other", backend("other", {27}));
    return made;
}

ServerCapabilities answer(std::initializer_list<Capability> list, std::uint64_t limit, std::string text) {
    ServerCapabilities made{.known = {}, .list = {std::move(text)}};
    for (const Capability each : list) made.known.add(each);
    made.known.limit_messages(limit);
    return made;
}

using Names = std::array<std::string_view, 2>;
constexpr Names both{"one", "other"};

TEST(KnownCapabilities, TellWhatHasChanged) {
    KnownCapabilities known;
    EXPECT_EQ(known.current(), Capabilities{});
    EXPECT_FALSE(known.list());
    EXPECT_TRUE(known.learned(answer({Capability::dsn}, 0, "DSN")));
    EXPECT_FALSE(known.learned(answer({Capability::dsn}, 0, "DSN")));
    EXPECT_TRUE(known.learned(answer({Capability::size}, 7, "SIZE 7")));
    EXPECT_EQ(known.current().message_limit(), 7U);
    EXPECT_FALSE(known.current().has(Capability::dsn));
}

TEST(KnownCapabilities, KeepTheLastAnswerWhenThereIsNone) {
    KnownCapabilities known;
    EXPECT_TRUE(known.learned(answer({Capability::dsn}, 0, "DSN")));
    EXPECT_TRUE(known.failed());
    EXPECT_FALSE(known.failed()) << "it is told once";
    EXPECT_TRUE(known.current().has(Capability::dsn));
    EXPECT_EQ(known.list(), std::vector<std::string>{"DSN"});
    EXPECT_FALSE(known.learned(answer({Capability::dsn}, 0, "DSN")));
    EXPECT_TRUE(known.failed()) << "and again when it fails anew";
}

TEST(BackendCapabilities, InCommonAreThoseOfEveryServer) {
    const auto settings = two_backends();
    const BackendCapabilities capabilities(settings);
    const auto& one = settings.at("one");
    const auto& other = settings.at("other");
    capabilities.learned(one, 0, answer({Capability::size, Capability::dsn, Capability::chunking}, 30, "a"));
    capabilities.learned(other, 0, answer({Capability::size, Capability::dsn}, 20, "b"));
    EXPECT_FALSE(capabilities.common_to(both).has(Capability::dsn)) << "one has never answered";
    EXPECT_FALSE(capabilities.common_to(both).has(Capability::size));
    capabilities.learned(one, 1, answer({Capability::size, Capability::dsn, Capability::chunking}, 0, "c"));
    const Capabilities shared = capabilities.common_to(both);
    EXPECT_TRUE(shared.has(Capability::dsn));
    EXPECT_FALSE(shared.has(Capability::chunking));
    EXPECT_EQ(shared.message_limit(), 20U);
    const Capabilities of_one = capabilities.common_to(std::span(both).first(1));
    EXPECT_TRUE(of_one.has(Capability::chunking));
    EXPECT_EQ(of_one.message_limit(), 30U);
    EXPECT_EQ(capabilities.common_to({}), Capabilities{});
    capabilities.failed(other, 0, "it is away");
    EXPECT_EQ(capabilities.common_to(both), shared) << "what it said last holds";
}

TEST(BackendCapabilities, AreKeptForTheSameServersOfTheNextConfiguration) {
    auto settings = two_backends();
    const BackendCapabilities before(settings);
    before.learned(settings.at("one"), 0, answer({Capability::dsn}, 0, "DSN"));
    before.learned(settings.at("other"), 0, answer({Capability::dsn}, 0, "DSN"));

    settings.at("one") = backend("one", {26, 25});
    settings.at("other").servers.front().host = "127.0.0.2";
    const BackendCapabilities after(settings, &before);
    EXPECT_TRUE(after.of(settings.at("one"), 1).list()) << "the same server at another place of the list";
    EXPECT_FALSE(after.of(settings.at("one"), 0).list());
    EXPECT_FALSE(after.of(settings.at("other"), 0).list()) << "another host";
}

TEST(BackendCapabilities, MayBeAskedWhileTheyChange) {
    const auto settings = two_backends();
    const BackendCapabilities capabilities(settings);
    const auto say = [&](std::uint64_t limit) {
        for (std::size_t server = 0; server != 2; ++server)
            capabilities.learned(settings.at("one"), server, answer({Capability::size}, limit, std::to_string(limit)));
    };
    say(1);
    std::atomic<int> strange = 0;
    {
        const std::jthread writer([&] {
            for (int i = 0; i < 200; ++i) say(i % 2 == 0 ? 1 : 2);
        });
        for (int i = 0; i < 2000; ++i) {
            const Capabilities now = capabilities.common_to(std::span(both).first(1));
            if (!now.has(Capability::size) || now.message_limit() < 1 || now.message_limit() > 2) ++strange;
        }
    }
    EXPECT_EQ(strange, 0);
}

}  // namespace
}  // namespace postern::proxy
