// Holds docs/configuration.md and the example files to what the loader really reads, and docs/known-attacks.md to tests
// that are there.
#include "config/load.hpp"
#include "config/yaml_tree.hpp"
#include "tests/unit/config/sandbox.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace postern::config::test {
namespace {

using Keys = std::set<std::string>;

Keys loader_keys() {
    const auto keys = known_keys();
    return {keys.begin(), keys.end()};
}

Keys matches(const std::string& text, const std::string& expression) {
    const std::regex regex(expression);
    Keys found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at)
        found.insert((*at)[1]);
    return found;
}

/// Known keys that `node` sets. What stands under names of the user's choice is found by the placeholder.
void collect(const YamlNode& node, const std::string& pattern, const Keys& known, Keys& found) {
    for (const YamlNode& item : node.items) collect(item, pattern + "[]", known, found);
    for (const YamlEntry& entry : node.entries) {
        std::string own = pattern.empty() ? entry.key : pattern + '.' + entry.key;
        for (const std::string placeholder : {".<name>", ".<language>"})
            if (std::ranges::any_of(known, [&](const auto& key) { return key.starts_with(pattern + placeholder); }))
                own = pattern + placeholder;
        found.insert(own);
        collect(entry.value, own, known, found);
    }
}

TEST(Documentation, DescribesExactlyTheKeysOfTheLoader) {
    const std::string text = source_text("docs/configuration.md");
    EXPECT_EQ(matches(text, "\n\\| `([a-z][a-z_.<>\\[\\]]*)` \\|"), loader_keys());
}

TEST(Documentation, NamesNoKeyThatDoesNotExist) {
    const std::string text = source_text("docs/configuration.md");
    const Keys known = loader_keys();
    for (const std::string& path : matches(text, "`([a-z_]+(?:\\[\\])?\\.[a-z_.<>\\[\\]]+)`"))
        if (path != "autoconfig." && path != "autodiscover.") EXPECT_TRUE(known.contains(path)) << path;
}

TEST(Documentation, BeginsWithTheMinimalExample) {
    const std::string text = source_text("docs/configuration.md");
    const std::string example = text.substr(text.find("```yaml\n") + 8);
    EXPECT_THAT(source_text("docs/examples/minimal.yaml"), testing::HasSubstr(example.substr(0, example.find("```"))));
}

TEST(CompleteExample, SetsExactlyTheKeysOfTheLoader) {
    const auto tree = parse_yaml(source_text("docs/examples/complete.yaml"));
    ASSERT_TRUE(tree);
    Keys set;
    collect(*tree, "", loader_keys(), set);
    // A name of the user's choice is no key of its own; what stands under it is.
    std::erase_if(set, [](const std::string& key) { return key == "backends.<name>"; });
    // One of two places each.
    set.insert({"store.sqlite", "accounts.mail.password.env", "accounts.sms.authorization.file",
                "accounts.hook.command", "accounts.hook.authorization.env"});
    EXPECT_EQ(set, loader_keys());
}

/// With the files it names in a directory of the test.
Loaded load_example(const std::string& name) {
    const Sandbox sandbox;
    for (const std::string file : {"internal-ca.pem", "to-dovecot.pem", "to-dovecot.key", "users-ca.pem", "users.crl",
                                   "dovecot-master.secret", "pgpass", "relay.secret", "hook.secret"})
        sandbox.write(file, "x\n");
    const std::string directory = std::filesystem::path(sandbox.path("x")).parent_path().string();
    const std::string text = replace_all(source_text("docs/examples/" + name), "/etc/postern", directory);
    return load_text(text, sandbox.path("postern.yaml"), [](const std::string& variable) {
        return variable.starts_with("POSTERN_") ? std::optional<std::string>("x") : std::nullopt;
    });
}

