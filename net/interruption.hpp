/// Ending a task of several steps from outside, whatever step it is at.
#pragma once

#include <functional>
#include <utility>

namespace postern::net {

/// The task names, for each step that waits, what ends the wait; whoever has enough of the task interrupts it. Between
/// steps the task looks at `is_requested` itself. Thread rule: one thread. Must outlive the task's steps.
class Interruption {
public:
    /// A step under way. At most one at a time.
    class Step {
    public:
        explicit Step(Interruption& interruption) : interruption_(interruption) {}
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;
        Step(Step&&) = delete;
        Step& operator=(Step&&) = delete;
        ~Step() { interruption_.stop_ = nullptr; }

    private:
        Interruption& interruption_;
    };

    /// `stop` ends the wait; it may be called until the result is gone, and what it refers to must live as long.
    [[nodiscard]] Step step(std::function<void()> stop) {
        stop_ = std::move(stop);
        return Step(*this);
    }

    /// May be called before and after the task, and again.
    void request() {
        is_requested_ = true;
        if (stop_) stop_();
    }

    [[nodiscard]] bool is_requested() const noexcept { return is_requested_; }

private:
    std::function<void()> stop_;
    bool is_requested_ = false;
};

}  // namespace postern::net
