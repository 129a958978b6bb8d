#include "app/check_command.hpp"

#include "tests/support/test_certificate.hpp"
#include "tests/unit/config/sandbox.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <sstream>

namespace postern::app {
namespace {

using config::test::edited;
using config::test::Sandbox;

struct Outcome {
    int status;
    std::string out;
    std::string err;
};

/// Whose certificate and key are real, and belong together.
class StartableSandbox : public Sandbox {
public:
    StartableSandbox() {
        const test::TestCertificate certificate = test::make_certificate("mail.example.org");
        write("certificate.pem", certificate.certificate);
        write("key.pem", certificate.key);
    }
};

Outcome run(const Sandbox& sandbox, const std::string& text, bool json) {
    sandbox.write("postern.yaml", text);
    std::ostringstream out;
    std::ostringstream err;
    const int status = check(sandbox.path("postern.yaml"), json, out, err);
    return {status, out.str(), err.str()};
}

TEST(CheckCommand, SaysInOneLineWhatItUnderstood) {
    const StartableSandbox sandbox;
    const Outcome outcome = run(sandbox, edited({}), false);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out, sandbox.path("postern.yaml") + ": ok: 3 listeners, 2 backends, 1 rule, 1 domain\n");
    EXPECT_EQ(outcome.err, "");
}

/// docs/examples/academie.yaml with a change.
Outcome check_academie(const std::string& from = "", const std::string& to = "") {
    const StartableSandbox sandbox;
    const std::string folder = sandbox.path("");
    std::string text =
        config::test::replace_all(config::test::source_text("docs/examples/academie.yaml"), "/etc/postern/", folder);
    if (!from.empty()) text = config::test::replace_all(text, from, to);
    Outcome outcome = run(sandbox, text, false);
    for (std::string* said : {&outcome.out, &outcome.err}) *said = config::test::replace_all(*said, folder, "");
    return outcome;
}

TEST(CheckCommand, RunsTheExpectationsOfThirtyRules) {
    const Outcome outcome = check_academie();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "postern.yaml: ok: 3 listeners, 13 backends, 30 rules, 0 domains\n");
}

TEST(CheckCommand, ShowsWhereARuleSendsSomebodyElsewhere) {
    const Outcome outcome =
        check_academie("when: { protocol: submission, group: administrative_staff }\n      backend: smtpadm",
                       "when: { protocol: submission, group: administrative_staff }\n      backend: smtp");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(
        outcome.err,
        "postern.yaml:152: routing.expect[2]: paul.petit@ac-amiens.fr comes to smtp, not to smtpadm: rule "
        "`administrative staff submit through smtpadm` on line 86 matches first (`postern route explain` shows every "
        "rule)\npostern.yaml: 1 error\n");
}

TEST(CheckCommand, RefusesARuleThatNobodyReaches) {
    const Outcome outcome = check_academie("when: { protocol: imap, group: migrated }", "when: { protocol: imap }");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(
        outcome.err.contains(": routing.rules[10]: nobody reaches this rule: `mailboxes that were moved to the cloud` "
                             "on line 51 takes everybody "
                             "it matches; put it before that one, or take it out\n"))
        << outcome.err;
}

TEST(CheckCommand, PrintsEachErrorOnALineAndTheirNumber) {
    const StartableSandbox sandbox;
    const std::string file = sandbox.path("postern.yaml");
    const Outcome outcome = run(sandbox, edited({{"port: 993", "port: 0"}, {"port: 25", "port: 65536"}}), false);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err,
              file + ":10:56: listeners[0].port: expected a whole number from 1 to 65535, found `0`\n" +  //
                  file + ":24:11: backends.smtp.port: expected a whole number from 1 to 65535, found `65536`\n" + file +
                  ": 2 errors\n");
}

TEST(CheckCommand, CountsOneErrorInTheSingular) {
    const Outcome outcome = run(Sandbox(), edited({{"port: 993", "port: 0"}}), false);
    EXPECT_THAT(outcome.err, testing::EndsWith(": 1 error\n"));
}