TEST(CompleteExample, LoadsAndSaysWhatItSeems) {
    const Loaded loaded = load_example("complete.yaml");
    ASSERT_TRUE(loaded) << loaded.error().front().text();
    EXPECT_EQ(loaded->groups.size(), 4U);
    EXPECT_EQ(loaded->listeners.size(), 7U);
    EXPECT_EQ(loaded->listeners[2].tls, ListenerTls::starttls);
    EXPECT_EQ(loaded->listeners[4].public_port, 443);
    EXPECT_EQ(loaded->backends.size(), 4U);
    EXPECT_EQ(loaded->backends.at("archive").login, BackendLogin::authzid);
    EXPECT_EQ(loaded->backends.at("archive").master_password.reveal(), "x");
    ASSERT_EQ(loaded->routing.rules.size(), 2U);
    EXPECT_EQ(loaded->routing.rules[0].backend, "smtpadm");
    EXPECT_THAT(loaded->routing.rules[0].when.group, testing::ElementsAre("administrative_staff"));
    ASSERT_EQ(loaded->domains.size(), 1U);
    EXPECT_EQ(loaded->domains[0].documentation->title.at("fr"), "Aide de la messagerie");
}

/// What its comments call a default.
TEST(CompleteExample, MarksDefaultsThatAreDefaults) {
    const Loaded complete = load_example("complete.yaml");
    ASSERT_TRUE(complete);
    const Settings defaults;
    EXPECT_EQ(complete->limits.handshake_timeout, defaults.limits.handshake_timeout);
    EXPECT_EQ(complete->limits.login_timeout, defaults.limits.login_timeout);
    EXPECT_EQ(complete->limits.imap_bad_commands, defaults.limits.imap_bad_commands);
    EXPECT_EQ(complete->limits.submission_bad_commands, defaults.limits.submission_bad_commands);
    EXPECT_EQ(complete->limits.login_attempts, defaults.limits.login_attempts);
    EXPECT_EQ(complete->limits.imap_idle_timeout, defaults.limits.imap_idle_timeout);
    EXPECT_EQ(complete->limits.submission_idle_timeout, defaults.limits.submission_idle_timeout);
    EXPECT_EQ(complete->limits.half_closed_timeout, defaults.limits.half_closed_timeout);
    EXPECT_EQ(complete->listeners.back().exposed, ListenerSettings().exposed);
    EXPECT_EQ(complete->limits.connections, defaults.limits.connections);
    EXPECT_EQ(complete->limits.connections_per_address, defaults.limits.connections_per_address);
    EXPECT_EQ(complete->limits.sessions_per_account, defaults.limits.sessions_per_account);
    EXPECT_EQ(complete->limits.sessions_per_account_and_address, defaults.limits.sessions_per_account_and_address);
    EXPECT_EQ(complete->submission.max_message_bytes, defaults.submission.max_message_bytes);
    EXPECT_EQ(complete->submission.senders, defaults.submission.senders);
    EXPECT_EQ(complete->submission.messages_per_hour, defaults.submission.messages_per_hour);
    EXPECT_EQ(complete->submission.recipients_per_hour, defaults.submission.recipients_per_hour);
    EXPECT_EQ(complete->routing.rules.front().senders, SenderCheck::any);
    EXPECT_EQ(complete->routing.rules.back().senders, std::nullopt);
    EXPECT_EQ(complete->store.sessions, defaults.store.sessions);
    const PostgresqlSettings server;
    EXPECT_EQ(complete->store.postgresql->port, server.port);
    EXPECT_EQ(complete->store.postgresql->database, server.database);
    EXPECT_EQ(complete->store.postgresql->user, server.user);
    EXPECT_EQ(complete->store.postgresql->tls, server.tls);
    EXPECT_EQ(complete->auth.password_queue, defaults.auth.password_queue);
    EXPECT_EQ(complete->auth.hash_memory_mib, defaults.auth.hash_memory_mib);
    EXPECT_EQ(complete->auth.lockout.free_failures, defaults.auth.lockout.free_failures);
    EXPECT_EQ(complete->auth.lockout.first_wait, defaults.auth.lockout.first_wait);
    EXPECT_EQ(complete->auth.lockout.longest_wait, defaults.auth.lockout.longest_wait);
    EXPECT_EQ(complete->auth.lockout.closed_at, defaults.auth.lockout.closed_at);
    EXPECT_EQ(complete->auth.lockout.source_burst, defaults.auth.lockout.source_burst);
    EXPECT_EQ(complete->auth.lockout.source_per_hour, defaults.auth.lockout.source_per_hour);
    EXPECT_EQ(complete->auth.app_passwords_required, defaults.auth.app_passwords_required);
    EXPECT_EQ(complete->auth.failure_delay, defaults.auth.failure_delay);
    EXPECT_EQ(complete->auth.password_hash.memory_kib, defaults.auth.password_hash.memory_kib);
    EXPECT_EQ(complete->auth.password_hash.passes, defaults.auth.password_hash.passes);
    EXPECT_EQ(complete->log.format, defaults.log.format);
    EXPECT_EQ(complete->log.level, defaults.log.level);
    EXPECT_EQ(complete->tls.minimum_version, defaults.tls.minimum_version);
    const BackendSettings backend;
    EXPECT_EQ(complete->backends.at("dovecot").tls, backend.tls);
    EXPECT_EQ(complete->backends.at("dovecot").master_separator, backend.master_separator);
    EXPECT_EQ(complete->backends.at("dovecot").check_interval, backend.check_interval);
    EXPECT_EQ(complete->backends.at("dovecot").proxy_header, backend.proxy_header);
    EXPECT_EQ(complete->backends.at("dovecot").compress, backend.compress);
    EXPECT_EQ(complete->backends.at("dovecot").servers.at(0).weight, BackendServer().weight);
    EXPECT_EQ(complete->backends.at("dovecot").servers.at(0).drain, BackendServer().drain);
    EXPECT_EQ(complete->backends.at("dovecot").servers.at(1).port, 993);
    EXPECT_EQ(complete->backends.at("dovecot").connect_timeout, backend.connect_timeout);
    EXPECT_EQ(complete->backends.at("dovecot").login_timeout, backend.login_timeout);
}

