#include "tests/unit/auth_store/records_fixture.hpp"

#include <map>

namespace postern::auth::store {
namespace {

constexpr int crowd = 16;

class StoreConcurrency : public RecordsFixture {
protected:
    /// As many programs as threads, or one for all of them.
    std::vector<std::unique_ptr<Store>> programs(int count) {
        std::vector<std::unique_ptr<Store>> opened;
        opened.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) opened.push_back(test_store_.open(count == 1 ? 4 : 1));
        return opened;
    }
    /// How many of 64 tries, by the threads of some programs, were told yes.
    template <class Work>
    int winners_of(int program_count, Work work) {
        const auto opened = programs(program_count);
        std::atomic<int> winners = 0;
        std::atomic<int> failures = 0;
        together(64, [&](int i) {
            const auto won =
                opened[static_cast<std::size_t>(i % program_count)]->change([&](Transaction& t) { return work(t, i); });
            if (!won) ++failures;
            if (won && *won) ++winners;
        });
        EXPECT_EQ(failures, 0);
        return winners;
    }
    /// Every group of linked accounts has more than one of them, and one head.
    void expect_whole_groups() {
        std::map<std::int64_t, std::pair<int, int>> groups;
        for (const Account& found : read([](Transaction& t) { return t.accounts().list({}); })) {
            if (!found.link_group) continue;
            ++groups[*found.link_group].first;
            if (found.is_link_primary) ++groups[*found.link_group].second;
        }
        for (const auto& [group, counted] : groups) {
            EXPECT_GT(counted.first, 1) << group;
            EXPECT_EQ(counted.second, 1) << group;
        }
    }
};

INSTANTIATE_TEST_SUITE_P(On, StoreConcurrency, test::both_engines, test::engine_name);

TEST_P(StoreConcurrency, LetsExactlyOneHaveAName) {
    for (const int count : {1, 2}) {
        const std::string login = "anna" + std::to_string(count);
        EXPECT_EQ(winners_of(count,
                             [&](Transaction& t, int i) {
                                 const auto taken = t.accounts().add(
                                     new_account(login, {"alias" + std::to_string(count) + "." + std::to_string(i)}),
                                     now());
                                 if (taken) t.abandon();
                                 return !taken;
                             }),
                  1);
        const auto found = read([&](Transaction& t) { return t.accounts().find(name(login)); });
        EXPECT_EQ(found->aliases.size(), 1U) << "nothing of the losers is left";
    }
}

TEST_P(StoreConcurrency, LetsExactlyOneUseATemporaryPassword) {
    const AccountId anna = add("anna");
    for (const int count : {1, 2}) {
        const Credential made = credential(anna, CredentialKind::temporary);
        ASSERT_TRUE(change([&](Transaction& t) { return t.credentials().add(made); }));
        EXPECT_EQ(winners_of(count, [&](Transaction& t, int) { return t.credentials().consume(made.id); }), 1);
    }
}

TEST_P(StoreConcurrency, LetsExactlyOneUseACode) {
    const OtpKeyId id = random_id();
    const AccountId anna = add("anna");
    ASSERT_TRUE(change([&](Transaction& t) {
        return t.otp_keys().add({.id = id, .serial = "GA1", .seed = "s1.x"}, now()) &&
               t.otp_keys().hand_over({.key = id, .account = anna, .enrol_until = now()}, now());
    }));
    for (const int count : {1, 2}) {
        EXPECT_EQ(winners_of(count,
                             [&](Transaction& t, int) {
                                 return t.otp_keys().accept_step(id, OtpKeyState::issued, OtpKeyState::issued,
                                                                 100 + count, 0, now());
                             }),
                  1);
    }
}

TEST_P(StoreConcurrency, GrantsExactlyTheBudget) {
    for (const int count : {1, 2}) {
        const Bucket waits{BucketKind::untrusted, mac(static_cast<char>('a' + count))};
        EXPECT_EQ(winners_of(count, [&](Transaction& t,
                                        int) { return t.budgets().charge(waits, WaitRule{}, now()).has_value(); }),
                  5);
        const Bucket rate{BucketKind::source, waits.key};
        const RateRule rule{.interval = std::chrono::hours(1), .burst = 7};
        EXPECT_EQ(winners_of(count, [&](Transaction& t, int) { return t.budgets().charge(rate, rule, 1, now()); }), 7);
    }
}

TEST_P(StoreConcurrency, AppliesExactlyOneRehash) {
    const Credential made = credential(add("anna"), CredentialKind::password);
    ASSERT_TRUE(change([&](Transaction& t) { return t.credentials().add(made); }));
    EXPECT_EQ(winners_of(2,
                         [&](Transaction& t, int i) {
                             return t.credentials().replace_verifier(made.id, verifier('A'),
                                                                     verifier(static_cast<char>('B' + i % 20)));
                         }),
              1);
}

TEST_P(StoreConcurrency, KeepsOnePasswordOfManyThatAreSetAtOnce) {
    const AccountId anna = add("anna");
    EXPECT_EQ(winners_of(2,
                         [&](Transaction& t, int) {
                             return t.credentials().set_password(credential(anna, CredentialKind::password), now());
                         }),
              64);
    const auto left = read([&](Transaction& t) { return t.credentials().of_account(anna); });
    EXPECT_EQ(left.size(), 2U) << "the last one and the one before";
    EXPECT_EQ(account(anna).epoch, 65);
}

TEST_P(StoreConcurrency, LinksAnAccountToExactlyOne) {
    const AccountId anna = add("anna");
    std::vector<AccountId> heads;
    heads.reserve(64);
    for (int i = 0; i < 64; ++i) heads.push_back(add("head" + std::to_string(i)));
    EXPECT_EQ(
        winners_of(2, [&](Transaction& t,
                          int i) { return t.accounts().link(heads[static_cast<std::size_t>(i)], anna, random_id()); }),
        1);
    expect_whole_groups();
}

TEST_P(StoreConcurrency, LeavesNoGroupOfOneAndNoneWithoutAHead) {
    std::vector<AccountId> all;
    all.reserve(8);
    for (int i = 0; i < 8; ++i) all.push_back(add("a" + std::to_string(i)));
    std::atomic<int> failures = 0;
    together(8, [&](int i) {
        for (std::size_t round = 0; round < 12; ++round) {
            const auto mine = static_cast<std::size_t>(i);
            const auto done = store_.change([&](Transaction& t) {
                if (round % 2 == 0) return t.accounts().link(all[mine], all[(mine + 1 + round) % 8], random_id());
                return t.accounts().unlink(all[(mine + round) % 8]);
            });
            if (!done) ++failures;
        }
    });
    EXPECT_EQ(failures, 0);
    expect_whole_groups();
}

TEST_P(StoreConcurrency, ReadsAndWritesAtOnceWithFewerSessionsThanThreads) {
    const auto store = test_store_.open(3);
    add("reader");
    std::atomic<int> failures = 0;
    together(crowd, [&](int i) {
        for (int round = 0; round < 10; ++round) {
            const NewAccount made = new_account("n" + std::to_string(i) + "." + std::to_string(round));
            if (!store->change([&](Transaction& t) { return t.accounts().add(made, now()); })) ++failures;
            if (!store->read([](Transaction& t) { return t.accounts().find(name("reader")); })) ++failures;
        }
    });
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(read([](Transaction& t) { return t.accounts().list({}).size(); }), 1U + crowd * 10U);
}

TEST_P(StoreConcurrency, LetsNobodySeeHalfABatch) {
    std::atomic<bool> saw_half = false;
    std::atomic<bool> done = false;
    std::jthread reader([&] {
        while (!done) {
            const auto count = read([](Transaction& t) { return t.accounts().list({}).size(); });
            if (count != 0 && count != 200) saw_half = true;
        }
    });
    change([&](Transaction& t) {
        for (int i = 0; i < 200; ++i) std::ignore = t.accounts().add(new_account("n" + std::to_string(i)), now());
    });
    done = true;
    reader.join();
    EXPECT_FALSE(saw_half);
}

TEST_P(StoreConcurrency, BreaksDeadlocksAtNobodysCost) {
    const AccountId a = add("a");
    const AccountId b = add("b");
    std::atomic<int> failures = 0;
    together(2, [&](int i) {
        for (int round = 0; round < 10; ++round) {
            const auto done = store_.change([&](Transaction& t) {
                t.accounts().raise_epoch(i == 0 ? a : b);
                t.accounts().raise_epoch(i == 0 ? b : a);
            });
            if (!done) ++failures;
        }
    });
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(account(a).epoch, 21);
    EXPECT_EQ(account(b).epoch, 21);
}

}  // namespace
}  // namespace postern::auth::store