TEST(CheckCommand, GivesOneJsonObjectForErrors) {
    const StartableSandbox sandbox;
    const Outcome outcome = run(sandbox, edited({{"hostname: mail.example.org", "hostname: \"\\\"\""}}), true);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err, "");
    const auto report = boost::json::parse(outcome.out);
    EXPECT_EQ(report,
              boost::json::value({{"file", sandbox.path("postern.yaml")},
                                  {"ok", false},
                                  {"errors", boost::json::array{{{"line", 2},
                                                                 {"column", 13},
                                                                 {"path", "server.hostname"},
                                                                 {"message",
                                                                  "expected a fully qualified host name in ASCII, like "
                                                                  "mail.example.org, found `\"`"}}}}}));
}

TEST(CheckCommand, GivesOneJsonObjectForAGoodFile) {
    const StartableSandbox sandbox;
    const Outcome outcome = run(sandbox, edited({}), true);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.out, "{\"file\":\"" + sandbox.path("postern.yaml") + "\",\"ok\":true,\"errors\":[]}\n");
}

TEST(CheckCommand, NamesAFileThatIsNotThere) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(check("/no/such.yaml", false, out, err), 1);
    EXPECT_EQ(err.str(),
              "/no/such.yaml: the configuration cannot be read: No such file or directory\n"
              "/no/such.yaml: 1 error\n");
}

TEST(CheckCommand, ReadsTheProcessEnvironment) {
    ASSERT_EQ(::setenv("POSTERN_CHECK_TEST", "x", 1), 0);
    const Outcome set =
        run(StartableSandbox(), edited({{"{file: master.secret}", "{env: POSTERN_CHECK_TEST}"}}), false);
    EXPECT_EQ(set.status, 0) << set.err;
    ASSERT_EQ(::unsetenv("POSTERN_CHECK_TEST"), 0);
    EXPECT_EQ(run(StartableSandbox(), edited({{"{file: master.secret}", "{env: POSTERN_CHECK_TEST}"}}), false).status,
              1);
}

TEST(CheckCommand, TriesTheCertificateAndItsKey) {
    const StartableSandbox sandbox;
    sandbox.write("key.pem", test::make_certificate("mail.example.org").key);
    const Outcome outcome = run(sandbox, edited({}), false);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("tls: cannot use private key"), std::string::npos) << outcome.err;
}

TEST(CheckCommand, TriesTheFilesOfListenersThatAskForCertificates) {
    const StartableSandbox sandbox;
    for (const auto& [more, error] : std::vector<std::pair<std::string, std::string>>{
             {"ca_file: certificate.pem", ""},
             {"ca_file: key.pem", "cannot use authority file"},
             {"ca_file: certificate.pem, crl_file: certificate.pem", "cannot use revocation list"}}) {
        const Outcome outcome =
            run(sandbox, edited({{"port: 465}", "port: 465, client_certificates: {" + more + "}}"}}), false);
        EXPECT_EQ(outcome.status, error.empty() ? 0 : 1) << outcome.err;
        if (!error.empty())
            EXPECT_TRUE(outcome.err.contains("postern.yaml:11: listeners[1].client_certificates: " + error))
                << outcome.err;
    }
}

TEST(CheckCommand, TriesTheFilesOfEachBackend) {
    const StartableSandbox sandbox;
    sandbox.write("other.key", test::make_certificate("mail.example.org").key);
    sandbox.write("no-authority.pem", "nothing\n");
    for (const auto& [more, error] : std::vector<std::pair<std::string, std::string>>{
             {"client_certificate: {certificate: certificate.pem, key: key.pem}", ""},
             {"client_certificate: {certificate: certificate.pem, key: other.key}", "cannot use private key"},
             {"client_certificate: {certificate: other.key, key: other.key}", "cannot use certificate"},
             {"ca_file: no-authority.pem", "cannot use authority file"}}) {
        const Outcome outcome = run(sandbox, edited({{"port: 1993", "port: 1993\n    " + more}}), false);
        EXPECT_EQ(outcome.status, error.empty() ? 0 : 1) << outcome.err;
        if (!error.empty())
            EXPECT_TRUE(outcome.err.contains("postern.yaml:15: backends.dovecot: " + error)) << outcome.err;
    }
}

}  // namespace
}  // namespace postern::app
