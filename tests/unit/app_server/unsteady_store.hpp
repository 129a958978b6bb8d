/// A store that can be made to fail, and whose questions can be waited for.
#pragma once

#include "auth/store.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace postern::app::test {

class UnsteadyStore final : public auth::Store {
public:
    explicit UnsteadyStore(auth::Store& real) : real_(real) {}

    std::atomic<bool> fails{false};

    /// Until it has been asked twice more: by then whoever asks has taken in an answer of now.
    void wait_for_two_questions() {
        std::unique_lock lock(mutex_);
        const int enough = asked_ + 2;
        changed_.wait(lock, [&] { return asked_ >= enough; });
    }

protected:
    auth::StoreResult<void> transact(Access /*access*/, const std::function<void(auth::Transaction&)>& work) override {
        {
            const std::scoped_lock lock(mutex_);
            ++asked_;
        }
        changed_.notify_all();
        if (fails.load()) return std::unexpected(auth::StoreError{.detail = "the cable is out"});
        return real_.read([&](auth::Transaction& transaction) { work(transaction); });
    }

private:
    auth::Store& real_;
    std::mutex mutex_;
    std::condition_variable changed_;
    int asked_ = 0;
};

}  // namespace postern::app::test
