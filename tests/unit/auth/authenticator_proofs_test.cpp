// Ways in without a password: a client certificate, and a token that somebody has checked.
#include "auth/standing.hpp"
#include "tests/unit/auth/authenticator_fixture.hpp"

#include <optional>

namespace postern::auth {
namespace {

/// Knows the token "good" to be anna's, "broken" to be unknowable now, and "of nobody" to be of no account.
class FakeTokens final : public TokenVerifier {
public:
    std::expected<std::string, Refused> owner_of(const base::Secret& token) override {
        if (token.reveal() == "good") return "anna@example.org";
        if (token.reveal() == "of nobody") return "nobody@example.org";
        if (token.reveal() == "broken")
            return std::unexpected(Refused(Refusal::unavailable, {}, "the issuer is silent"));
        return std::unexpected(Refusal::wrong_credentials);
    }
};

class WithoutAPassword : public AuthenticatorFixture {
protected:
    WithoutAPassword() {
        anna_ = add("anna@example.org", "secret", {"a.lee@example.org", "anna"}, {"staff"});
        add("dora@example.org", "");
        add("carl@example.org", "secret");
        EXPECT_TRUE(accounts_.suspend(accounts_.find(test::name("carl@example.org"))->id));
        NewAccount visitor = test::new_account("late@example.org");
        visitor.valid_until = test_store_.clock.now();
        add(visitor, "secret");
        NewAccount fresh = test::new_account("fresh@example.org");
        fresh.state = AccountState::provisional;
        add(fresh, "secret");
    }

    std::string enter(const std::string& name, const std::string& act_as = "") {
        return outcome_of(authenticator_.authenticate(CertificateHolder{.name = name, .act_as = act_as}, where_));
    }
    std::string show(const std::string& token, const std::string& name = "") {
        return outcome_of(with_tokens_.authenticate(BearerToken{.name = name, .token = base::Secret(token)}, where_));
    }
    /// Rows of the journal about logins: "subject outcome reason detail".
    std::vector<std::string> login_rows() {
        std::vector<std::string> rows;
        const auto found = store_.read([](Transaction& transaction) { return transaction.journal().after(0, 1000); });
        for (const JournalRow& row : found.value())
            if (row.action == "login")
                rows.push_back((row.subject_id ? std::to_string(*row.subject_id) : "-") + " " + row.outcome + " " +
                               row.reason + " " + row.detail);
        return rows;
    }

    AccountId anna_ = 0;
    FakeTokens tokens_;
    Authenticator with_tokens_{store_, hasher_, test_store_.keyring, test_store_.clock, settings_, &tokens_};
};

TEST_F(WithoutAPassword, ACertificateOpensTheAccountThatGoesByItsName) {
    EXPECT_EQ(enter("anna@example.org"), "is anna@example.org");
    EXPECT_EQ(enter("A.Lee@Example.ORG"), "is anna@example.org") << "an alias, in any case";
    EXPECT_EQ(enter("dora@example.org"), "is dora@example.org") << "an account without a password";
    const auto verdict =
        authenticator_.authenticate(CertificateHolder{.name = "anna@example.org", .act_as = {}}, where_);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->groups, std::vector<std::string>{"staff"});
}

TEST_F(WithoutAPassword, ACertificateNeedsAnAccountThatIsFitToBeUsed) {
    EXPECT_EQ(enter("nobody@example.org"), "wrong_credentials");
    EXPECT_EQ(enter("anna@@example.org"), "wrong_credentials");
    EXPECT_EQ(enter(""), "wrong_credentials");
    EXPECT_EQ(enter("carl@example.org"), "account_suspended");
    EXPECT_EQ(enter("late@example.org"), "account_expired");
    EXPECT_EQ(enter("fresh@example.org"), "not_activated");
    ASSERT_TRUE(accounts_.close(anna_));
    EXPECT_EQ(enter("anna@example.org"), "account_suspended");
}

TEST_F(WithoutAPassword, ACertificateLetsNobodyActAsSomebodyElse) {
    EXPECT_EQ(enter("anna@example.org", "anna@example.org"), "is anna@example.org");
    EXPECT_EQ(enter("anna@example.org", "anna"), "is anna@example.org");
    EXPECT_EQ(enter("anna@example.org", "dora@example.org"), "not_authorised");
    EXPECT_EQ(enter("anna@example.org", "nobody@example.org"), "not_authorised");
}

TEST_F(WithoutAPassword, NothingIsHashedAndNothingPaidFor) {
    const auto before = hasher_.verified.load();
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(enter("nobody@example.org"), "wrong_credentials");
        EXPECT_EQ(enter("carl@example.org"), "account_suspended");
    }
    EXPECT_EQ(enter("anna@example.org"), "is anna@example.org");
    EXPECT_EQ(hasher_.verified.load(), before);
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "is anna@example.org");
}

TEST_F(WithoutAPassword, ItDoesNotMatterWhetherTheMainPasswordOpensMailboxes) {
    settings_.app_passwords_required = true;
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "app_password_required");
    const auto verdict =
        authenticator_.authenticate(CertificateHolder{.name = "anna@example.org", .act_as = {}}, where_);
    ASSERT_TRUE(verdict);
    const auto again = [&] {
        return store_
            .read([&](Transaction& transaction) {
                return look_again(transaction, anna_, verdict->standing, settings_, test_store_.clock.now());
            })
            .value();
    };
    EXPECT_EQ(again().objection, std::nullopt) << "and whoever is in stays in";
    ASSERT_TRUE(accounts_.compromise(anna_));
    EXPECT_EQ(again().objection, Refusal::wrong_credentials);
}

TEST_F(WithoutAPassword, TheJournalTellsTheFactor) {
    const std::string anna = std::to_string(anna_);
    EXPECT_EQ(enter("anna@example.org"), "is anna@example.org");
    EXPECT_EQ(enter("anna@example.org"), "is anna@example.org");
    EXPECT_EQ(enter("nobody@example.org"), "wrong_credentials");
    EXPECT_EQ(enter("nobody@example.org"), "wrong_credentials");
    EXPECT_EQ(enter("anna@example.org", "dora@example.org"), "not_authorised");
    EXPECT_EQ(login_rows(),
              (std::vector<std::string>{anna + " ok new_place certificate", "- refused wrong_credentials certificate",
                                        anna + " refused not_authorised certificate"}));
}

TEST_F(WithoutAPassword, ATokenIsForThoseWhoHaveItChecked) {
    EXPECT_FALSE(authenticator_.takes_tokens());
    EXPECT_EQ(outcome_of(authenticator_.authenticate(BearerToken{.name = {}, .token = base::Secret("good")}, where_)),
              "wrong_credentials");
    EXPECT_TRUE(with_tokens_.takes_tokens());
    EXPECT_EQ(show("good"), "is anna@example.org");
    EXPECT_EQ(show("good", "anna@example.org"), "is anna@example.org");
    EXPECT_EQ(show("good", "dora@example.org"), "not_authorised");
    EXPECT_EQ(show("of nobody"), "wrong_credentials");
    EXPECT_EQ(show("bad"), "wrong_credentials");
    EXPECT_EQ(show("broken"), "store_unavailable");
    EXPECT_EQ(show("secret", "anna@example.org"), "wrong_credentials") << "a password is no token";
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "good")), "wrong_credentials") << "and a token no password";
}

}  // namespace
}  // namespace postern::auth
