/// The log's lines on their way out. For the log alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace postern::net {

/// Collects lines, and has a thread of its own write many of them with one system call: to wake a thread and to write
/// cost more than a line does. Thread rule: `put` from any thread.
class LogWriter {
public:
    struct Bounds {
        std::chrono::milliseconds delay{100};              ///< how long a line that is not urgent may wait for others
        std::size_t block_bytes = std::size_t{64} * 1024;  ///< so many are written without waiting any longer
        std::size_t blocks = 16;  ///< may wait, and as many be on their way: what is older is lost if nobody reads it
    };
    /// The line that tells of `lost` others, with its line feed.
    using LossLine = std::function<std::string(std::uint64_t lost)>;

    LogWriter(int descriptor, Bounds bounds, LossLine loss_line);
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;
    LogWriter(LogWriter&&) = delete;
    LogWriter& operator=(LogWriter&&) = delete;
    /// Writes what there is, however long its reader takes.
    ~LogWriter();

    /// `line` ends with a line feed. Never waits for the descriptor.
    void put(std::string_view line, bool is_urgent);

private:
    struct Block {
        std::string text;
        std::uint64_t lines = 0;  // with those that it says are lost
    };
    using Blocks = std::deque<Block>;

    void run();
    void append(std::string_view line, std::uint64_t lines);
    [[nodiscard]] Blocks next_batch();
    void write(const Blocks& batch);

    const int descriptor_;
    const Bounds bounds_;
    const LossLine loss_line_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Blocks waiting_;
    std::uint64_t lost_ = 0;  // lines, not told yet
    bool is_due_ = false;
    bool is_ending_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace postern::net
