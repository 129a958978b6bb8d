#include "auth/otp/otp_keys.hpp"

#include "tests/support/counting_hasher.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <span>
#include <thread>

namespace postern::auth::otp {
namespace {

constexpr auto seed_text = "12345678901234567890";

/// The key of the seed document: six digits, a new one each minute.
class OtpKeysTest : public testing::TestWithParam<test::Engine> {
protected:
    OtpKeysTest() {
        const AccountWithPassword anna{test::new_account("anna"), base::Secret()};
        anna_ = anna.account.id;
        EXPECT_TRUE(test_store_.accounts().add(std::span(&anna, 1)));
        import("GA1");
    }

    void import(const std::string& serial) {
        std::vector<ImportedKey> delivery;
        delivery.push_back({.serial = serial, .seed = base::Secret(seed_text)});
        const auto imported = keys_.import(delivery, origin_);
        ASSERT_TRUE(imported) << imported.error().detail;
    }
    /// What the display shows, `steps` minutes from now.
    std::string shown(int steps = 0) {
        const std::int64_t step = time_step(test_store_.clock.now(), 60) + steps;
        return std::string(code_at(base::Secret(seed_text), {}, step).value().reveal());
    }
    void wait(long long seconds) { test_store_.clock.seconds += seconds; }
    template <class T>
    static std::string said(const OtpResult<T>& result) {
        if (result) return "ok";
        switch (result.error().problem) {
            case OtpProblem::wrong:
                return "wrong";
            case OtpProblem::repeated:
                return "wait for the next code";
            case OtpProblem::throttled:
                return "throttled";
            case OtpProblem::window_over:
                return "window over";
            case OtpProblem::stale_handle:
                return "stale";
            case OtpProblem::pins_differ:
                return "pins differ";
            case OtpProblem::bad_pin:
                return "bad pin";
            case OtpProblem::busy:
                return "busy";
            case OtpProblem::unavailable:
                return "unavailable: " + result.error().detail;
        }
        return "?";
    }
    std::string verify(const std::string& passcode) {
        return said(keys_.verify(anna_, base::Secret(passcode), origin_));
    }
    OtpResult<base::Secret> begin(const std::string& code) { return keys_.begin(anna_, base::Secret(code), origin_); }
    std::string choose(const base::Secret& handle, const std::string& pin, const std::string& again) {
        return said(keys_.choose_pin(handle, base::Secret(pin), base::Secret(again), std::nullopt));
    }
    std::string confirm(const base::Secret& handle, const std::string& passcode) {
        return said(keys_.confirm(handle, base::Secret(passcode), origin_));
    }
    void enrol(const std::string& pin) {
        ASSERT_TRUE(keys_.hand_over("GA1", anna_, "form 12", origin_));
        const auto handle = begin(shown());
        ASSERT_TRUE(handle) << said(handle);
        ASSERT_EQ(choose(*handle, pin, pin), "ok");
        wait(60);
        ASSERT_EQ(confirm(*handle, pin + shown()), "ok");
        wait(60);
    }

