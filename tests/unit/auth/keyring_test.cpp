#include "auth/keyring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

namespace postern::auth {
namespace {

using base::Secret;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char key_a[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";  // bytes 0 to 31
constexpr char key_b[] = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";  // bytes 32 to 63
const std::string mac_line = std::string("mac ") + key_a + "\n";
const std::string seal_line = std::string("seal 1 ") + key_b + "\n";

class KeyFile : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "keyring-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        path_ = (directory_ / "keys").string();
    }
    void TearDown() override { fs::remove_all(directory_); }

    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    }

    [[nodiscard]] std::string text() const {
        std::ostringstream all;
        all << std::ifstream(path_, std::ios::binary).rdbuf();
        return all.str();
    }

    [[nodiscard]] mode_t mode() const {
        struct stat status{};
        return ::stat(path_.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
    }

    [[nodiscard]] std::string why_not() const {
        const auto keys = Keyring::load(path_);
        return keys ? "loaded" : keys.error();
    }

    fs::path directory_;
    std::string path_;
};

TEST(Keyring, OpensWhatItSealed) {
    const Keyring keys = Keyring::ephemeral();
    for (const std::string& plain : {std::string(), std::string("x"), std::string("a\0b", 3), std::string(5000, 'p'),
                                     std::string(max_sealed_plain_bytes, 'q')}) {
        const std::string sealed = keys.seal(Secret(plain), "credential:42:7");
        EXPECT_TRUE(sealed.starts_with("s1."));
        const auto opened = keys.unseal(sealed, "credential:42:7");
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->reveal(), plain);
    }
}

TEST(Keyring, SealsTheSameTextDifferentlyEachTime) {
    const Keyring keys = Keyring::ephemeral();
    EXPECT_NE(keys.seal(Secret("same"), "c"), keys.seal(Secret("same"), "c"));
}

TEST(Keyring, ShowsNothingOfThePlainText) {
    EXPECT_THAT(Keyring::ephemeral().seal(Secret("CanaryCanaryCanary"), "c"), testing::Not(HasSubstr("Canary")));
}

TEST(Keyring, OpensNothingInAnotherContext) {
    const Keyring keys = Keyring::ephemeral();
    const std::string sealed = keys.seal(Secret("verifier"), "credential:42:7");
    for (const char* context : {"credential:42:8", "credential:43:7", "credential:42:77", "credential:42:", ""})
        EXPECT_EQ(keys.unseal(sealed, context).error(), SealFault::wrong_context) << context;
}

TEST(Keyring, OpensNothingThatWasChangedInAnyByte) {
    const Keyring keys = Keyring::ephemeral();
    // With the last character of base64url in it, because libsodium's decoder takes more than that for it.
    std::string sealed;
    while (!sealed.contains('_')) sealed = keys.seal(Secret("a verifier"), "c");
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = sealed;
            changed[at] = static_cast<char>(byte);
            if (changed == sealed) continue;
            EXPECT_FALSE(keys.unseal(changed, "c")) << "byte " << at << " made " << byte;
        }
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_FALSE(keys.unseal(sealed.substr(0, size), "c")) << "cut to " << size;
    EXPECT_FALSE(keys.unseal(sealed + "A", "c"));
    EXPECT_TRUE(keys.unseal(sealed, "c"));
}

