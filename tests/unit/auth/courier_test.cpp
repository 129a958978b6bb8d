#include "auth/courier.hpp"

#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace postern::auth {
namespace {

/// Counts what it was handed by number, and answers as it is told.
class ScriptedDelivery final : public Delivery {
public:
    std::expected<void, DeliveryFailure> deliver(const OutboxMessage& message,
                                                 const Posting& posting,
                                                 const std::stop_token& /*stop*/) override {
        const std::lock_guard lock(mutex_);
        ++handed[posting.id];
        last = message;
        if (dies) throw std::runtime_error("killed");
        if (failure) return std::unexpected(*failure);
        return {};
    }
    std::map<std::int64_t, int> handed;
    OutboxMessage last;
    std::optional<DeliveryFailure> failure;
    bool dies = false;

private:
    std::mutex mutex_;
};

class CourierTest : public testing::TestWithParam<test::Engine> {
protected:
    std::int64_t put(const OutboxMessage& message, std::optional<Time> not_after = std::nullopt) {
        return store_
            .change([&](Transaction& t) {
                return outbox_.put(t, message, {.subject = 7, .correlation = "c1", .not_after = not_after}, now());
            })
            .value();
    }
    std::string send(Courier& courier) {
        const auto report = courier.send_one({});
        if (!report) return "unavailable: " + report.error().detail;
        if (!*report) return "nothing";
        switch ((*report)->outcome) {
            case Courier::Outcome::sent:
                return "sent";
            case Courier::Outcome::postponed:
                return "postponed: " + (*report)->why;
            case Courier::Outcome::failed:
                return "failed: " + (*report)->why;
        }
        return "?";
    }
    std::string send() { return send(courier_); }
    [[nodiscard]] Time now() const { return test_store_.clock.now(); }
    void wait(long long seconds) { test_store_.clock.seconds += seconds; }

    test::TestStore test_store_{GetParam()};
    Store& store_ = test_store_.store();
    Outbox outbox_{test_store_.keyring};
    ScriptedDelivery delivery_;
    Courier courier_{store_, test_store_.keyring, test_store_.clock, delivery_};
};

const MailMessage mail{.to = "anna@home.org", .subject = "Hi", .text = "https://x/link/canary-token\n"};

INSTANTIATE_TEST_SUITE_P(On, CourierTest, test::both_engines, test::engine_name);

TEST_P(CourierTest, CarriesWhatWasPutAndNothingElse) {
    for (const OutboxMessage& message :
         {OutboxMessage(mail), OutboxMessage(SmsMessage{.number = "+336", .text = "12345678 é"}),
          OutboxMessage(HookEvent{.event = "account.activated", .fields = {{"login", "anna"}}})}) {
        put(message);
        EXPECT_EQ(send(), "sent");
        EXPECT_EQ(delivery_.last, message);
        wait(1);
    }
    EXPECT_EQ(send(), "nothing");
    EXPECT_EQ(delivery_.handed.size(), 3U);
}

TEST_P(CourierTest, LeavesWithTheTransactionOfItsCauseOrNotAtAll) {
    std::ignore = store_.change([&](Transaction& t) {
        outbox_.put(t, mail, {.subject = {}, .correlation = {}, .not_after = {}}, now());
        t.abandon();
    });
    EXPECT_EQ(send(), "nothing");
}

TEST_P(CourierTest, TriesAgainLaterAndLater) {
    put(mail);
    delivery_.failure = DeliveryFailure{.is_final = false, .why = "the relay answered 450"};
    std::vector<int> waits;
    for (int tries = 1; tries <= 9; ++tries) {
        int waited = 0;
        std::string outcome = send();
        for (; outcome == "nothing" && waited < 5000; outcome = send(), waited += 10) wait(10);
        EXPECT_EQ(outcome, "postponed: the relay answered 450");
        waits.push_back(waited);
    }
    EXPECT_EQ(waits, (std::vector<int>{0, 30, 60, 120, 240, 480, 960, 1920, 3600}));
}

TEST_P(CourierTest, GivesUpWhenItIsOfNoUseAnyMoreOrNeverWillBe) {
    put(mail, now() + std::chrono::minutes(10));
    delivery_.failure = DeliveryFailure{.is_final = false, .why = "busy"};
    EXPECT_EQ(send(), "postponed: busy");
    wait(600);
    EXPECT_EQ(send(), "failed: it came too late to be of use: busy");
    EXPECT_EQ(send(), "nothing");
    put(mail);
    delivery_.failure = DeliveryFailure{.is_final = true, .why = "the relay answered 550"};
    EXPECT_EQ(send(), "failed: the relay answered 550");
    EXPECT_EQ(send(), "nothing");
    const auto rows = store_.read([](Transaction& t) { return t.journal().find({.correlation = "c1"}); }).value();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].action, "outbox.failed");
    EXPECT_EQ(rows[1].detail, "mail the relay answered 550");
}

TEST_P(CourierTest, NothingIsLostByACourierThatDiesBeforeDuringOrAfter) {
    const std::int64_t id = put(mail);
    // Before: it has the lease, and is never heard of again.
    EXPECT_TRUE(
        store_.change([&](Transaction& t) { return t.outbox().lease("dead", now(), now() + courier_lease); }).value());
    EXPECT_EQ(send(), "nothing") << "it may still be at it";
    wait(600);
    // During.
    delivery_.dies = true;
    EXPECT_THROW(std::ignore = courier_.send_one({}), std::runtime_error);
    delivery_.dies = false;
    EXPECT_EQ(send(), "nothing");
    wait(600);
    // After the server took it, before it was written down: once more, under the same name.
    Courier second(store_, test_store_.keyring, test_store_.clock, delivery_);
    EXPECT_EQ(send(second), "sent");
    EXPECT_EQ(delivery_.handed, (std::map<std::int64_t, int>{{id, 2}}));
    wait(6000);
    EXPECT_EQ(send(), "nothing");
}

TEST_P(CourierTest, SeveralAtOnceSendEachOnce) {
    constexpr int count = 40;
    for (int i = 0; i < count; ++i) put(mail);
    std::barrier start(4);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                Courier own(store_, test_store_.keyring, test_store_.clock, delivery_);
                start.arrive_and_wait();
                for (;;) {
                    const auto report = own.send_one({});
                    if (!report || !*report) return;
                }
            });
        }
    }
    EXPECT_EQ(delivery_.handed.size(), static_cast<std::size_t>(count));
    for (const auto& [id, times] : delivery_.handed) EXPECT_EQ(times, 1) << id;
}

TEST_P(CourierTest, ACopyOfTheDatabaseSaysNothingOfWhatWaits) {
    put(mail);
    const auto session = test_store_.database().hand();
    std::string payload;
    *session << "SELECT payload FROM outbox", soci::into(payload);
    EXPECT_FALSE(payload.contains("canary"));
    EXPECT_FALSE(payload.contains("home.org"));
    const auto sealed = store_.read([](Transaction& t) { return t.sealed().count_without_prefix("s99."); });
    EXPECT_GE(*sealed, 1U) << "it is sealed anew with everything else";
}

}  // namespace
}  // namespace postern::auth