    test::TestStore test_store_{GetParam()};
    test::CountingHasher hasher_;
    OtpKeys keys_{test_store_.store(), hasher_, test_store_.keyring, test_store_.clock};
    const Origin origin_{.actor = Actor::owner};
    AccountId anna_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On, OtpKeysTest, test::both_engines, test::engine_name);

TEST_P(OtpKeysTest, GoesThroughTheFirstConnectionOfTheSeedAndIntoUse) {
    ASSERT_TRUE(keys_.hand_over("GA1", anna_, "form 12", origin_));
    EXPECT_EQ(verify("2580" + shown()), "wrong") << "not yet";
    const auto handle = begin(shown());
    ASSERT_TRUE(handle) << said(handle);
    EXPECT_EQ(choose(*handle, "2580", "2581"), "pins differ");
    EXPECT_EQ(choose(*handle, "1234", "1234"), "bad pin");
    EXPECT_EQ(choose(*handle, "2580", "2580"), "ok");
    EXPECT_EQ(confirm(*handle, "2580" + shown()), "wait for the next code");
    wait(60);
    EXPECT_EQ(confirm(*handle, "2580" + shown()), "ok");
    EXPECT_EQ(verify("2580" + shown()), "wrong") << "that code was used to confirm";
    wait(60);
    EXPECT_EQ(verify("2580" + shown()), "ok");
}

TEST_P(OtpKeysTest, AcceptsACodeOnceHoweverItIsTyped) {
    enrol("25803");
    EXPECT_EQ(verify("25803" + shown()), "ok");
    EXPECT_EQ(verify("25803" + shown()), "wrong");
    wait(60);
    EXPECT_EQ(verify("25803" + shown(-1)), "wrong") << "nor in the next period";
    EXPECT_EQ(verify("25803" + shown()), "ok");
    test_store_.clock.seconds -= 90;
    EXPECT_NE(verify("25803" + shown(1)), "ok") << "nor when the clock was set back";
}

TEST_P(OtpKeysTest, NeverTellsAWrongPinFromAWrongCode) {
    enrol("2580");
    const int before = hasher_.verified;
    EXPECT_EQ(verify("9999" + shown()), "wrong");
    EXPECT_EQ(hasher_.verified - before, 1);
    EXPECT_EQ(verify("2580" + shown(5)), "wrong");
    EXPECT_EQ(hasher_.verified - before, 2) << "the PIN is looked at whatever the code is";
}

TEST_P(OtpKeysTest, ThrottlesWrongCodesAndPasscodesThatAreNoneCostNothing) {
    enrol("2580");
    for (const std::string text : {"2580", "258012345", "25803612345678901", "abcd123456"})
        EXPECT_EQ(verify(text), "wrong");
    int looked_at = 0;
    std::string last;
    for (int i = 0; i < 10; ++i) {
        last = verify("9999" + shown(20 + i));
        looked_at += last == "wrong" ? 1 : 0;
    }
    EXPECT_LE(looked_at, 3);
    EXPECT_EQ(last, "throttled");
    wait(31);
    EXPECT_EQ(verify("2580" + shown()), "ok") << "the owner is in again as soon as the wait is over";
}

TEST_P(OtpKeysTest, EndsTheFirstConnectionAfterFiveCodesOrFifteenDays) {
    ASSERT_TRUE(keys_.hand_over("GA1", anna_, "", origin_));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(said(begin(shown(50 + i))), "wrong");
    EXPECT_EQ(said(begin(shown())), "window over") << "even with the right code";
    ASSERT_TRUE(keys_.reopen("GA1", origin_));
    wait(15 * 86'400);
    EXPECT_EQ(said(begin(shown())), "window over");
    ASSERT_TRUE(keys_.reopen("GA1", origin_));
    EXPECT_EQ(said(begin(shown())), "ok");
}

TEST_P(OtpKeysTest, ALaterBeginningMakesTheEarlierHandleStale) {
    ASSERT_TRUE(keys_.hand_over("GA1", anna_, "", origin_));
    const auto first = begin(shown());
    ASSERT_TRUE(first);
    wait(60);
    const auto second = begin(shown());
    ASSERT_TRUE(second) << said(second);
    EXPECT_EQ(choose(*first, "2580", "2580"), "stale");
    EXPECT_EQ(choose(*second, "2580", "2580"), "ok");
    wait(60);
    EXPECT_EQ(confirm(*first, "2580" + shown()), "stale");
    EXPECT_EQ(confirm(*second, "2580" + shown()), "ok");
    EXPECT_EQ(choose(*second, "7412", "7412"), "stale") << "it is over";
    EXPECT_EQ(choose(base::Secret("s1.forged"), "2580", "2580"), "stale");
}

TEST_P(OtpKeysTest, FindsTheClockOfAKeyThatLayLongInADrawer) {
    ASSERT_TRUE(keys_.hand_over("GA1", anna_, "", origin_));
    const auto handle = begin(shown(7));
    ASSERT_TRUE(handle) << said(handle);
    ASSERT_EQ(choose(*handle, "2580", "2580"), "ok");
    wait(60);
    ASSERT_EQ(confirm(*handle, "2580" + shown(7)), "ok");
    wait(60);
    EXPECT_EQ(verify("2580" + shown(7)), "ok") << "it is known to be seven minutes ahead";
}

TEST_P(OtpKeysTest, ResynchronisesWithThePinAndTwoCodes) {
    enrol("2580");
    EXPECT_EQ(verify("2580" + shown(5)), "wrong");
    const auto resynchronise = [&](const std::string& pin) {
        return said(keys_.resynchronise(anna_, base::Secret(pin + shown(5)), base::Secret(shown(6)), origin_));
    };
    EXPECT_EQ(resynchronise("9999"), "wrong");
    EXPECT_EQ(resynchronise("2580"), "ok");
    wait(120);
    EXPECT_EQ(verify("2580" + shown(6)), "ok");
}

TEST_P(OtpKeysTest, ChangesAPinForWhoKnowsTheOldOne) {
    enrol("2580");
    const auto change = [&](const std::string& old_pin, const std::string& pin) {
        return said(keys_.change_pin(anna_, base::Secret(old_pin + shown()), base::Secret(pin), base::Secret(pin),
                                     std::nullopt, origin_));
    };
    EXPECT_EQ(change("9999", "7412"), "wrong");
    EXPECT_EQ(change("2580", "1111"), "bad pin");
    EXPECT_EQ(change("2580", "7412"), "ok");
    wait(60);
    EXPECT_EQ(verify("2580" + shown()), "wrong");
    EXPECT_EQ(verify("7412" + shown()), "ok");
}

TEST_P(OtpKeysTest, IsOutOfUseWhileSuspendedAndForEverWhenLost) {
    enrol("2580");
    ASSERT_TRUE(keys_.set_state("GA1", OtpKeyState::suspended, origin_));
    EXPECT_EQ(verify("2580" + shown()), "wrong");
    ASSERT_TRUE(keys_.set_state("GA1", OtpKeyState::active, origin_));
    EXPECT_EQ(verify("2580" + shown()), "ok");
    ASSERT_TRUE(keys_.set_state("GA1", OtpKeyState::lost, origin_));
    wait(60);
    EXPECT_EQ(verify("2580" + shown()), "wrong");
    import("GA2");
    EXPECT_TRUE(keys_.hand_over("GA2", anna_, "", origin_)) << "another one may be handed out";
    EXPECT_FALSE(keys_.set_state("GA1", OtpKeyState::active, origin_));
    EXPECT_TRUE(keys_.set_state("GA1", OtpKeyState::retired, origin_));
    EXPECT_FALSE(keys_.set_state("GA1", OtpKeyState::stock, origin_));
    EXPECT_EQ(keys_.hand_over("GA9", anna_, "", origin_).error().fault, StoreFault::not_found);
}

TEST_P(OtpKeysTest, ImportsAllOrNothing) {
    const auto import_with = [&](const std::string& serial, std::size_t seed_bytes, int digits, int step) {
        std::vector<ImportedKey> delivery;
        delivery.push_back({.serial = "NEW", .seed = base::Secret(seed_text)});
        delivery.push_back({.serial = serial,
                            .seed = base::Secret(std::string(seed_bytes, 's')),
                            .digits = digits,
                            .step_seconds = step});
        return keys_.import(delivery, origin_);
    };
    for (const auto& imported : {import_with("", 20, 6, 60), import_with("a b", 20, 6, 60), import_with("X", 9, 6, 60),
                                 import_with("X", 65, 6, 60), import_with("X", 20, 5, 60), import_with("X", 20, 6, 45),
                                 import_with("GA1", 20, 6, 60), import_with(std::string(65, 'x'), 20, 6, 60)}) {
        ASSERT_FALSE(imported);
        EXPECT_FALSE(imported.error().detail.contains("ssss")) << "never the seed";
    }
    EXPECT_EQ(keys_.list({}).value().size(), 1U);
    EXPECT_TRUE(import_with("X", 20, 8, 30));
    EXPECT_EQ(keys_.list({}).value().size(), 3U);
    EXPECT_EQ(keys_.list({}).value()[0].seed, "");
}

TEST_P(OtpKeysTest, HoldsNeitherSeedNorPinInTheDatabase) {
    enrol("2580");
    std::string seed;
    std::string pin;
    *test_store_.database().hand() << "SELECT seed, pin FROM otp_key", soci::into(seed), soci::into(pin);
    EXPECT_TRUE(seed.starts_with("s1."));
    EXPECT_TRUE(pin.starts_with("s1."));
    EXPECT_FALSE((seed + pin).contains("1234567890"));
    EXPECT_FALSE((seed + pin).contains("2580\""));
}

TEST_P(OtpKeysTest, LetsOneOfManyInWithTheSameCode) {
    enrol("2580");
    constexpr int crowd = 32;
    // Each in a budget of its own would be easier: here all share one, so give it room.
    std::atomic<int> in = 0;
    const auto other = test_store_.open();
    const OtpKeys elsewhere(*other, hasher_, test_store_.keyring, test_store_.clock);
    const std::string passcode = "2580" + shown();
    {
        std::barrier start(crowd);
        std::vector<std::jthread> threads;
        for (int i = 0; i < crowd; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                if ((i % 2 == 0 ? keys_ : elsewhere).verify(anna_, base::Secret(passcode), origin_)) ++in;
            });
        }
    }
    EXPECT_EQ(in, 1);
}

}  // namespace
}  // namespace postern::auth::otp