TEST(Keyring, SaysWhyATextDoesNotOpen) {
    const Keyring keys = Keyring::ephemeral();
    const std::string payload = keys.seal(Secret("x"), "c").substr(3);
    struct Case {
        std::string sealed;
        SealFault fault;
    };
    const Case cases[] = {
        {"", SealFault::malformed},
        {"s", SealFault::malformed},
        {"s1", SealFault::malformed},
        {"s.", SealFault::malformed},
        {"s1.", SealFault::malformed},
        {"s1.AAAA", SealFault::malformed},
        {"1." + payload, SealFault::malformed},
        {"t1." + payload, SealFault::malformed},
        {"s0." + payload, SealFault::malformed},
        {"s01." + payload, SealFault::malformed},
        {"s-1." + payload, SealFault::malformed},
        {"s65536." + payload, SealFault::malformed},
        {"s" + std::string(10000, '9') + "." + payload, SealFault::malformed},
        {"s1." + payload + "=", SealFault::malformed},
        {"s1." + payload + "\n", SealFault::malformed},
        {"s1." + std::string(2 * max_sealed_plain_bytes, 'A'), SealFault::malformed},
        {"s2." + payload, SealFault::unknown_key},
        {"s65535." + payload, SealFault::unknown_key},
        {"s1." + std::string(64, 'A'), SealFault::wrong_context},
    };
    for (const Case& c : cases) {
        const auto opened = keys.unseal(c.sealed, "c");
        ASSERT_FALSE(opened) << c.sealed.substr(0, 80);
        EXPECT_EQ(opened.error(), c.fault) << c.sealed.substr(0, 80);
    }
}

TEST(Keyring, GivesOneMacForTheSamePartsAndOthersForOthers) {
    const Keyring keys = Keyring::ephemeral();
    const std::string mac = keys.mac(MacUse::name, {"ab", "c"});
    EXPECT_EQ(mac.size(), 43U);
    EXPECT_EQ(mac, keys.mac(MacUse::name, {"ab", "c"}));
    EXPECT_TRUE(keys.is_mac(mac, MacUse::name, {"ab", "c"}));
    EXPECT_FALSE(keys.is_mac(mac, MacUse::name, {"a", "bc"}));
    EXPECT_FALSE(keys.is_mac(mac, MacUse::name, {"abc"}));
    EXPECT_FALSE(keys.is_mac(mac, MacUse::name, {"ab", "c", ""}));
    EXPECT_FALSE(keys.is_mac(mac, MacUse::name, {"c", "ab"}));
    EXPECT_NE(keys.mac(MacUse::name, {}), keys.mac(MacUse::name, {""}));
}

TEST(Keyring, RefusesAMacThatDiffersInOneCharacterOrInLength) {
    const Keyring keys = Keyring::ephemeral();
    const std::string mac = keys.mac(MacUse::link, {"x"});
    for (std::size_t at = 0; at < mac.size(); ++at) {
        std::string changed = mac;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(keys.is_mac(changed, MacUse::link, {"x"})) << at;
    }
    EXPECT_FALSE(keys.is_mac("", MacUse::link, {"x"}));
    EXPECT_FALSE(keys.is_mac(mac.substr(0, 42), MacUse::link, {"x"}));
    EXPECT_FALSE(keys.is_mac(mac + "A", MacUse::link, {"x"}));
}

TEST(Keyring, HasAKeyOfItsOwnForEachUse) {
    const Keyring keys = Keyring::ephemeral();
    std::set<std::string> macs;
    for (int use = 0; use <= static_cast<int>(MacUse::key_check); ++use)
        macs.insert(keys.mac(static_cast<MacUse>(use), {"same"}));
    EXPECT_EQ(macs.size(), 12U);
}

TEST(Keyring, DiffersFromAnyOther) {
    EXPECT_NE(Keyring::ephemeral().mac(MacUse::name, {"x"}), Keyring::ephemeral().mac(MacUse::name, {"x"}));
    const std::string sealed = Keyring::ephemeral().seal(Secret("x"), "c");
    EXPECT_EQ(Keyring::ephemeral().unseal(sealed, "c").error(), SealFault::wrong_context);
}

TEST(Keyring, CutsFingerprintsOutOfTheirMac) {
    const Keyring keys = Keyring::ephemeral();
    EXPECT_EQ(keys.fingerprint16({"7", "1", "wrong"}), keys.fingerprint16({"7", "1", "wrong"}));
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 100; ++i) seen.insert(keys.fingerprint16({"7", "1", std::to_string(i)}));
    EXPECT_GT(seen.size(), 90U);
}

