#include "proxy/relay.hpp"

#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using net::Stream;
using net::StreamEnd;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// Runs a relay, and waits for its end.
asio::awaitable<RelayReport> run_relay(Relay& relay) {
    struct Waiting final : RelayOwner {
        explicit Waiting(const asio::any_io_executor& executor)
            : ended(executor, asio::steady_timer::time_point::max()) {}
        void relay_ended(const RelayReport& end) override {
            report = end;
            ended.cancel();
        }
        asio::steady_timer ended;
        std::optional<RelayReport> report;
    };
    const auto waiting = std::make_shared<Waiting>(co_await asio::this_coro::executor);
    relay.start(waiting);
    if (!waiting->report) (void)co_await waiting->ended.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return *waiting->report;
}

/// A client and a backend with a relay between them.
class RelayTest : public testing::Test {
protected:
    RelayTest() : deadline_(context_.get_executor(), [this] { cut(); }) {
        auto [outer_client, inner_client] = test::connected_sockets(context_);
        auto [inner_backend, outer_backend] = test::connected_sockets(context_);
        client_ = std::make_unique<Stream>(std::move(outer_client));
        front_ = std::make_unique<Stream>(std::move(inner_client));
        back_ = std::make_unique<Stream>(std::move(inner_backend));
        backend_ = std::make_unique<Stream>(std::move(outer_backend));
    }

    void cut() {
        front_->cancel();
        back_->cancel();
    }

    /// Runs the relay beside `ends`, the talk of client and backend. When the relay is over both inner streams close.
    RelayReport run(asio::awaitable<void> ends,
                    RelayLimits limits = {.idle = 1h, .half_closed = 1h},
                    RelayGuard* guard = nullptr) {
        RelayReport report;
        auto relay_then_close = [&]() -> asio::awaitable<void> {
            Relay relay(*front_, *back_, deadline_, limits, guard);
            report = co_await run_relay(relay);
            front_->close();
            back_->close();
        };
        test::run_to_end(context_,
                         [&]() -> asio::awaitable<void> { co_await (relay_then_close() && std::move(ends)); }());
        return report;
    }

    static asio::awaitable<std::string> read_to_end(Stream& stream) {
        std::string text;
        std::array<char, 10'000> piece{};
        for (;;) {
            const auto count = co_await stream.read_some(piece);
            if (!count) co_return text;
            text.append(piece.data(), *count);
        }
    }

    asio::io_context context_{1};
    net::Deadline deadline_;
    std::unique_ptr<Stream> client_;
    std::unique_ptr<Stream> front_;
    std::unique_ptr<Stream> back_;
    std::unique_ptr<Stream> backend_;
};

std::string every_byte_value(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
    return text;
}

TEST_F(RelayTest, BothDirectionsCrossWholeAtTheSameTime) {
    const std::string up = every_byte_value(5'000'000);
    const std::string down = every_byte_value(4'000'001);
    std::string at_backend;
    std::string at_client;
    auto client_writes = [&]() -> asio::awaitable<void> {
        (void)co_await client_->write(up);
        client_->end_output();
    };
    auto backend_writes = [&]() -> asio::awaitable<void> {
        (void)co_await backend_->write(down);
        backend_->end_output();
    };
    auto client_reads = [&]() -> asio::awaitable<void> { at_client = co_await read_to_end(*client_); };
    auto backend_reads = [&]() -> asio::awaitable<void> { at_backend = co_await read_to_end(*backend_); };
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        co_await (client_writes() && backend_writes() && client_reads() && backend_reads());
    }());
    EXPECT_TRUE(at_backend == up);
    EXPECT_TRUE(at_client == down);
    EXPECT_EQ(report.bytes_from_client, up.size());
    EXPECT_EQ(report.bytes_from_backend, down.size());
}

/// Lets nothing pass behind a "?" until the backend has said something, doubles every "+", makes more of a "*" than
/// buffers between two sockets hold, and is broken by a "!".
class AskingGuard final : public RelayGuard {
public:
    static constexpr std::size_t much = 16'000'000;

    std::string_view from_client(std::string_view bytes) override {
        held_ += bytes;
        up_.clear();
        while (!held_.empty() && !awaits_) {
            up_ += held_.front();
            if (held_.front() == '+') up_ += '+';
            if (held_.front() == '*') up_ += std::string(much, '*');
            awaits_ = held_.front() == '?';
            held_.erase(0, 1);
        }
        return up_;
    }
    std::string_view from_backend(std::string_view bytes) override {
        awaits_ = false;
        is_broken_ = bytes.contains('!');
        return is_broken_ ? std::string_view() : bytes;
    }
    bool awaits_backend() const override { return awaits_; }
    bool is_broken() const override { return is_broken_; }
    std::string_view farewell() const override { return {}; }
    std::uint32_t refused() const override { return 0; }

private:
    std::string held_, up_;
    bool awaits_ = false;
    bool is_broken_ = false;
};

