#include "auth/journal.hpp"

#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

namespace postern::auth {
namespace {

class JournalTest : public testing::TestWithParam<test::Engine> {
protected:
    void append(std::string_view action,
                std::string_view detail = "",
                Origin origin = {.actor = Actor::machine_operator}) {
        const auto done = store_.change([&](Transaction& t) {
            journal_.append(t, origin, {.action = action, .subject = 7, .detail = detail}, test_store_.clock.now());
        });
        ASSERT_TRUE(done) << done.error().detail;
    }
    std::string flaw(const std::optional<JournalSummary>& known = std::nullopt) {
        const auto verified = journal_.verify(store_, known);
        EXPECT_TRUE(verified) << verified.error().detail;
        if (*verified) return "none";
        return std::to_string(verified->error().seq) + ' ' + verified->error().what;
    }
    JournalSummary summary() { return journal_.verify(store_, std::nullopt).value().value(); }
    std::vector<JournalRow> rows(const JournalFilter& filter = {}) {
        return store_.read([&](Transaction& t) { return t.journal().find(filter); }).value();
    }

    test::TestStore test_store_{GetParam()};
    Store& store_ = test_store_.store();
    Journal journal_{test_store_.keyring};
};

INSTANTIATE_TEST_SUITE_P(On, JournalTest, test::both_engines, test::engine_name);

TEST_P(JournalTest, RemembersWhoDidWhatAboutWhom) {
    append("account.suspend", "left the school",
           {.actor = Actor::administrator,
            .actor_id = 3,
            .channel = Channel::portal,
            .client = base::IpAddress::parse("10.1.2.3"),
            .correlation = "abc"});
    const JournalRow row = rows().at(0);
    EXPECT_EQ(row.seq, 1);
    EXPECT_EQ(row.at, test_store_.clock.now());
    EXPECT_EQ(row.actor, "administrator");
    EXPECT_EQ(row.actor_id, 3);
    EXPECT_EQ(row.subject_id, 7);
    EXPECT_EQ(row.channel, "portal");
    EXPECT_EQ(row.action, "account.suspend");
    EXPECT_EQ(row.outcome, "ok");
    EXPECT_EQ(row.network, "10.1.2.0/24") << "coarse from the start";
    EXPECT_EQ(row.correlation, "abc");
    EXPECT_EQ(row.detail, "left the school");
}

TEST_P(JournalTest, FindsBySubjectCorrelationAndTime) {
    append("one", "", {.correlation = "a"});
    test_store_.clock.seconds += 100;
    append("two", "", {.correlation = "b"});
    EXPECT_EQ(rows({.correlation = "b"}).at(0).action, "two");
    EXPECT_EQ(rows({.subject = 8}).size(), 0U);
    EXPECT_EQ(rows({.subject = 7}).size(), 2U);
    EXPECT_EQ(rows({.since = test_store_.clock.now()}).size(), 1U);
    EXPECT_EQ(rows({.limit = 1}).at(0).action, "two") << "the newest";
}

TEST_P(JournalTest, LetsNoTextImitateAnotherLine) {
    append("login", "a\r\n2027 root ok \x1b[31m \xE2\x80\xAEtxt \xFF\xC3\xA9");
    EXPECT_EQ(rows().at(0).detail, "a??2027 root ok ?[31m ?txt ?\xC3\xA9");
    append("login", std::string(5000, 'x'));
    EXPECT_EQ(rows().at(1).detail.size(), 2048U);
    EXPECT_EQ(flaw(), "none");
}

TEST_P(JournalTest, LeavesWithATransactionThatIsAbandoned) {
    ASSERT_TRUE(store_.change([&](Transaction& t) {
        journal_.append(t, {}, {.action = "login"}, test_store_.clock.now());
        t.abandon();
    }));
    append("next");
    EXPECT_EQ(rows().at(0).seq, 1);
    EXPECT_EQ(flaw(), "none");
}

TEST_P(JournalTest, ShowsEveryChangeOfEveryColumn) {
    for (int i = 0; i < 3; ++i) append("login", "detail");
    EXPECT_EQ(flaw(), "none");
    const auto hand = test_store_.database().hand();
    const std::pair<std::string, std::string> changes[] = {
        {"at = at + 1", "at = at - 1"},
        {"actor = 'owner'", "actor = 'operator'"},
        {"actor_id = 9", "actor_id = NULL"},
        {"subject_id = 8", "subject_id = 7"},
        {"channel = 'imap'", "channel = 'portal'"},
        {"action = 'logout'", "action = 'login'"},
        {"outcome = 'fail'", "outcome = 'ok'"},
        {"reason = 'x'", "reason = ''"},
        {"network = 'x'", "network = ''"},
        {"correlation = 'x'", "correlation = ''"},
        {"detail = 'x'", "detail = 'detail'"},
    };
    for (const auto& [forge, restore] : changes) {
        *hand << "UPDATE journal SET " + forge + " WHERE seq = 2";
        EXPECT_EQ(flaw(), "2 was changed, or the one before it was") << forge;
        *hand << "UPDATE journal SET " + restore + " WHERE seq = 2";
        EXPECT_EQ(flaw(), "none") << restore;
    }
}

TEST_P(JournalTest, ShowsRowsThatWereTakenAwayOrSwapped) {
    for (int i = 0; i < 5; ++i) append("login", std::to_string(i));
    const JournalSummary noted = summary();
    EXPECT_EQ(noted.rows, 5);
    const auto hand = test_store_.database().hand();
    *hand << "UPDATE journal SET seq = 99 WHERE seq = 2";
    *hand << "UPDATE journal SET seq = 2 WHERE seq = 3";
    *hand << "UPDATE journal SET seq = 3 WHERE seq = 99";
    EXPECT_EQ(flaw(), "2 was changed, or the one before it was");
    *hand << "DELETE FROM journal WHERE seq = 2";
    EXPECT_EQ(flaw(), "2 is missing");
    *hand << "DELETE FROM journal WHERE seq > 1";
    EXPECT_EQ(flaw(), "2 is missing: the end was cut off");
    std::string mac;
    *hand << "SELECT mac FROM journal WHERE seq = 1", soci::into(mac);
    *hand << "UPDATE journal_head SET last_seq = 1, last_mac = :mac", soci::use(mac, "mac");
    EXPECT_EQ(flaw(), "none") << "whoever forges the head too needs a noted one against him";
    EXPECT_EQ(flaw(noted), "2 is missing: the end was cut off");
}

TEST_P(JournalTest, ForgetsWhatIsOldAndStillFits) {
    for (int i = 0; i < 3; ++i) append("old");
    const JournalSummary noted = summary();
    test_store_.clock.seconds += 1000;
    append("new");
    const auto purged =
        journal_.purge(store_, {.actor = Actor::system}, test_store_.clock.now(), test_store_.clock.now());
    EXPECT_EQ(purged, 3U);
    EXPECT_EQ(flaw(), "none");
    EXPECT_EQ(flaw(noted), "none") << "what was noted was purged in good order";
    EXPECT_EQ(rows().at(0).action, "new");
    EXPECT_EQ(rows().at(1).action, "journal.purge");
    EXPECT_EQ(rows().at(1).detail, "3 rows");
    EXPECT_EQ(journal_.purge(store_, {}, test_store_.clock.now(), test_store_.clock.now()), 0U);
}

TEST_P(JournalTest, KeepsOneChainOfManyWritersAtOnce) {
    constexpr int writers = 8;
    std::vector<std::unique_ptr<Store>> stores;
    for (int i = 0; i < 2; ++i) stores.push_back(test_store_.open());
    std::atomic<int> failures = 0;
    {
        std::barrier start(writers);
        std::vector<std::jthread> threads;
        for (int i = 0; i < writers; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                for (int round = 0; round < 10; ++round) {
                    if (!stores[static_cast<std::size_t>(i % 2)]->change([&](Transaction& t) {
                            journal_.append(t, {}, {.action = "login"}, test_store_.clock.now());
                        })) {
                        ++failures;
                    }
                }
            });
        }
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(summary().rows, writers * 10);
}

}  // namespace
}  // namespace postern::auth