TEST(Keyring, MayBeUsedByManyThreadsAtOnce) {
    const Keyring keys = Keyring::ephemeral();
    const std::string mac = keys.mac(MacUse::flow, {"x"});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int turn = 0; turn < 200; ++turn) {
                EXPECT_EQ(keys.mac(MacUse::flow, {"x"}), mac);
                EXPECT_EQ(keys.unseal(keys.seal(Secret("p"), "c"), "c")->reveal(), "p");
            }
        });
    }
}

TEST(Keyring, KeepsItsKeysWhenMoved) {
    Keyring first = Keyring::ephemeral();
    const std::string sealed = first.seal(Secret("p"), "c");
    const Keyring second = std::move(first);
    EXPECT_EQ(second.unseal(sealed, "c")->reveal(), "p");
}

TEST_F(KeyFile, IsCreatedForItsOwnerAloneAndLoaded) {
    ASSERT_TRUE(Keyring::create(path_));
    EXPECT_EQ(mode(), 0600U);
    const auto first = Keyring::load(path_);
    const auto second = Keyring::load(path_);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->current_seal_key(), 1);
    EXPECT_EQ(first->mac(MacUse::name, {"x"}), second->mac(MacUse::name, {"x"}));
    EXPECT_EQ(second->unseal(first->seal(Secret("p"), "c"), "c")->reveal(), "p");
}

TEST_F(KeyFile, IsNeverOverwrittenByANewOne) {
    write("precious");
    const auto created = Keyring::create(path_);
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error(), HasSubstr("exists already"));
    EXPECT_EQ(text(), "precious");
}

TEST_F(KeyFile, DoesNotFollowALinkWhenCreated) {
    fs::create_symlink(directory_ / "elsewhere", path_);
    EXPECT_FALSE(Keyring::create(path_));
    EXPECT_FALSE(fs::exists(directory_ / "elsewhere"));
}

TEST_F(KeyFile, SaysWhenItsDirectoryDoesNotExist) {
    const auto created = Keyring::create((directory_ / "none" / "keys").string());
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error(), HasSubstr("No such file or directory"));
}

TEST_F(KeyFile, KeepsTheFormatOfWhatIsStored) {
    // Made with Python's hmac and hashlib: BLAKE2b-256 with key 00..1f, salt 8 bytes little-endian 1 (libsodium's KDF
    // puts the number there), person "postern1"; then HMAC-SHA-256 of "\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c".
    // The sealed text is by the draft's pseudocode in Python, with key 20..3f and nonce 40..57.
    write(mac_line + seal_line);
    const auto keys = Keyring::load(path_);
    ASSERT_TRUE(keys) << keys.error();
    EXPECT_EQ(keys->mac(MacUse::name, {"ab", "c"}), "4P4wMHuKs51xXi28O4Iw0JKjuiuJK887krKx6K7EFb0");
    EXPECT_EQ(keys->unseal("s1.QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXTEQfwEAPmK3qM41VERM38qdFD2hAXCuA", "credential:42:7")
                  ->reveal(),
              "verifier");
}

TEST_F(KeyFile, OpensOldTextsAfterRotationAndSealsWithTheNewKey) {
    ASSERT_TRUE(Keyring::create(path_));
    const auto before = Keyring::load(path_);
    const std::string old_text = before->seal(Secret("old"), "c");
    EXPECT_TRUE(before->is_current(old_text));
    ASSERT_TRUE(Keyring::add_seal_key(path_));

    const auto after = Keyring::load(path_);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->current_seal_key(), 2);
    EXPECT_EQ(after->unseal(old_text, "c")->reveal(), "old");
    EXPECT_FALSE(after->is_current(old_text));
    const std::string new_text = after->seal(Secret("new"), "c");
    EXPECT_TRUE(new_text.starts_with("s2."));
    EXPECT_TRUE(after->is_current(new_text));
    EXPECT_EQ(before->current_seal_key(), 1);
    EXPECT_EQ(before->unseal(new_text, "c")->reveal(), "new") << "it reads the file again";
    EXPECT_EQ(before->current_seal_key(), 2);
    EXPECT_EQ(after->mac(MacUse::name, {"x"}), before->mac(MacUse::name, {"x"}));
    EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(KeyFile, OfAnotherStoreIsNotTakenForItsOwn) {
    ASSERT_TRUE(Keyring::create(path_));
    const auto keys = Keyring::load(path_);
    fs::remove(path_);
    ASSERT_TRUE(Keyring::create(path_));
    ASSERT_TRUE(Keyring::add_seal_key(path_));
    const std::string foreign = Keyring::load(path_)->seal(Secret("foreign"), "c");
    EXPECT_EQ(keys->unseal(foreign, "c").error(), SealFault::unknown_key);
    EXPECT_EQ(keys->current_seal_key(), 1);
}