TEST_F(RelayTest, WaitsForTheBackendWhereTheGuardSaysSo) {
    AskingGuard guard;
    std::string heard;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            (void)co_await client_->write("a+?b?c");
            client_->end_output();
            std::array<char, 100> piece{};
            for (const std::string_view wanted : {"a++?", "b?"}) {
                std::string text;
                while (text.size() < wanted.size()) {
                    const auto count = co_await backend_->read_some(piece);
                    EXPECT_TRUE(count);
                    if (!count) co_return;
                    text.append(piece.data(), *count);
                }
                EXPECT_EQ(text, wanted);
                (void)co_await backend_->write("y");
            }
            const std::string rest = co_await read_to_end(*backend_);
            EXPECT_EQ(rest, "c");
            backend_->end_output();
            heard = co_await read_to_end(*client_);
        }(),
        {.idle = 1h, .half_closed = 1h}, &guard);
    EXPECT_EQ(heard, "yy");
    EXPECT_EQ(report.end, RelayEnd::client_closed);
}

TEST_F(RelayTest, FetchesWhatWasSetFreeWhileItWasStillWriting) {
    AskingGuard guard;
    std::string seen;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            (void)co_await client_->write("*?rest");
            // Everything is on its way now, and the client hears the backend's word while the backend takes nothing
            // yet.
            (void)co_await backend_->write("y");
            std::array<char, 10> piece{};
            const auto heard = co_await client_->read_some(piece);
            EXPECT_EQ(heard, 1U);
            std::array<char, 100'000> bytes{};
            while (!seen.ends_with("rest")) {
                const auto count = co_await backend_->read_some(bytes);
                EXPECT_TRUE(count);
                if (!count) co_return;
                seen.append(bytes.data(), *count);
            }
            client_->end_output();
            backend_->end_output();
        }(),
        {.idle = 1h, .half_closed = 1h}, &guard);
    EXPECT_EQ(seen.size(), AskingGuard::much + 6);
    EXPECT_EQ(report.end, RelayEnd::client_closed);
}

TEST_F(RelayTest, EndsWhenTheBackendLeavesWithoutAnAnswer) {
    AskingGuard guard;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            (void)co_await client_->write("a?" + std::string(100'000, 'x'));
            std::array<char, 2> piece{};
            (void)co_await backend_->read_some(piece);
            backend_->end_output();
            const std::string heard = co_await read_to_end(*client_);
            EXPECT_EQ(heard, "");
            client_->end_output();
        }(),
        {.idle = 1h, .half_closed = 1h}, &guard);
    EXPECT_EQ(report.end, RelayEnd::backend_closed);
}

TEST_F(RelayTest, EndsAtOnceWhenTheProtocolIsBroken) {
    AskingGuard guard;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            (void)co_await client_->write("a?b");
            (void)co_await backend_->write("!");
            const std::string heard = co_await read_to_end(*client_);
            EXPECT_EQ(heard, "");
            const std::string seen = co_await read_to_end(*backend_);
            EXPECT_FALSE(seen.contains('b')) << seen;
        }(),
        {.idle = 1h, .half_closed = 1h}, &guard);
    EXPECT_EQ(report.end, RelayEnd::broken_protocol);
}

TEST_F(RelayTest, IsIdleAlsoWhileItWaitsForTheBackend) {
    AskingGuard guard;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            (void)co_await client_->write("a?b");
            const std::string heard = co_await read_to_end(*client_);
            EXPECT_EQ(heard, "");
        }(),
        {.idle = 50ms, .half_closed = 1h}, &guard);
    EXPECT_EQ(report.end, RelayEnd::idle);
}

TEST_F(RelayTest, AnEndOfTheClientIsHandedOnAndTheAnswerStillArrives) {
    std::string answer;
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        (void)co_await client_->write("last words");
        client_->end_output();
        const std::string heard = co_await read_to_end(*backend_);
        EXPECT_EQ(heard, "last words");
        (void)co_await backend_->write("answer");
        backend_->end_output();
        answer = co_await read_to_end(*client_);
    }());
    EXPECT_EQ(answer, "answer");
    EXPECT_EQ(report.end, RelayEnd::client_closed);
}

