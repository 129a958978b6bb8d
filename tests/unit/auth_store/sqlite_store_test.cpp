#include "tests/unit/auth_store/store_fixture.hpp"

#include <fstream>

namespace postern::auth::store {
namespace {

class SqliteStoreTest : public StoreFixture {
protected:
    void SetUp() override {
        migrate();
        store_ = open_store();
        ASSERT_TRUE(store_);
    }

    std::vector<std::string> logins(const AccountFilter& filter) {
        const auto accounts = store_->list(filter);
        EXPECT_TRUE(accounts) << accounts.error().detail;
        std::vector<std::string> found;
        for (const Account& account : *accounts) found.push_back(account.login.text());
        return found;
    }

    std::unique_ptr<SqliteStore> store_;
};

using Logins = std::vector<std::string>;

TEST_F(SqliteStoreTest, GivesBackWhatWasAdded) {
    add(*store_, new_account("anna@example.org", {"z.lee", "a.lee"}, {"staff", "pupils"}));
    const auto found = store_->find(name("anna@example.org"));
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ(found->id, 1);
    EXPECT_EQ(found->login, name("anna@example.org"));
    EXPECT_EQ(found->aliases, (std::vector{name("a.lee"), name("z.lee")}));
    EXPECT_EQ(found->display_name, "Display anna@example.org");
    EXPECT_EQ(found->groups, (std::vector<std::string>{"pupils", "staff"}));
    EXPECT_EQ(found->state, AccountState::active);
    EXPECT_TRUE(found->has_password);
    EXPECT_EQ(found->created_at, clock_.now());
    EXPECT_EQ(found->changed_at, clock_.now());
}

TEST_F(SqliteStoreTest, FindsAnAccountForLoginByEveryOneOfItsNames) {
    add(*store_, new_account("bob"));
    add(*store_, new_account("anna@example.org", {"a.lee"}));
    for (const std::string each : {"anna@example.org", "a.lee"}) {
        const auto record = store_->find_for_login(name(each));
        ASSERT_TRUE(record) << record.error().detail;
        EXPECT_EQ(record->account.id, 2);
        EXPECT_EQ(record->verifier.reveal(), verifier().reveal());
    }
}

TEST_F(SqliteStoreTest, SaysWhomItDoesNotFind) {
    const auto found = store_->find_for_login(name("nobody@example.org"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, StoreFault::not_found);
    EXPECT_EQ(found.error().detail, "there is no account named nobody@example.org");
    EXPECT_EQ(store_->find(name("nobody")).error().fault, StoreFault::not_found);
}

TEST_F(SqliteStoreTest, KeepsAccountsWithoutAPassword) {
    NewAccount account = new_account("anna");
    account.verifier = base::Secret();
    account.state = AccountState::disabled;
    add(*store_, std::move(account));
    const auto record = store_->find_for_login(name("anna"));
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->verifier.empty());
    EXPECT_FALSE(record->account.has_password);
    EXPECT_EQ(record->account.state, AccountState::disabled);
}

TEST_F(SqliteStoreTest, StoresHostileTextAsText) {
    NewAccount account = new_account("anna");
    account.display_name = "'); DROP TABLE account; -- :name ? \xC3\xA9\xE2\x82\xAC \"%s\"";
    const std::string wanted = account.display_name;
    add(*store_, std::move(account));
    EXPECT_EQ(store_->find(name("anna"))->display_name, wanted);
}

TEST_F(SqliteStoreTest, AddsAllOrNothing) {
    add(*store_, new_account("bob", {"robert"}));
    std::vector<NewAccount> batch;
    for (int i = 0; i < 50; ++i) batch.push_back(new_account("new" + std::to_string(i), {}, {"staff"}));
    batch.push_back(new_account("last", {"robert"}));
    const auto added = store_->add(batch);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().fault, StoreFault::already_exists);
    EXPECT_EQ(added.error().detail, "robert");
    EXPECT_EQ(logins({}), Logins{"bob"});
    EXPECT_EQ(store_->find(name("new0")).error().fault, StoreFault::not_found);
    batch.pop_back();
    EXPECT_TRUE(store_->add(batch));
    EXPECT_EQ(logins({}).size(), 51U);
}

TEST_F(SqliteStoreTest, RefusesTheSameNameTwiceInOneBatch) {
    std::vector<NewAccount> batch;
    batch.push_back(new_account("anna", {"shared"}));
    batch.push_back(new_account("bob", {"shared"}));
    EXPECT_EQ(store_->add(batch).error().detail, "shared");
    EXPECT_EQ(logins({}), Logins{});
}

struct Clash {
    std::string what;
    NewAccount account;
};

TEST_F(SqliteStoreTest, KeepsNamesUniqueAcrossLoginsAndAliases) {
    add(*store_, new_account("anna", {"a.lee"}));
    std::vector<Clash> clashes;
    clashes.push_back({"login equals a login", new_account("anna")});
    clashes.push_back({"login equals an alias", new_account("a.lee")});
    clashes.push_back({"alias equals a login", new_account("new", {"anna"})});
    clashes.push_back({"alias equals an alias", new_account("new", {"a.lee"})});
    clashes.push_back({"alias equals its own login", new_account("new", {"new"})});
    for (const Clash& clash : clashes) {
        const auto added = store_->add(std::span(&clash.account, 1));
        ASSERT_FALSE(added) << clash.what;
        EXPECT_EQ(added.error().fault, StoreFault::already_exists) << clash.what << ": " << added.error().detail;
        EXPECT_EQ(logins({}), Logins{"anna"}) << clash.what;
    }
}

TEST_F(SqliteStoreTest, NeverUsesANumberTwice) {
    add(*store_, new_account("anna"));
    auto hand = foreign_session();
    hand << "PRAGMA foreign_keys = ON";
    hand << "DELETE FROM account WHERE id = 1";
    add(*store_, new_account("anna"));
    EXPECT_EQ(store_->find(name("anna"))->id, 2);
}

TEST_F(SqliteStoreTest, TellsWhichNamesAreTaken) {
    add(*store_, new_account("anna", {"a.lee"}));
    const std::vector<Identifier> asked{name("z"), name("a.lee"), name("b"), name("anna")};
    EXPECT_EQ(store_->taken(asked), (std::vector{name("a.lee"), name("anna")}));
}

TEST_F(SqliteStoreTest, SetsAPasswordWhetherThereWasOneOrNot) {
    NewAccount account = new_account("anna");
    account.verifier = base::Secret();
    add(*store_, std::move(account));
    for (const char letter : {'B', 'C'}) {
        clock_.seconds += 10;
        ASSERT_TRUE(store_->set_password(1, verifier(letter)));
        const auto record = store_->find_for_login(name("anna"));
        EXPECT_EQ(record->verifier.reveal(), verifier(letter).reveal());
        EXPECT_EQ(record->account.changed_at, clock_.now());
        EXPECT_TRUE(record->account.has_password);
    }
    EXPECT_EQ(store_->set_password(77, verifier()).error().fault, StoreFault::not_found);
}

TEST_F(SqliteStoreTest, ReplacesAVerifierOnlyWhileItIsTheOneExpected) {
    add(*store_, new_account("anna"));
    clock_.seconds += 10;
    EXPECT_TRUE(store_->replace_verifier(1, verifier('A'), verifier('B')));
    const auto late = store_->replace_verifier(1, verifier('A'), verifier('C'));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().fault, StoreFault::changed_meanwhile);
    const auto record = store_->find_for_login(name("anna"));
    EXPECT_EQ(record->verifier.reveal(), verifier('B').reveal());
    EXPECT_LT(record->account.changed_at, clock_.now()) << "a rehash is no change of the account";
}

