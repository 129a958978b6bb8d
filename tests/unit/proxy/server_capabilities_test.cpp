#include "proxy/server_capabilities.hpp"

#include <gtest/gtest.h>

namespace postern::proxy {
namespace {

Capabilities with(std::initializer_list<Capability> list, std::uint64_t limit = 0) {
    Capabilities made;
    for (const Capability each : list) made.add(each);
    made.limit_messages(limit);
    return made;
}

TEST(Capabilities, AreNoneAtFirst) {
    for (int i = 0; i != 16; ++i) EXPECT_FALSE(Capabilities{}.has(static_cast<Capability>(i)));
    EXPECT_EQ(Capabilities{}.message_limit(), 0U);
}

TEST(Capabilities, InCommonAreThoseOfBoth) {
    const Capabilities one = with({Capability::dsn, Capability::chunking, Capability::literal_minus});
    const Capabilities other = with({Capability::chunking, Capability::size, Capability::literal_minus});
    EXPECT_EQ(common(one, other), with({Capability::chunking, Capability::literal_minus}));
    EXPECT_EQ(common(one, Capabilities{}), Capabilities{});
}

TEST(Capabilities, InCommonIsTheSmallestLimitAndNoLimitIsLargerThanAny) {
    EXPECT_EQ(common(with({}, 10), with({}, 20)).message_limit(), 10U);
    EXPECT_EQ(common(with({}, 20), with({}, 10)).message_limit(), 10U);
    EXPECT_EQ(common(with({}, 0), with({}, 20)).message_limit(), 20U);
    EXPECT_EQ(common(with({}, 20), with({}, 0)).message_limit(), 20U);
    EXPECT_EQ(common(with({}, 0), with({}, 0)).message_limit(), 0U);
}

TEST(Capabilities, KeepALimitWithinItsRoom) {
    EXPECT_EQ(with({Capability::size}, ~std::uint64_t{0}), with({Capability::size}, Capabilities::largest_limit));
}

}  // namespace
}  // namespace postern::proxy
