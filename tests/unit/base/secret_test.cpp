#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>

namespace {

/// What `operator delete` below looks at: freed memory may not be read afterwards, so it is copied on its way out.
struct Watch {
    const void* block = nullptr;
    std::size_t size = 0;
    char content[8192] = {};
};
Watch watch;

void release(void* block) noexcept {
    if (block != nullptr && block == watch.block) {
        std::memcpy(watch.content, block, watch.size);
        watch.block = nullptr;
    }
    std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
    void* const block = std::malloc(size == 0 ? 1 : size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
}
void operator delete(void* block) noexcept {
    release(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    release(block);
}

namespace postern::base {
namespace {

/// Watches one block of the heap until it is freed. One at a time.
class FreedBlock {
public:
    FreedBlock(const void* block, std::size_t size) {
        watch.block = block;
        watch.size = std::min(size, sizeof watch.content);
    }
    FreedBlock(const FreedBlock&) = delete;
    FreedBlock& operator=(const FreedBlock&) = delete;
    ~FreedBlock() { watch.block = nullptr; }

    /// What the block held at the moment it was freed.
    [[nodiscard]] std::string content() const {
        return watch.block == nullptr ? std::string(watch.content, watch.size) : "not freed";
    }
};

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(Printable<std::string>, "the concept works");
static_assert(!Printable<Secret>, "a secret cannot be logged");
static_assert(!Printable<WipingBuffer>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string_view, Secret>, "text becomes a secret only by name");
static_assert(!std::is_convertible_v<Secret, std::string_view>, "and is revealed only by name");

TEST(Wipe, LeavesZerosAndNothingElse) {
    std::string text = "hunter2 and more";
    wipe(std::span(text).first(7));
    EXPECT_EQ(text, std::string(7, '\0') + " and more");
    wipe({});
}

TEST(WipingAllocator, WipesABlockBeforeItIsFreed) {
    WipingAllocator<int> allocator;
    int* const block = allocator.allocate(3);
    std::fill_n(block, 3, -1);
    const FreedBlock freed(block, 3 * sizeof(int));
    allocator.deallocate(block, 3);
    EXPECT_EQ(freed.content(), std::string(3 * sizeof(int), '\0'));
}

TEST(WipingAllocator, TheWatchSeesWhatIsNotWiped) {
    std::allocator<char> allocator;
    char* const block = allocator.allocate(4);
    std::fill_n(block, 4, 's');
    const FreedBlock freed(block, 4);
    allocator.deallocate(block, 4);
    EXPECT_EQ(freed.content(), "ssss");
}

TEST(WipingAllocator, AllAreEqualSoThatMovesTakeTheBlock) {
    static_assert(std::allocator_traits<WipingAllocator<char>>::is_always_equal::value);
    const WipingAllocator<char> of_char{WipingAllocator<int>()};
    EXPECT_TRUE(of_char == WipingAllocator<long>());
}

TEST(WipingBuffer, LeavesNothingBehindWhenItGrowsOrGoes) {
    WipingBuffer buffer;
    append(buffer, "hunter2");
    const std::string zeros(buffer.size(), '\0');
    {
        const FreedBlock outgrown(buffer.data(), buffer.size());
        append(buffer, std::string(4096, 'x'));
        EXPECT_EQ(outgrown.content(), zeros);
    }
    const FreedBlock gone(buffer.data(), buffer.size());
    buffer = WipingBuffer();
    EXPECT_EQ(gone.content(), std::string(4096 + 7, '\0'));
}

TEST(WipingBuffer, AppendsAndIsViewed) {
    WipingBuffer buffer;
    EXPECT_EQ(view(buffer), "");
    append(buffer, "");
    append(buffer, std::string_view("a\0b", 3));
    append(buffer, "c");
    EXPECT_EQ(view(buffer), std::string_view("a\0bc", 4));
}

TEST(Secret, RevealsWhatItWasGiven) {
    EXPECT_TRUE(Secret().empty());
    EXPECT_EQ(Secret().reveal(), "");
    const Secret secret(std::string_view("p\0w", 3));
    EXPECT_FALSE(secret.empty());
    EXPECT_EQ(secret.reveal(), std::string_view("p\0w", 3));
    WipingBuffer buffer;
    append(buffer, "from a buffer");
    EXPECT_EQ(Secret(std::move(buffer)).reveal(), "from a buffer");
}

TEST(Secret, MovesWithoutLeavingItsTextBehind) {
    Secret from("short");
    Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), "short");
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that nothing stays is what is tested
    Secret again("other");
    again = std::move(to);
    EXPECT_EQ(again.reveal(), "short");
    EXPECT_TRUE(to.empty());  // NOLINT(bugprone-use-after-move)
}

TEST(Secret, IsCopiedOnlyByName) {
    const Secret original("text");
    Secret copy = original.clone();
    EXPECT_EQ(copy.reveal(), "text");
    EXPECT_NE(copy.reveal().data(), original.reveal().data());
    copy = Secret();
    EXPECT_EQ(original.reveal(), "text");
}

}  // namespace
}  // namespace postern::base
