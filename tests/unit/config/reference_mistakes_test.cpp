// What sections say about one another, and what does not fit together.
#include "tests/unit/config/sandbox.hpp"

namespace postern::config::test {
namespace {

class ReferenceMistakes : public testing::TestWithParam<MistakeCase> {};

TEST_P(ReferenceMistakes, AreToldWithTheirPlaceAndWhatWouldBeRight) {
    EXPECT_EQ(Sandbox().mistakes(edited(GetParam().edits)), GetParam().want);
}

const auto case_name = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Listeners,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"SameName",
         {{"name: web", "name: imaps"}},
         "12:12: listeners[2].name: `imaps` is already the name of listeners[0]\n"},
        {"SameAddressAndPort",
         {{"port: 443", "port: 993"}},
         "12:55: listeners[2].port: port 993 of :: is already taken by listeners[0]\n"},
        {"SamePortOnEveryIpv4Address",
         {{"address: \"::\", port: 443", "address: 0.0.0.0, port: 993"}},
         "12:58: listeners[2].port: port 993 of 0.0.0.0 is already taken by listeners[0]\n"},
        {"SamePortOnOtherAddresses", {{"address: \"::\", port: 443", "address: 192.0.2.1, port: 993"}}, ""},
        {"SameAddressWrittenOtherwise",
         {{"address: \"::\", port: 443", "address: 192.0.2.1, port: 8"},
          {"address: \"::\", port: 465", "address: '::ffff:192.0.2.1', port: 8"}},
         "12:60: listeners[2].port: port 8 of 192.0.2.1 is already taken by listeners[1]\n"},
        {"None",
         {{"groups: [pupil, teacher]\nlisteners:\n", "groups: [pupil, teacher]\nlisteners: []\nx:\n"}},
         "9:12: listeners: an empty list; at least one is needed\n"
         "10:1: x: unknown key; expected server, log, store, auth, tls, limits, submission, groups, accounts, "
         "listeners, "
         "backends, routing or domains\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Groups,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"ListedTwice",
         {{"groups: [pupil, teacher]", "groups: [pupil, teacher, pupil]"}},
         "8:26: groups[2]: `pupil` is listed twice\n"},
        {"UndefinedAndClose",
         {{"{group: pupil,", "{group: pupils,"}},
         "30:21: routing.rules[0].when.group: there is no group `pupils`; did you mean `pupil`?\n"},
        {"UndefinedInAList",
         {{"{group: pupil,", "{group: [pupil, staff],"}},
         "30:29: routing.rules[0].when.group[1]: there is no group `staff`; expected pupil or teacher\n"},
        {"NoneIsDefined",
         {{"groups: [pupil, teacher]\n", ""}},
         "29:21: routing.rules[0].when.group: there is no group `pupil`; none is defined\n"},
        {"AWrongListOfGroupsIsOneMistake",
         {{"groups: [pupil, teacher]", "groups: 5"}},
         "8:9: groups: expected a list, found a single value\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Rules,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"UndefinedBackend",
         {{"backend: dovecot", "backend: dovecto"}},
         "31:16: routing.rules[0].backend: there is no backend `dovecto`; did you mean `dovecot`?\n"},
        {"UndefinedListener",
         {{"{group: pupil,", "{listener: [imaps, pop3s],"}},
         "30:32: routing.rules[0].when.listener[1]: there is no listener `pop3s`; expected imaps, submissions or "
         "web\n"},
        {"SameName",
         {{"    - name: pupils\n",
           "    - {name: pupils, when: {protocol: imap, user: a}, backend: dovecot}\n    - name: pupils\n"}},
         "30:13: routing.rules[1].name: `pupils` is already the name of routing.rules[0]\n"},
        {"CouldBeChosenForTheOtherProtocol",
         {{", protocol: imap}", "}"}},
         "31:16: routing.rules[0].backend: backend `dovecot` speaks imap, but the rule could be chosen for submission; "
         "add `protocol: imap` to `when`\n"},
        {"CouldBeChosenForImap",
         {{", protocol: imap}", "}"}, {"backend: dovecot", "backend: smtp"}},
         "31:16: routing.rules[0].backend: backend `smtp` speaks submission, but the rule could be chosen for imap; "
         "add `protocol: submission` to `when`\n"},
        {"BothProtocols",
         {{"protocol: imap}", "protocol: [imap, submission]}"}},
         "31:16: routing.rules[0].backend: backend `dovecot` speaks imap, but the rule could be chosen for submission; "
         "add `protocol: imap` to `when`\n"},
        {"OtherProtocol",
         {{"protocol: imap}", "protocol: submission}"}},
         "31:16: routing.rules[0].backend: backend `dovecot` speaks imap, but the rule is for submission; name a "
         "backend that speaks submission\n"},
        {"ListenersOfBothProtocols",
         {{"protocol: imap}", "listener: [imaps, submissions]}"}},
         "31:16: routing.rules[0].backend: backend `dovecot` speaks imap, but the rule could be chosen for submission; "
         "add `protocol: imap` to `when`\n"},
        {"ListenerOfTheOtherProtocol",
         {{"protocol: imap}", "listener: submissions}"}},
         "31:16: routing.rules[0].backend: backend `dovecot` speaks imap, but the rule is for submission; name a "
         "backend that speaks submission\n"},
        {"ListenerThatContradictsTheProtocol",
         {{"{group: pupil,", "{listener: submissions,"}},
         "30:24: routing.rules[0].when.listener: no listener named here speaks imap, so the rule would never match\n"},
        {"ListenerOfNoMailProtocol",
         {{"{group: pupil,", "{listener: web,"}},
         "30:24: routing.rules[0].when.listener: listener `web` speaks https; only imap and submission are routed\n"},
        {"ListenersOfBothProtocolsWithProtocol", {{"{group: pupil,", "{listener: [imaps, submissions],"}}, ""},
        {"AWrongProtocolIsOneMistake",
         {{"protocol: imap}", "protocol: pop3}"}},
         "30:38: routing.rules[0].when.protocol: expected imap or submission, found `pop3`\n"},
        {"AWrongListenerIsOneMistake",
         {{"name: imaps, protocol: imap", "name: imaps, protocol: imap4"}},
         "10:29: listeners[0].protocol: expected imap, submission, https, http or metrics, found `imap4`\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Defaults,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"NoneForImap",
         {{"{imap: dovecot, submission: smtp}", "{submission: smtp}"}},
         "32:12: routing.default.imap: missing: listeners[0] speaks imap, so name the backend of users that no rule "
         "matches\n"},
        {"NoneForSubmission",
         {{"{imap: dovecot, submission: smtp}", "{imap: dovecot}"}},
         "32:12: routing.default.submission: missing: listeners[1] speaks submission, so name the backend of users "
         "that no rule matches\n"},
        {"NoneAtAll",
         {{"  default: {imap: dovecot, submission: smtp}\n", ""}},
         "28:3: routing.default.imap: missing: listeners[0] speaks imap, so name the backend of users that no rule "
         "matches\n"
         "28:3: routing.default.submission: missing: listeners[1] speaks submission, so name the backend of users that "
         "no rule matches\n"},
        {"Misspelt",
         {{"{imap: dovecot,", "{imapp: dovecot,"}},
         "32:13: routing.default.imapp: unknown key; did you mean `imap`?\n"},
        {"UndefinedBackend",
         {{"submission: smtp}", "submission: stmp}"}},
         "32:40: routing.default.submission: there is no backend `stmp`; did you mean `smtp`?\n"},
        {"OfTheOtherProtocol",
         {{"{imap: dovecot, submission: smtp}", "{imap: smtp, submission: dovecot}"}},
         "32:19: routing.default.imap: backend `smtp` speaks submission; name a backend that speaks imap\n"
         "32:37: routing.default.submission: backend `dovecot` speaks imap; name a backend that speaks submission\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Backends,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"CompressionForSubmission",
         {{"login: xclient", "compress: pass\n    login: xclient"}},
         "25:15: backends.smtp.compress: only for imap backends; leave it out\n"},
        {"CompressionOfAnotherKind",
         {{"login: master_user", "compress: deflate\n    login: master_user"}},
         "18:15: backends.dovecot.compress: expected strip or pass, found `deflate`\n"},
        {"XclientForImap",
         {{"login: master_user\n    master_user: postern\n    master_password: {file: master.secret}",
           "login: xclient"}},
         "18:12: backends.dovecot.login: xclient is for submission backends only; imap has master_user, authzid and "
         "password\n"},
        {"MasterUserForSubmission",
         {{"login: xclient", "login: master_user\n    master_user: x\n    master_password: {file: master.secret}"}},
         "25:12: backends.smtp.login: master users are for imap backends only; submission has xclient and password\n"},
        {"AuthzidForSubmission",
         {{"login: xclient", "login: authzid\n    master_user: x\n    master_password: {file: master.secret}"}},
         "25:12: backends.smtp.login: master users are for imap backends only; submission has xclient and password\n"},
        {"NoMasterUser",
         {{"    master_user: postern\n", ""}},
         "15:5: backends.dovecot.master_user: missing: login: master_user and login: authzid need it\n"},
        {"NoMasterPassword",
         {{"    master_password: {file: master.secret}\n", ""}},
         "15:5: backends.dovecot.master_password: missing: login: master_user and login: authzid need it\n"},
        {"AMisspeltMasterUser",
         {{"    master_user: postern\n", "    master_usr: postern\n"}},
         "19:5: backends.dovecot.master_usr: unknown key; did you mean `master_user`?\n"},
        {"MasterWithoutMasterLogin",
         {{"login: master_user", "login: password"}},
         "19:18: backends.dovecot.master_user: only for login: master_user and login: authzid; leave it out\n"
         "20:22: backends.dovecot.master_password: only for login: master_user and login: authzid; leave it out\n"},
        {"SeparatorForAuthzid",
         {{"login: master_user", "login: authzid\n    master_separator: '%'"}},
         "19:23: backends.dovecot.master_separator: only for login: master_user; leave it out\n"},
        {"PasswordsInClearText",
         {{"login: xclient", "login: password"}},
         "26:10: backends.smtp.tls: passwords would cross the network in clear text: use tls: implicit or starttls, "
         "login: "
         "xclient, "
         "or a backend on this host (127.0.0.0/8, ::1 or localhost)\n"},
        {"PasswordsInClearTextByDefault",
         {{"    login: xclient\n", ""}},
         "25:10: backends.smtp.tls: passwords would cross the network in clear text: use tls: implicit or starttls, "
         "login: "
         "xclient, "
         "or a backend on this host (127.0.0.0/8, ::1 or localhost)\n"},
        {"PasswordsInClearTextToANameLikeLocalhost",
         {{"login: xclient", "login: password"}, {"host: relay.example.org", "host: localhost.example.org"}},
         "26:10: backends.smtp.tls: passwords would cross the network in clear text: use tls: implicit or starttls, "
         "login: "
         "xclient, "
         "or a backend on this host (127.0.0.0/8, ::1 or localhost)\n"},
        {"PasswordsInClearTextToAnotherAddress",
         {{"login: xclient", "login: password"}, {"host: relay.example.org", "host: 128.0.0.1"}},
         "26:10: backends.smtp.tls: passwords would cross the network in clear text: use tls: implicit or starttls, "
         "login: "
         "xclient, "
         "or a backend on this host (127.0.0.0/8, ::1 or localhost)\n"},
        {"TlsSettingsWithoutTls",
         {{"tls: none", "tls: none\n    ca_file: key.pem\n    tls_name: x.org"}},
         "27:14: backends.smtp.ca_file: has no meaning with tls: none; leave it out\n"
         "28:15: backends.smtp.tls_name: has no meaning with tls: none; leave it out\n"},
        {"ClientCertificatesThatOpenNothing",
         {{"port: 465}", "port: 465, client_certificates: {ca_file: certificate.pem}}"},
          {"login: xclient\n    tls: none", "login: password"}},
         "11:94: listeners[1].client_certificates: nobody could log in with one: every backend of this listener needs "
         "the user's password; use another `login` there, or `required: true` to ask for both\n"},
        {"ClientCertificatesBesideAPassword",
         {{"port: 465}", "port: 465, client_certificates: {ca_file: certificate.pem, required: true}}"},
          {"login: xclient\n    tls: none", "login: password"}},
         ""},
        {"ClientCertificatesThatOpenOneOfTwoBackends",
         {{"port: 465}", "port: 465, client_certificates: {ca_file: certificate.pem}}"},
          {"login: xclient\n    tls: none",
           "login: password\n  other: {protocol: submission, host: localhost, port: 25, login: xclient}"},
          {"  default: {imap", "    - {name: o, when: {listener: submissions}, backend: other}\n  default: {imap"}},
         ""},
        {"OurCertificateWithoutTls",
         {{"tls: none",
           "tls: none\n    client_certificate: {certificate: certificate.pem, key: key.pem}\n"
           "    pins: [47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"}},
         "27:25: backends.smtp.client_certificate: has no meaning with tls: none; leave it out\n"
         "28:11: backends.smtp.pins: has no meaning with tls: none; leave it out\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Domains,
    ReferenceMistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"ImapAtASubmissionListener",
         {{"listener: imaps}", "listener: submissions}"}},
         "36:50: domains[0].imap.listener: listener `submissions` speaks submission; name a listener that speaks "
         "imap\n"},
        {"SubmissionAtAWebListener",
         {{"listener: submissions}", "listener: web}"}},
         "37:56: domains[0].submission.listener: listener `web` speaks https; name a listener that speaks "
         "submission\n"},
        {"UndefinedListener",
         {{"listener: imaps}", "listener: imap}"}},
         "36:50: domains[0].imap.listener: there is no listener `imap`; did you mean `imaps`?\n"},
        {"ListedTwice",
         {{"domains:\n",
           "domains:\n  - {name: example.org, display_name: E, imap: {hostname: i.example.net, listener: imaps}, "
           "submission: {hostname: s.example.net, listener: submissions}}\n"}},
         "35:11: domains[1].name: `example.org` is already domains[0]\n"},
        {"WebHostOfAnotherDomain",
         {{"domains:\n",
           "domains:\n  - {name: example.com, display_name: E, imap: {hostname: i.example.net, listener: imaps}, "
           "submission: {hostname: s.example.net, listener: submissions}, web_hosts: [a.org, "
           "autoconfig.example.org]}\n"}},
         "34:173: domains[0].web_hosts[1]: the documents of domains[1] are served under `autoconfig.example.org` "
         "already\n"},
    }),
    case_name);

}  // namespace
}  // namespace postern::config::test