TEST_F(KeyFile, IsReadAgainByAllThreadsAtOnceWithoutARace) {
    ASSERT_TRUE(Keyring::create(path_));
    const auto keys = Keyring::load(path_);
    ASSERT_TRUE(Keyring::add_seal_key(path_));
    const std::string text = Keyring::load(path_)->seal(Secret("new"), "c");
    std::atomic<int> opened = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] { opened += keys->unseal(text, "c").has_value() ? 1 : 0; });
    }
    EXPECT_EQ(opened, 8);
}

TEST_F(KeyFile, KeepsModeCommentsAndKeysWhenAKeyIsAdded) {
    const std::string before = "# ours\n" + mac_line + "\n" + seal_line.substr(0, seal_line.size() - 1);
    write(before, 0400);
    ASSERT_TRUE(Keyring::add_seal_key(path_));
    EXPECT_EQ(mode(), 0400U);
    EXPECT_TRUE(text().starts_with(before + "\nseal 2 ")) << text();
    EXPECT_EQ(Keyring::load(path_)->current_seal_key(), 2);
}

TEST_F(KeyFile, IsNotChangedTwiceAtTheSameTime) {
    write(mac_line + seal_line);
    std::ofstream(path_ + ".new") << "somebody's";
    const auto added = Keyring::add_seal_key(path_);
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error(), HasSubstr("is being changed"));
    EXPECT_EQ(text(), mac_line + seal_line);
    EXPECT_TRUE(fs::exists(path_ + ".new"));
}

TEST_F(KeyFile, LosesNoKeyWhenManyAddOne) {
    ASSERT_TRUE(Keyring::create(path_));
    std::atomic<int> added = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] { added += Keyring::add_seal_key(path_).has_value() ? 1 : 0; });
    }
    EXPECT_GE(added, 1);
    EXPECT_EQ(Keyring::load(path_)->current_seal_key(), 1 + added);
}