TEST_F(SqliteStoreTest, DisablesAndEnables) {
    add(*store_, new_account("anna"));
    clock_.seconds += 10;
    EXPECT_TRUE(store_->set_state(1, AccountState::disabled));
    EXPECT_EQ(store_->find(name("anna"))->state, AccountState::disabled);
    EXPECT_EQ(store_->find(name("anna"))->changed_at, clock_.now());
    EXPECT_TRUE(store_->set_state(1, AccountState::active));
    EXPECT_EQ(store_->find(name("anna"))->state, AccountState::active);
    EXPECT_EQ(store_->set_state(77, AccountState::active).error().fault, StoreFault::not_found);
}

TEST_F(SqliteStoreTest, SurvivesAClockThatWasSetBack) {
    add(*store_, new_account("anna"));
    clock_.seconds -= 1'000'000;
    EXPECT_TRUE(store_->set_state(1, AccountState::disabled));
    const auto account = store_->find(name("anna"));
    EXPECT_EQ(account->changed_at, account->created_at);
}

TEST_F(SqliteStoreTest, ListsInTheOrderOfLoginsAndByPages) {
    for (const std::string login : {"dora", "anna", "carl", "bob"}) add(*store_, new_account(login));
    EXPECT_EQ(logins({}), (Logins{"anna", "bob", "carl", "dora"}));
    AccountFilter page;
    page.limit = 3;
    EXPECT_EQ(logins(page), (Logins{"anna", "bob", "carl"}));
    page.after_login = "carl";
    EXPECT_EQ(logins(page), Logins{"dora"});
}

TEST_F(SqliteStoreTest, ListsWhatTheFilterAsksFor) {
    add(*store_, new_account("anna@example.org", {"a.lee"}, {"staff"}));
    add(*store_, new_account("bob@example.org", {}, {"staff", "pupils"}));
    add(*store_, new_account("carl@example.net", {}, {"pupils"}));
    ASSERT_TRUE(store_->set_state(2, AccountState::disabled));
    AccountFilter filter;
    filter.group = "staff";
    EXPECT_EQ(logins(filter), (Logins{"anna@example.org", "bob@example.org"}));
    filter.state = AccountState::disabled;
    EXPECT_EQ(logins(filter), Logins{"bob@example.org"});
    filter = {};
    filter.text = "A.LEE";
    EXPECT_EQ(logins(filter), Logins{"anna@example.org"});
    filter.text = "display c";
    EXPECT_EQ(logins(filter), Logins{"carl@example.net"});
    filter.text = "%";
    EXPECT_EQ(logins(filter), Logins{}) << "no pattern, plain text";
}

TEST_F(SqliteStoreTest, IsStillThereAfterItWasClosed) {
    add(*store_, new_account("anna"));
    store_.reset();
    store_ = open_store();
    EXPECT_TRUE(store_->find(name("anna")));
}

TEST_F(SqliteStoreTest, LeavesNoOldVerifierInTheFile) {
    NewAccount account = new_account("anna");
    const std::string long_tag(74, 'Z');
    account.verifier = base::Secret("$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + long_tag);
    add(*store_, std::move(account));
    ASSERT_TRUE(store_->set_password(1, verifier('Q')));
    store_.reset();
    foreign_session() << "PRAGMA wal_checkpoint(TRUNCATE)";
    std::ifstream file(path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(bytes.contains(std::string(42, 'Q')));
    EXPECT_FALSE(bytes.contains("ZZZZ"));
}

}  // namespace
}  // namespace postern::auth::store
