#include "net/ticket_keys.hpp"

#include <gtest/gtest.h>

namespace postern::net {
namespace {

using namespace std::chrono_literals;

class TicketKeysTest : public testing::Test {
protected:
    TicketKeys keys_;
    const TicketKeys::Clock::time_point begun_ = TicketKeys::Clock::now();
};

TEST_F(TicketKeysTest, AreUsedForTheirLife) {
    const auto first = keys_.current(begun_);
    ASSERT_TRUE(first);
    EXPECT_EQ(keys_.current(begun_ + TicketKeys::life - 1s)->name, first->name);
    const auto found = keys_.find(first->name.data(), begun_ + TicketKeys::life - 1s);
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->is_old);
    EXPECT_EQ(found->key.cipher, first->cipher);
}

TEST_F(TicketKeysTest, AreAcceptedForAnotherLifeAndThenForgotten) {
    const auto first = keys_.current(begun_);
    const auto second = keys_.current(begun_ + TicketKeys::life);
    EXPECT_NE(second->name, first->name);
    EXPECT_NE(second->cipher, first->cipher);
    EXPECT_NE(second->mac, first->mac);
    const auto old = keys_.find(first->name.data(), begun_ + 2 * TicketKeys::life - 1s);
    ASSERT_TRUE(old);
    EXPECT_TRUE(old->is_old) << "its tickets are replaced";
    EXPECT_FALSE(keys_.find(first->name.data(), begun_ + 2 * TicketKeys::life));
    EXPECT_TRUE(keys_.find(second->name.data(), begun_ + 2 * TicketKeys::life));
}

TEST_F(TicketKeysTest, ThatNobodyUsedForLongAreNotAccepted) {
    const auto first = keys_.current(begun_);
    EXPECT_FALSE(keys_.find(first->name.data(), begun_ + 2 * TicketKeys::life));
}

TEST_F(TicketKeysTest, OfAnotherProcessAreUnknown) {
    TicketKeys others;
    EXPECT_FALSE(keys_.find(others.current(begun_)->name.data(), begun_));
}

}  // namespace
}  // namespace postern::net
