#include "net/buffer_pool.hpp"

#include <gtest/gtest.h>

namespace postern::net {
namespace {

TEST(BorrowedBuffer, IsGivenToTheNextWhoAsks) {
    const char* first = nullptr;
    {
        BorrowedBuffer buffer;
        first = buffer.bytes().data();
    }
    BorrowedBuffer again;
    EXPECT_EQ(again.bytes().data(), first);
    EXPECT_EQ(again.bytes().size(), BorrowedBuffer::size_bytes);
}

TEST(BorrowedBuffer, IsNeverSharedByTwo) {
    BorrowedBuffer one;
    BorrowedBuffer other;
    EXPECT_NE(one.bytes().data(), other.bytes().data());
}

}  // namespace
}  // namespace postern::net
