// That lines leave together, none is lost while somebody reads, and memory is bounded when nobody does.
#include "net/log_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::net {
namespace {

using namespace std::chrono_literals;

std::string loss_line(std::uint64_t lost) {
    return "lost " + std::to_string(lost) + "\n";
}

/// A log whose reader sees what was written at once.
class Ends {
public:
    explicit Ends(int type = SOCK_SEQPACKET) {
        EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends_.data()), 0);
    }
    ~Ends() {
        close_writer();
        ::close(ends_[0]);
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    Ends(Ends&&) = delete;
    Ends& operator=(Ends&&) = delete;

    [[nodiscard]] int writer() const { return ends_[1]; }
    void close_writer() {
        if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }
    /// What one system call has written. Waits for it.
    [[nodiscard]] std::string read() const {
        std::string text(100'000, '\0');
        const ssize_t count = ::read(ends_[0], text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

TEST(LogWriter, LinesThatAreNotUrgentLeaveTogether) {
    const Ends ends;
    std::string all;
    {
        LogWriter writer(ends.writer(), {.delay = 1h}, loss_line);
        for (int i = 0; i < 100; ++i) {
            const std::string line = "line " + std::to_string(i) + "\n";
            writer.put(line, false);
            all += line;
        }
    }
    EXPECT_EQ(ends.read(), all);
}

TEST(LogWriter, AnUrgentLineTakesTheOthersAlong) {
    const Ends ends;
    LogWriter writer(ends.writer(), {.delay = 1h}, loss_line);
    for (int i = 0; i < 3; ++i) {
        writer.put("one\n", false);
        writer.put("two\n", true);
        EXPECT_EQ(ends.read(), "one\ntwo\n");
    }
}

TEST(LogWriter, ALineAloneLeavesAfterTheDelay) {
    const Ends ends;
    LogWriter writer(ends.writer(), {.delay = 1ms}, loss_line);
    for (int i = 0; i < 3; ++i) {
        writer.put("alone\n", false);
        EXPECT_EQ(ends.read(), "alone\n");
    }
}

TEST(LogWriter, ManyLinesDoNotWait) {
    const Ends ends;
    LogWriter writer(ends.writer(), {.delay = 1h, .block_bytes = 100}, loss_line);
    const std::string line(60, 'x');
    writer.put(line, false);
    writer.put(line, false);
    EXPECT_EQ(ends.read(), line);
    EXPECT_EQ(ends.read(), line);
}

TEST(LogWriter, WhatNobodyReadsIsLostFromTheOldestOnAndTold) {
    constexpr std::uint64_t lines = 100'000;
    Ends ends(SOCK_STREAM);
    std::uint64_t seen = 0;
    std::uint64_t told = 0;
    std::string last;
    std::optional<LogWriter> writer;
    writer.emplace(ends.writer(), LogWriter::Bounds{.delay = 1ms, .block_bytes = 4096, .blocks = 4}, loss_line);
    for (std::uint64_t i = 1; i <= lines; ++i) writer->put("line " + std::to_string(i) + "\n", i % 7 == 0);
    std::thread reader([&] {
        std::string rest;
        for (std::string text = ends.read(); !text.empty(); text = ends.read()) {
            rest += text;
            for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
                last = rest.substr(0, end);
                rest.erase(0, end + 1);
                last.starts_with("lost ") ? told += std::stoull(last.substr(5)) : ++seen;
            }
        }
    });
    writer.reset();
    ends.close_writer();
    reader.join();
    EXPECT_TRUE(last.starts_with("lost ") || last == "line " + std::to_string(lines)) << last;
    EXPECT_GT(told, 0U);
    EXPECT_EQ(seen + told, lines);
}

TEST(LogWriter, WhatCannotBeWrittenIsToldWhenItCanAgain) {
    const Ends ends;
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const int descriptor = ::fcntl(ends.writer(), F_DUPFD_CLOEXEC, 0);
    std::atomic<bool> has_lost = false;
    LogWriter writer(descriptor, {.delay = 1h}, [&](std::uint64_t lost) {
        has_lost = true;
        return loss_line(lost);
    });
    writer.put("first\n", true);
    EXPECT_EQ(ends.read(), "first\n");
    ASSERT_EQ(::dup3(pipe[0], descriptor, O_CLOEXEC), descriptor);  // one that takes nothing
    while (!has_lost) {
        writer.put("into the void\n", true);
        std::this_thread::yield();
    }
    ASSERT_EQ(::dup3(ends.writer(), descriptor, O_CLOEXEC), descriptor);
    std::string text;
    while (!text.contains("lost ")) {
        writer.put("again\n", true);
        text = ends.read();
    }
    EXPECT_GT(std::stoull(text.substr(text.find("lost ") + 5)), 0U) << text;
    for (const int end : {pipe[0], pipe[1], descriptor}) ::close(end);
}

TEST(LogWriter, TakesLinesFromManyThreads) {
    constexpr int threads = 4;
    constexpr int lines = 2000;
    const Ends ends(SOCK_STREAM);
    std::string all;
    {
        LogWriter writer(ends.writer(), {.delay = 1ms, .block_bytes = 2000, .blocks = 1'000'000}, loss_line);
        std::barrier start(threads);
        std::vector<std::jthread> crowd;
        for (int i = 0; i < threads; ++i)
            crowd.emplace_back([&, i] {
                start.arrive_and_wait();
                for (int k = 0; k < lines; ++k)
                    writer.put(std::string(20, static_cast<char>('a' + i)) + "\n", k % 50 == 0);
            });
        constexpr std::size_t bytes = std::size_t{threads} * lines * 21;
        while (all.size() < bytes) all += ends.read();
    }
    for (std::size_t at = 0; at < all.size(); at += 21) {
        ASSERT_EQ(all.find_first_not_of(all[at], at), at + 20);
        ASSERT_EQ(all[at + 20], '\n');
    }
}

}  // namespace
}  // namespace postern::net
