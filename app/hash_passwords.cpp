#include "app/hash_passwords.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace postern::app {

namespace {

constexpr std::size_t memory_budget_kib = 1024UL * 1024;
constexpr std::chrono::milliseconds progress_interval{250};

/// What the threads share. Each row is touched by the one thread that drew its number.
class Work {
public:
    Work(std::vector<ImportRow*> rows, const auth::PasswordHasher& hasher) : rows_(std::move(rows)), hasher_(hasher) {}

    void run() {
        for (std::size_t next = drawn_++; next < rows_.size() && !has_failed_; next = drawn_++) hash(*rows_[next]);
        const std::lock_guard lock(mutex_);
        ++threads_done_;
        changed_.notify_one();
    }

    /// True when `threads` have ended; false when it is time to show progress.
    bool wait_for(std::size_t threads) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, progress_interval, [&] { return threads_done_ == threads; });
    }

    [[nodiscard]] std::size_t hashed() const { return hashed_; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }

private:
    void hash(ImportRow& row) {
        auto verifier = hasher_.hash(row.password);
        if (!verifier) {
            has_failed_ = true;
            return;
        }
        base::WipingBuffer text(row.wrapping.begin(), row.wrapping.end());
        base::append(text, verifier->reveal());
        row.verifier = base::Secret(std::move(text));
        row.password = base::Secret();
        ++hashed_;
    }

    std::vector<ImportRow*> rows_;
    const auth::PasswordHasher& hasher_;
    std::atomic<std::size_t> drawn_ = 0;
    std::atomic<std::size_t> hashed_ = 0;
    std::atomic<bool> has_failed_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t threads_done_ = 0;
};

}  // namespace

std::size_t hashing_threads(std::size_t cores, std::size_t memory_kib_each) {
    const std::size_t fed = memory_budget_kib / std::max<std::size_t>(memory_kib_each, 1);
    return std::max<std::size_t>(std::min(cores, fed), 1);
}

bool hash_passwords(std::vector<ImportRow>& rows,
                    const auth::PasswordHasher& hasher,
                    const std::function<void(std::size_t done, std::size_t of)>& progress) {
    std::vector<ImportRow*> to_hash;
    for (ImportRow& row : rows) {
        if (!row.is_known && !row.password.empty()) to_hash.push_back(&row);
    }
    if (to_hash.empty()) return true;
    const std::size_t total = to_hash.size();
    const std::size_t threads =
        std::min(total, hashing_threads(std::thread::hardware_concurrency(), hasher.memory_kib()));
    Work work(std::move(to_hash), hasher);
    {
        std::vector<std::jthread> crew;
        for (std::size_t i = 0; i != threads; ++i) crew.emplace_back([&work] { work.run(); });
        while (!work.wait_for(threads)) progress(work.hashed(), total);
    }
    progress(work.hashed(), total);
    return !work.has_failed();
}

}  // namespace postern::app