TEST(MinimalExample, Loads) {
    const Loaded loaded = load_example("minimal.yaml");
    ASSERT_TRUE(loaded) << loaded.error().front().text();
    EXPECT_EQ(loaded->backends.at("dovecot").login, BackendLogin::password);
    EXPECT_TRUE(loaded->domains.empty());
}

/// "Suite.Test" of everything under tests/unit.
Keys unit_tests() {
    Keys found;
    const std::filesystem::path root(POSTERN_SOURCE_DIR);
    for (const auto& file : std::filesystem::recursive_directory_iterator(root / "tests/unit")) {
        if (file.path().extension() != ".cpp") continue;
        for (std::string test : matches(read_text(file.path()), R"(\bTEST(?:_F|_P)?\(\s*(\w+\s*,\s*\w+)\s*\))")) {
            std::erase_if(test, [](char c) { return c == ' ' || c == '\n'; });
            found.insert(replace_all(std::move(test), ",", "."));
        }
    }
    return found;
}

/// Of "module.Class.test".
bool is_integration_test(const std::string& name) {
    const std::size_t first = name.find('.');
    const std::size_t last = name.rfind('.');
    const std::string text = source_text("tests/integration/" + name.substr(0, first) + ".py");
    const std::size_t begin = text.find("\nclass " + name.substr(first + 1, last - first - 1) + '(');
    if (begin == std::string::npos) return false;
    const std::string body = text.substr(begin, text.find("\nclass ", begin + 1) - begin);
    return body.contains("\n    def " + name.substr(last + 1) + "(self");
}

TEST(KnownAttacks, AreHeldByTestsThatExist) {
    const std::string text = source_text("docs/known-attacks.md");
    const Keys known = unit_tests();
    const Keys named = matches(text, R"(`(?!test_)(\w+\.\w+)`)");
    EXPECT_FALSE(named.empty());
    for (const std::string& test : named) EXPECT_TRUE(known.contains(test)) << test;
    const Keys integration = matches(text, R"(`(test_\w+\.[\w.]+)`)");
    EXPECT_FALSE(integration.empty());
    for (const std::string& test : integration) EXPECT_TRUE(is_integration_test(test)) << test;
}

TEST(KnownAttacks, NameFilesThatExist) {
    const std::filesystem::path root(POSTERN_SOURCE_DIR);
    const Keys files = matches(source_text("docs/known-attacks.md"), R"(`([a-z]\w*/[\w/.]+)`)");
    EXPECT_FALSE(files.empty());
    for (const std::string& file : files) EXPECT_TRUE(std::filesystem::exists(root / file)) << file;
}

}  // namespace
}  // namespace postern::config::test
