#include "config/load.hpp"

#include "tests/unit/config/sandbox.hpp"

#include <chrono>

namespace postern::config::test {
namespace {

using namespace std::chrono_literals;

/// What the file must say so that every other setting keeps its default.
constexpr std::string_view required_only = R"(
server: {hostname: mail.example.org}
store: {sqlite: postern.db}
tls: {certificate: certificate.pem, key: key.pem}
listeners:
  - {name: web, protocol: https, address: 192.0.2.1, port: 443}
backends:
  local: {protocol: imap, host: localhost, port: 143}
domains: []
)";

Settings loaded(std::string_view text) {
    const Sandbox sandbox;
    EXPECT_EQ(sandbox.mistakes(text), "");
    auto settings = sandbox.load_text(text);
    return settings ? std::move(*settings) : Settings{};
}

/// Like good.yaml with the edits.
Settings loaded(const Edits& edits) {
    return loaded(edited(edits));
}

TEST(Load, TakesTheDefaultsOfTheStructsForTheProcess) {
    const Settings settings = loaded(required_only);
    const Settings defaults;
    EXPECT_EQ(settings.server.threads, defaults.server.threads);
    EXPECT_EQ(settings.log.format, defaults.log.format);
    EXPECT_EQ(settings.log.level, defaults.log.level);
    EXPECT_EQ(settings.auth.password_threads, defaults.auth.password_threads);
    EXPECT_EQ(settings.auth.password_queue, defaults.auth.password_queue);
    EXPECT_EQ(settings.auth.password_hash.memory_kib, defaults.auth.password_hash.memory_kib);
    EXPECT_EQ(settings.auth.password_hash.passes, defaults.auth.password_hash.passes);
    EXPECT_EQ(settings.tls.minimum_version, defaults.tls.minimum_version);
    EXPECT_EQ(settings.submission.max_message_bytes, defaults.submission.max_message_bytes);
    EXPECT_EQ(settings.groups, defaults.groups);
    EXPECT_TRUE(settings.routing.rules.empty());
    EXPECT_TRUE(settings.routing.default_backend.empty());
    EXPECT_TRUE(settings.domains.empty());
}

TEST(Load, TakesTheDefaultsOfTheStructsForLimits) {
    const LimitSettings limits = loaded(required_only).limits;
    const LimitSettings defaults;
    EXPECT_EQ(limits.handshake_timeout, defaults.handshake_timeout);
    EXPECT_EQ(limits.login_timeout, defaults.login_timeout);
    EXPECT_EQ(limits.imap_bad_commands, defaults.imap_bad_commands);
    EXPECT_EQ(limits.submission_bad_commands, defaults.submission_bad_commands);
    EXPECT_EQ(limits.login_attempts, defaults.login_attempts);
    EXPECT_EQ(limits.imap_idle_timeout, defaults.imap_idle_timeout);
    EXPECT_EQ(limits.submission_idle_timeout, defaults.submission_idle_timeout);
    EXPECT_EQ(limits.half_closed_timeout, defaults.half_closed_timeout);
    EXPECT_EQ(limits.connections, defaults.connections);
}

TEST(Load, TakesTheDefaultsOfTheStructsForABackend) {
    const Settings settings = loaded(required_only);
    const BackendSettings& backend = settings.backends.at("local");
    const BackendSettings defaults;
    EXPECT_EQ(backend.name, "local");
    EXPECT_EQ(backend.tls, defaults.tls);
    EXPECT_EQ(backend.ca_file, defaults.ca_file);
    EXPECT_EQ(backend.tls_name, defaults.tls_name);
    EXPECT_FALSE(backend.client_certificate);
    EXPECT_TRUE(backend.pins.empty());
    ASSERT_EQ(backend.servers.size(), 1U);
    EXPECT_EQ(backend.servers[0].name, "localhost");
    EXPECT_EQ(backend.servers[0].host, "localhost");
    EXPECT_EQ(backend.servers[0].weight, BackendServer().weight);
    EXPECT_EQ(backend.check_interval, defaults.check_interval);
    EXPECT_EQ(backend.compress, Compression::strip);
    EXPECT_EQ(backend.login, defaults.login);
    EXPECT_EQ(backend.master_user, defaults.master_user);
    EXPECT_TRUE(backend.master_password.empty());
    EXPECT_EQ(backend.master_separator, defaults.master_separator);
    EXPECT_EQ(backend.connect_timeout, defaults.connect_timeout);
    EXPECT_EQ(backend.login_timeout, defaults.login_timeout);
}

TEST(Load, TakesThePortForThePublicPortAndTheNameForTheShortName) {
    const Settings settings = loaded(Edits{});
    EXPECT_EQ(settings.listeners.at(0).public_port, 993);
    EXPECT_EQ(settings.listeners.at(0).default_domain, "");
    EXPECT_EQ(settings.listeners.at(0).tls, ListenerTls::implicit);
    EXPECT_EQ(settings.domains.at(0).display_short_name, "Example");
    EXPECT_FALSE(settings.domains.at(0).documentation);
    EXPECT_TRUE(settings.domains.at(0).web_hosts.empty());
}

TEST(Load, LetsPasswordsGoToOtherHostsByStarttls) {
    const Settings settings =
        loaded({{"host: relay.example.org", "host: relay.example.org\n    ca_file: certificate.pem"},
                {"tls: none", "tls: starttls"},
                {"login: xclient", "login: password"}});
    EXPECT_EQ(settings.backends.at("smtp").tls, BackendTls::starttls);
}

TEST(Load, ReadsWhichClientCertificatesAListenerBelieves) {
    EXPECT_FALSE(loaded(Edits{}).listeners.at(0).client_certificates);
    const Settings settings =
        loaded({{"port: 993}",
                 "port: 993, client_certificates: {ca_file: certificate.pem, crl_file: key.pem, required: true}}"},
                {"port: 465}", "port: 465, client_certificates: {ca_file: certificate.pem}}"}});
    const auto& imap = settings.listeners.at(0).client_certificates;
    ASSERT_TRUE(imap);
    EXPECT_TRUE(imap->ca_file.ends_with("/certificate.pem"));
    EXPECT_TRUE(imap->crl_file.ends_with("/key.pem"));
    EXPECT_TRUE(imap->required);
    EXPECT_EQ(imap->line, 10U);
    const auto& submission = settings.listeners.at(1).client_certificates;
    ASSERT_TRUE(submission);
    EXPECT_EQ(submission->crl_file, "");
    EXPECT_FALSE(submission->required);
}

TEST(Load, ReadsWhoWeAreToABackendAndWhichKeysItMayHave) {
    const Settings settings =
        loaded({{"port: 1993",
                 "port: 1993\n    client_certificate: {certificate: certificate.pem, key: key.pem}\n"
                 "    pins: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"}});
    const BackendSettings& backend = settings.backends.at("dovecot");
    ASSERT_TRUE(backend.client_certificate);
    EXPECT_TRUE(backend.client_certificate->certificate.ends_with("/certificate.pem"));
    EXPECT_TRUE(backend.client_certificate->key.ends_with("/key.pem"));
    EXPECT_THAT(backend.pins, testing::ElementsAre("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
    EXPECT_EQ(backend.line, 15U);
}

TEST(Load, LetsMailListenersStartTlsByCommand) {
    EXPECT_EQ(loaded({{"port: 993}", "port: 143, tls: starttls}"}}).listeners.at(0).tls, ListenerTls::starttls);
    EXPECT_EQ(loaded({{"port: 993}", "port: 993, tls: implicit}"}}).listeners.at(0).tls, ListenerTls::implicit);
}

TEST(Load, ReadsRulesWithSingleValuesAndLists) {
    const Settings settings =
        loaded({{"when: {group: pupil, protocol: imap}",
                 "when:\n        protocol: [imap]\n        listener: imaps\n        group: [pupil, teacher]\n"
                 "        domain: Example.ORG\n        user: [\"*@Example.ORG\", \"A?\"]\n        network: "
                 "[10.0.0.0/8, \"::1\"]"}});
    const RouteRule& rule = settings.routing.rules.at(0);
    EXPECT_EQ(rule.name, "pupils");
    EXPECT_EQ(rule.line, 29U);
    EXPECT_EQ(rule.backend, "dovecot");
    EXPECT_EQ(rule.when.protocol, MailProtocol::imap);
    EXPECT_THAT(rule.when.listener, testing::ElementsAre("imaps"));
    EXPECT_THAT(rule.when.group, testing::ElementsAre("pupil", "teacher"));
    EXPECT_THAT(rule.when.domain, testing::ElementsAre("example.org"));
    EXPECT_THAT(rule.when.user, testing::ElementsAre("*@example.org", "A?"));
    EXPECT_THAT(rule.when.network,
                testing::ElementsAre(*base::IpNetwork::parse("10.0.0.0/8"), *base::IpNetwork::parse("::1")));
    EXPECT_EQ(settings.routing.default_backend.at(MailProtocol::imap), "dovecot");
    EXPECT_EQ(settings.routing.default_backend.at(MailProtocol::submission), "smtp");
}

TEST(Load, LetsTheListenersOfARuleFixItsProtocol) {
    const Settings settings = loaded({{"when: {group: pupil, protocol: imap}", "when: {listener: imaps}"}});
    EXPECT_EQ(settings.routing.rules.at(0).when.protocol, std::nullopt);
}

TEST(Load, ResolvesFileNamesAgainstTheDirectoryOfTheFile) {
    const Sandbox sandbox;
    const auto settings = sandbox.load_text(edited({{"sqlite: postern.db", "sqlite: ../other/./postern.db"}}));
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->tls.certificate, sandbox.path("certificate.pem"));
    EXPECT_EQ(settings->tls.key, sandbox.path("key.pem"));
    EXPECT_EQ(settings->store.sqlite,
              (std::filesystem::path(sandbox.path("x")).parent_path().parent_path() / "other/postern.db").string());
}

TEST(Load, LeavesAbsoluteFileNamesAlone) {
    EXPECT_EQ(loaded({{"sqlite: postern.db", "sqlite: /var/lib/postern/postern.db"}}).store.sqlite,
              "/var/lib/postern/postern.db");
}

TEST(Load, ReadsAFileByItsName) {
    const Sandbox sandbox;
    sandbox.write("postern.yaml", edited({}));
    const auto settings = load(sandbox.path("postern.yaml"), [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->server.hostname, "mail.example.org");
    EXPECT_EQ(settings->backends.size(), 2U);
}

TEST(Load, AcceptsAByteOrderMarkAndLinesEndingInCrLf) {
    EXPECT_EQ(loaded("\xEF\xBB\xBF" + replace_all(edited({}), "\n", "\r\n")).server.hostname, "mail.example.org");
}

TEST(Load, MakesNoDifferenceBetweenQuotedAndUnquoted) {
    const Settings settings = loaded({{"port: 1993", "\"port\": '1993'"}, {"login: xclient", "login: \"xclient\""}});
    EXPECT_EQ(settings.backends.at("dovecot").servers.at(0).port, 1993);
    EXPECT_EQ(settings.backends.at("smtp").login, BackendLogin::xclient);
}

TEST(Load, LowersHostNames) {
    const Settings settings = loaded(
        {{"hostname: mail.example.org", "hostname: Mail.Example.ORG"}, {"name: example.org", "name: Example.org"}});
    EXPECT_EQ(settings.server.hostname, "mail.example.org");
    EXPECT_EQ(settings.domains.at(0).name, "example.org");
}

struct LoopbackCase {
    std::string name;
    std::string host;
};
class PasswordsInClearText : public testing::TestWithParam<LoopbackCase> {};

TEST_P(PasswordsInClearText, MayGoToThisHost) {
    const Settings settings = loaded(
        {{"host: relay.example.org", "host: \"" + GetParam().host + '"'}, {"login: xclient", "login: password"}});
    EXPECT_EQ(settings.backends.at("smtp").tls, BackendTls::none);
}

INSTANTIATE_TEST_SUITE_P(Loopback,
                         PasswordsInClearText,
                         testing::ValuesIn(std::vector<LoopbackCase>{{"Name", "localhost"},
                                                                     {"NameInCapitals", "LOCALHOST"},
                                                                     {"FirstAddress", "127.0.0.1"},
                                                                     {"LastAddress", "127.255.255.255"},
                                                                     {"Ipv6", "::1"},
                                                                     {"MappedIpv4", "::ffff:127.0.0.1"}}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::config::test