TEST_F(KeyFile, IsLeftAloneWhenNoKeyCanBeAdded) {
    const std::string broken[] = {"garbage\n", mac_line, mac_line + "seal 65535 " + key_b + "\n"};
    for (const std::string& before : broken) {
        write(before);
        EXPECT_FALSE(Keyring::add_seal_key(path_)) << before;
        EXPECT_EQ(text(), before);
        EXPECT_FALSE(fs::exists(path_ + ".new"));
    }
    fs::remove(path_);
    EXPECT_FALSE(Keyring::add_seal_key(path_));
    EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(KeyFile, SealsWithTheHighestNumberWhereverItStands) {
    write(mac_line + "seal 65535 " + key_a + "\n" + "seal 7 " + key_b + "\n");
    const auto keys = Keyring::load(path_);
    ASSERT_TRUE(keys) << keys.error();
    EXPECT_EQ(keys->current_seal_key(), 65535);
    EXPECT_TRUE(keys->seal(Secret("x"), "c").starts_with("s65535."));
}

TEST_F(KeyFile, IsRefusedWithTheLineAndTheReason) {
    struct Case {
        std::string text;
        std::string why;
    };
    const std::string key(key_a);
    const Case cases[] = {
        {"", "no line \"mac"},
        {"# only a comment\n", "no line \"mac"},
        {seal_line, "no line \"mac"},
        {mac_line, "no line \"seal"},
        {mac_line + mac_line + seal_line, "line 2: a second line \"mac\""},
        {mac_line + seal_line + seal_line, "line 3: a second line \"seal\" with the same number"},
        {"mac\n" + seal_line, "line 1: expected \"mac\""},
        {"mac " + key.substr(1) + "\n", "line 1: expected \"mac\""},
        {"mac " + key + "A\n", "line 1: expected \"mac\""},
        {"mac " + key + "=\n", "line 1: expected \"mac\""},
        {"mac " + key.substr(0, 42) + "9\n", "line 1: expected \"mac\""},  // bits behind the last byte
        {"mac " + key.substr(0, 42) + "+\n", "line 1: expected \"mac\""},
        {"mac  " + key + "\n", "line 1: expected \"mac\""},
        {"mac " + key + "\r\n", "line 1: expected \"mac\""},
        {"MAC " + key + "\n", "line 1: expected \"mac <key>\" or"},
        {"\n\nkey " + key + "\n", "line 3: expected \"mac <key>\" or"},
        {mac_line + "seal " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal 1\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal 0 " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal 01 " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal -1 " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal 65536 " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal " + std::string(10000, '9') + " " + key + "\n", "line 2: expected \"seal\", a number"},
        {mac_line + "seal 1 " + key.substr(2) + "\n", "line 2: expected 32 bytes"},
        {std::string("\0\0\0\0", 4), "line 1: expected"},
        {std::string(max_key_file_bytes + 1, '#'), "is longer than 65536 bytes"},
        {std::string(4 * max_key_file_bytes, '\n'), "is longer than 65536 bytes"},
    };
    for (const Case& c : cases) {
        write(c.text);
        const std::string why = why_not();
        EXPECT_THAT(why, HasSubstr(path_)) << c.text.substr(0, 80);
        EXPECT_THAT(why, HasSubstr(c.why)) << c.text.substr(0, 80);
        EXPECT_THAT(why, testing::Not(HasSubstr(key.substr(2, 40)))) << "the reason holds a key";
    }
}

TEST_F(KeyFile, MayBeAsLongAsTheBound) {
    write(mac_line + seal_line + std::string(max_key_file_bytes - mac_line.size() - seal_line.size(), '#'));
    EXPECT_EQ(why_not(), "loaded");
    const auto added = Keyring::add_seal_key(path_);
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error(), HasSubstr("would grow beyond"));
}

TEST_F(KeyFile, IsRefusedWhenMoreThanItsOwnerMayUseIt) {
    for (const mode_t mode : {0644U, 0640U, 0660U, 0604U, 0620U, 0601U, 0700U, 04600U, 02600U, 0777U}) {
        write(mac_line + seal_line, mode);
        EXPECT_THAT(why_not(), HasSubstr("chmod 0600")) << std::oct << mode;
        EXPECT_FALSE(Keyring::add_seal_key(path_)) << std::oct << mode;
    }
    for (const mode_t mode : {0600U, 0400U}) {
        write(mac_line + seal_line, mode);
        EXPECT_EQ(why_not(), "loaded") << std::oct << mode;
    }
}

TEST_F(KeyFile, IsRefusedWhenItBelongsToAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    write(mac_line + seal_line);
    ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
    EXPECT_THAT(why_not(), HasSubstr("belongs to another user"));
}

TEST_F(KeyFile, MustBeARegularFile) {
    EXPECT_THAT(why_not(), HasSubstr("does not exist"));
    write(mac_line + seal_line);
    fs::create_symlink(path_, path_ + ".link");
    EXPECT_THAT(Keyring::load(path_ + ".link").error(), HasSubstr("is a symbolic link"));
    EXPECT_THAT(Keyring::load(directory_.string()).error(), HasSubstr("is not a regular file"));
    ASSERT_EQ(::mkfifo((path_ + ".pipe").c_str(), 0600), 0);
    EXPECT_THAT(Keyring::load(path_ + ".pipe").error(), HasSubstr("is not a regular file"));
    EXPECT_FALSE(Keyring::load(""));
}

}  // namespace
}  // namespace postern::auth