TEST_F(RelayTest, AnEndOfTheBackendIsHandedOnToo) {
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        (void)co_await backend_->write("* BYE\r\n");
        backend_->end_output();
        const std::string heard = co_await read_to_end(*client_);
        EXPECT_EQ(heard, "* BYE\r\n");
        client_->end_output();
    }());
    EXPECT_EQ(report.end, RelayEnd::backend_closed);
}

TEST_F(RelayTest, LastWordsReachAClientThatIsStillSending) {
    // As a server does that refuses a message in its middle: it says why and closes while more is on its way.
    const std::string last_words = every_byte_value(1'500'000);
    std::string heard;
    auto client_sends_on = [&]() -> asio::awaitable<void> {
        const std::string piece(10'000, 'x');
        while (heard.size() < last_words.size()) {
            const auto written = co_await client_->write(piece);
            EXPECT_TRUE(written) << "after hearing " << heard.size();
            if (!written) co_return;
            std::array<char, 30'000> bytes{};
            const auto count = co_await client_->read_some(bytes);
            EXPECT_TRUE(count) << "after hearing " << heard.size();
            if (!count) co_return;
            heard.append(bytes.data(), *count);
        }
        client_->end_output();
    };
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        auto backend_ends = [&]() -> asio::awaitable<void> {
            (void)co_await backend_->write(last_words);
            backend_->end_output();
            co_await net::discard_input(*backend_);
        };
        co_await (backend_ends() && client_sends_on());
    }());
    EXPECT_TRUE(heard == last_words);
    EXPECT_EQ(report.end, RelayEnd::backend_closed);
}

TEST_F(RelayTest, LastWordsReachAClientWhoseOwnBytesNobodyTakesAnyMore) {
    const std::string last_words = every_byte_value(300'000);
    std::string heard;
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        (void)co_await client_->write("first");
        const bool arrived = co_await backend_->wait(net::IoStatus::want_read);
        EXPECT_TRUE(arrived);
        std::array<char, 16> first{};
        (void)co_await backend_->read_some(first);
        (void)co_await backend_->write(last_words);
        backend_->close();
        for (int i = 0; i < 3; ++i) (void)co_await client_->write("nobody reads this");
        heard = co_await read_to_end(*client_);
        client_->end_output();
    }());
    EXPECT_TRUE(heard == last_words) << heard.size();
    EXPECT_EQ(report.end, RelayEnd::backend_closed);
}

TEST_F(RelayTest, ASenderIsHeldBackByAReceiverThatDoesNotRead) {
    // Nobody reads at the client: what the relay takes from the backend is then bounded by the sockets' own buffers.
    std::uint64_t accepted = 0;
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            const std::string piece(100'000, 'x');
            for (;;) {
                const auto written = co_await backend_->write(piece);
                if (!written) co_return;
                accepted += piece.size();
            }
        }(),
        {.idle = 50ms, .half_closed = 50ms});
    EXPECT_EQ(report.end, RelayEnd::idle);
    EXPECT_GT(accepted, 0U);
    EXPECT_LT(report.bytes_from_backend, 64U * 1024 * 1024);
}

TEST_F(RelayTest, SilenceOfBothEndsItAfterTheIdleLimit) {
    const RelayReport report = run([&]() -> asio::awaitable<void> { (void)co_await read_to_end(*client_); }(),
                                   {.idle = 10ms, .half_closed = 1h});
    EXPECT_EQ(report.end, RelayEnd::idle);
}

TEST_F(RelayTest, ASideThatNeverEndsIsCutOnceTheOtherHas) {
    const RelayReport report = run(
        [&]() -> asio::awaitable<void> {
            client_->end_output();
            (void)co_await read_to_end(*client_);
        }(),
        {.idle = 1h, .half_closed = 10ms});
    EXPECT_EQ(report.end, RelayEnd::client_closed);
}

TEST_F(RelayTest, AResetOfOneSideEndsTheOther) {
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        (void)co_await client_->write("unread");
        const bool arrived = co_await backend_->wait(net::IoStatus::want_read);
        EXPECT_TRUE(arrived);
        backend_->close();  // with input unread, which the kernel makes a reset
        const std::string heard = co_await read_to_end(*client_);
        EXPECT_EQ(heard, "");
        client_->end_output();
    }());
    EXPECT_EQ(report.end, RelayEnd::failed);
}

TEST_F(RelayTest, ACancelFromOutsideEndsItAtOnce) {
    const RelayReport report = run([&]() -> asio::awaitable<void> {
        cut();
        (void)co_await read_to_end(*client_);
    }());
    EXPECT_EQ(report.end, RelayEnd::shut_down);
}

}  // namespace
}  // namespace postern::proxy
