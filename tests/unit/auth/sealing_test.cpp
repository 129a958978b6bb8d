#include "auth/sealing.hpp"

#include "auth/login_record.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

constexpr auto bare_verifier = "$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";

class Sealing : public testing::Test {
protected:
    /// A password as it stands in the store.
    CredentialId add_password(const std::string& login, const std::string& stored) {
        const NewAccount account = test::new_account(login);
        const Credential credential{.id = random_id(),
                                    .account = account.id,
                                    .kind = CredentialKind::password,
                                    .verifier = base::Secret(stored),
                                    .created_at = test_store_.clock.now()};
        const auto added = store_.change([&](Transaction& transaction) {
            return !transaction.accounts().add(account, test_store_.clock.now()) &&
                   transaction.credentials().add(credential);
        });
        EXPECT_TRUE(added && *added);
        return credential.id;
    }
    std::size_t add_otp_key(const std::string& serial, const Keyring& keyring) {
        const OtpKeyId id = random_id();
        const OtpKey key{.id = id, .serial = serial, .seed = keyring.seal(base::Secret("seed"), seed_context(id))};
        const auto added = store_.change(
            [&](Transaction& transaction) { return transaction.otp_keys().add(key, test_store_.clock.now()); });
        return added && *added ? 1 : 0;
    }
    Credential credential(CredentialId id) {
        auto found = store_.read([&](Transaction& transaction) { return transaction.credentials().find(id); });
        return std::move(found.value().value());
    }
    std::size_t seal_with(const Keyring& keyring) {
        const auto sealed = seal_anew(store_, keyring, [](std::size_t) {});
        EXPECT_TRUE(sealed) << sealed.error().detail;
        return sealed.value_or(0);
    }

    test::TestStore test_store_;
    Store& store_ = test_store_.store();
    const Keyring& keyring_ = test_store_.keyring;
};

TEST_F(Sealing, SealsWhatAnOlderVersionLeftBareOnce) {
    const CredentialId id = add_password("anna", bare_verifier);
    EXPECT_EQ(*count_older_seals(store_, keyring_), 1U);
    EXPECT_EQ(seal_with(keyring_), 1U);
    EXPECT_TRUE(keyring_.is_current(credential(id).verifier.reveal()));
    EXPECT_EQ(open_verifier(keyring_, credential(id))->reveal(), bare_verifier);
    EXPECT_EQ(seal_with(keyring_), 0U);
    EXPECT_EQ(*count_older_seals(store_, keyring_), 0U);
}

TEST_F(Sealing, SealsMoreThanOnePageOfEveryColumn) {
    for (int i = 0; i < 450; ++i) add_password("n" + std::to_string(i), bare_verifier);
    EXPECT_EQ(seal_with(keyring_), 450U);
    EXPECT_EQ(*count_older_seals(store_, keyring_), 0U);
}

TEST_F(Sealing, TakesEverythingToAKeyThatWasAdded) {
    const std::string path = test_store_.folder().file("keys");
    ASSERT_TRUE(Keyring::create(path));
    const auto before = Keyring::load(path);
    const CredentialId id = add_password("anna", bare_verifier);
    ASSERT_EQ(seal_with(*before), 1U);
    ASSERT_EQ(add_otp_key("GA1", *before), 1U);
    ASSERT_TRUE(Keyring::add_seal_key(path));
    const auto after = Keyring::load(path);
    EXPECT_EQ(*count_older_seals(store_, *after), 2U);
    EXPECT_EQ(seal_with(*after), 2U);
    EXPECT_TRUE(credential(id).verifier.reveal().starts_with("s2."));
    EXPECT_EQ(open_verifier(*before, credential(id))->reveal(), bare_verifier) << "a running process reads the file";
    const auto key = store_.read([](Transaction& transaction) { return transaction.otp_keys().find("GA1"); });
    EXPECT_EQ(after->unseal((*key)->seed, seed_context((*key)->id))->reveal(), "seed");
}

TEST_F(Sealing, LeavesMacsOfAppPasswordsAlone) {
    const CredentialId id = add_password("anna", bare_verifier);
    const Credential app{.id = random_id(),
                         .account = credential(id).account,
                         .kind = CredentialKind::app_password,
                         .verifier = base::Secret(keyring_.mac(MacUse::app_password, {"x"})),
                         .scope = "imap",
                         .label = "phone",
                         .created_at = test_store_.clock.now()};
    ASSERT_TRUE(*store_.change([&](Transaction& transaction) { return transaction.credentials().add(app); }));
    EXPECT_EQ(seal_with(keyring_), 1U);
    EXPECT_EQ(credential(app.id).verifier.reveal(), app.verifier.reveal());
}

TEST_F(Sealing, NamesTheRowThatNoKeyOpens) {
    add_password("anna", Keyring::ephemeral().seal(base::Secret("x"), "somewhere else"));
    ASSERT_TRUE(Keyring::create(test_store_.folder().file("keys")));
    ASSERT_TRUE(Keyring::add_seal_key(test_store_.folder().file("keys")));
    const auto sealed = seal_anew(store_, *Keyring::load(test_store_.folder().file("keys")), [](std::size_t) {});
    ASSERT_FALSE(sealed);
    EXPECT_TRUE(sealed.error().detail.contains("of credential.verifier was sealed for something else"))
        << sealed.error().detail;
}

TEST_F(Sealing, KnowsItsOwnKeys) {
    EXPECT_TRUE(*knows_keys(store_));
    EXPECT_TRUE(check_keys(store_, keyring_));
    EXPECT_TRUE(adopt_keys(store_, keyring_));
    const Keyring other = Keyring::ephemeral();
    EXPECT_EQ(check_keys(store_, other).error().fault, StoreFault::unavailable);
    EXPECT_FALSE(adopt_keys(store_, other)) << "a store is never bound a second time";
    EXPECT_TRUE(check_keys(store_, keyring_));
}

TEST_F(Sealing, DoesNotOpenTheVerifierOfAnotherRow) {
    const CredentialId anna = add_password("anna", bare_verifier);
    const CredentialId bob = add_password("bob", bare_verifier);
    seal_with(keyring_);
    Credential swapped = credential(anna);
    swapped.verifier = credential(bob).verifier.clone();
    EXPECT_EQ(open_verifier(keyring_, swapped).error(), SealFault::wrong_context);
}

}  // namespace
}  // namespace postern::auth
