// What is wrong with single values and keys, with the exact place and text of each error.
#include "tests/unit/config/sandbox.hpp"

namespace postern::config::test {
namespace {

class Mistakes : public testing::TestWithParam<MistakeCase> {};

TEST_P(Mistakes, AreToldWithTheirPlaceAndWhatWouldBeRight) {
    EXPECT_EQ(Sandbox().mistakes(edited(GetParam().edits)), GetParam().want);
}

const auto case_name = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Keys,
    Mistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"UnknownKeyThatIsClose",
         {{"port: 1993", "port: 1993\n    tsl: none"}},
         "18:5: backends.dovecot.tsl: unknown key; did you mean `tls`?\n"},
        {"UnknownKeyThatIsNotClose",
         {{"sqlite: postern.db", "sqlite: postern.db\n  redis: x"}},
         "5:3: store.redis: unknown key; expected sqlite, sessions or postgresql\n"},
        {"TwoDatabases",
         {{"sqlite: postern.db", "sqlite: postern.db\n  postgresql: {host: /run/postgresql}"}},
         "5:15: store.postgresql: either `sqlite` or `postgresql`, not both\n"},
        {"NoDatabase",
         {{"sqlite: postern.db", "sessions: 4"}},
         "4:3: store: neither `sqlite` nor `postgresql`: name one\n"},
        {"ADatabaseInClearText",
         {{"sqlite: postern.db", "postgresql: {host: db.example.org, tls: none}"}},
         "4:43: store.postgresql.tls: password hashes would cross the network in clear text: use tls: verify, or a "
         "server "
         "on this host (127.0.0.0/8, ::1, localhost or the folder of its socket)\n"},
        {"AnAuthorityForClearText",
         {{"sqlite: postern.db", "postgresql: {host: 127.0.0.1, tls: none, ca_file: key.pem}"}},
         "4:53: store.postgresql.ca_file: has no meaning with tls: none; leave it out\n"},
        {"UnknownKeyAtTheTop", {{"groups: [", "group: ["}}, "8:1: group: unknown key; did you mean `groups`?\n"},
        {"UnknownKeyInAFlowMapping",
         {{"port: 443}", "port: 443, prot: 444}"}},
         "12:60: listeners[2].prot: unknown key; did you mean `port`?\n"},
        {"AMisspeltRequiredKeyIsOneMistake",
         {{"certificate: cert", "certifcate: cert"}},
         "6:3: tls.certifcate: unknown key; did you mean `certificate`?\n"},
        {"UnknownKeyWithTerminalEscape",
         {{"groups: [", "\"\\e[31mgroups\": ["}},
         "8:1: \\x1B[31mgroups: unknown key; expected server, log, store, auth, tls, limits, submission, groups, "
         "accounts, listeners, backends, routing or domains\n"
         "30:21: routing.rules[0].when.group: there is no group `pupil`; none is defined\n"},
        {"RepeatedKey",
         {{"  key: key.pem", "  key: key.pem\n  key: key.pem"}},
         "8:3: tls.key: set twice, first on line 7\n"},
        {"RepeatedSection", {{"groups: [pupil", "tls: {}\ngroups: [pupil"}}, "8:1: tls: set twice, first on line 5\n"},
        {"RepeatedBackend",
         {{"  smtp:\n", "  dovecot: {}\n  smtp:\n"}},
         "21:3: backends.dovecot: set twice, first on line 14\n"},
        {"RepeatedInQuotes",
         {{"port: 1993", "port: 1993\n    \"port\": 1"}},
         "18:5: backends.dovecot.port: set twice, first on line 17\n"},
        {"MissingKey", {{"    host: imap.example.org\n", ""}}, "15:5: backends.dovecot.host: missing\n"},
        {"MissingKeyInAFlowMapping", {{"name: web, ", ""}}, "12:5: listeners[2].name: missing\n"},
        {"MissingSection", {{"store:\n  sqlite: postern.db\n", ""}}, "1:1: store: missing\n"},
        {"MissingListeners",
         {{"listeners:\n", "domains_:\n"}},
         "1:1: listeners: missing\n"
         "9:1: domains_: unknown key; did you mean `domains`?\n"},
        {"EmptyDocumentationTitles",
         {{"display_name: Example", "display_name: Example\n    documentation: {url: https://x.org/, title: {}}"}},
         "36:49: domains[0].documentation.title: an empty mapping; at least one is needed\n"},
        {"BackendNameWithDot",
         {{"  smtp:\n", "  smtp.lan:\n"}, {"submission: smtp}", "submission: smtp.lan}"}},
         "21:3: backends.smtp.lan: expected a name of 1 to 64 letters, digits, _ and -, found `smtp.lan`\n"
         "32:40: routing.default.submission: expected a name of 1 to 64 letters, digits, _ and -, found `smtp.lan`\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    Mistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"SectionIsText",
         {{"server:\n  hostname: mail.example.org", "server: mail.example.org"}},
         "1:9: server: expected a mapping, found a single value\n"},
        {"SectionIsNothing",
         {{"server:\n  hostname: mail.example.org", "server:"}},
         "1:1: server: expected a mapping, found nothing\n"},
        {"SectionIsAList",
         {{"groups: [pupil", "log: [json]\ngroups: [pupil"}},
         "8:6: log: expected a mapping, found a list\n"},
        {"TextIsAList",
         {{"hostname: mail.example.org", "hostname: [mail.example.org]"}},
         "2:13: server.hostname: expected a single value, found a list\n"},
        {"TextIsAMapping",
         {{"hostname: mail.example.org", "hostname: {mail: x}"}},
         "2:13: server.hostname: expected a single value, found a mapping\n"},
        {"TextIsNothing",
         {{"hostname: mail.example.org", "hostname:"}},
         "2:3: server.hostname: expected a single value, found nothing\n"},
        {"TextIsNull",
         {{"hostname: mail.example.org", "hostname: ~"}},
         "2:3: server.hostname: expected a single value, found nothing\n"},
        {"ListIsText",
         {{"groups: [pupil, teacher]", "groups: pupil"}},
         "8:9: groups: expected a list, found a single value\n"},
        {"ListElementIsNothing",
         {{"groups: [pupil, teacher]", "groups: [pupil, teacher, ~]"}},
         "8:26: groups[2]: expected a single value, found nothing\n"},
        {"SectionsAreAMapping",
         {{"domains:\n  - name: example.org", "domains:\n    name: example.org"}},
         "34:5: domains: expected a list, found a mapping\n"},
        {"ListenerIsText",
         {{"{name: web, protocol: https, address: \"::\", port: 443}", "web"}},
         "12:5: listeners[2]: expected a mapping, found a single value\n"},
        {"BackendsAreAList",
         {{"backends:\n", "backends: []\nbackend_s:\n"}},
         "13:11: backends: expected a mapping, found a list\n"
         "14:1: backend_s: unknown key; did you mean `backends`?\n"},
        {"BackendIsText",
         {{"  smtp:\n", "  other: x\n  smtp:\n"}},
         "21:10: backends.other: expected a mapping, found a single value\n"},
        {"EmptyCondition",
         {{"when: {group: pupil, protocol: imap}", "when: {group: [], protocol: imap}"}},
         "30:21: routing.rules[0].when.group: an empty list; name at least one, or leave the key out\n"},
        {"NoCondition",
         {{"when: {group: pupil, protocol: imap}", "when: {}"}},
         "30:13: routing.rules[0].when: expected at least one condition; the backends for everybody else belong in "
         "routing.default\n"},
        {"ConditionIsAMapping",
         {{"when: {group: pupil,", "when: {group: {pupil: 1},"}},
         "30:21: routing.rules[0].when.group: expected a single value, found a mapping\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Values,
    Mistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"PortZero",
         {{"port: 993", "port: 0"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `0`\n"},
        {"PortTooLarge",
         {{"port: 993", "port: 65536"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `65536`\n"},
        {"PortBeyondEveryInteger",
         {{"port: 993", "port: 99999999999999999999999999"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `99999999999999999999999999`\n"},
        {"PortThatLooksOctal",
         {{"port: 993", "port: 0993"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `0993`\n"},
        {"PortInHexadecimal",
         {{"port: 993", "port: 0x3E1"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `0x3E1`\n"},
        {"PortWithSign",
         {{"port: 993", "port: -1"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `-1`\n"},
        {"PortWithFraction",
         {{"port: 993", "port: 993.0"}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `993.0`\n"},
        {"PortInWords",
         {{"port: 993", "port: \"9 9 3\""}},
         "10:56: listeners[0].port: expected a whole number from 1 to 65535, found `9 9 3`\n"},
        {"PublicPort",
         {{"port: 993}", "port: 993, public_port: x}"}},
         "10:74: listeners[0].public_port: expected a whole number from 1 to 65535, found `x`\n"},
        {"TooManyThreads",
         {{"hostname: mail.example.org", "hostname: mail.example.org\n  threads: 257"}},
         "3:12: server.threads: expected a whole number from 0 to 256, found `257`\n"},
        {"HashMemory",
         {{"groups: [", "auth: {password_hash: {memory_kib: 1024, passes: 65}}\ngroups: ["}},
         "8:36: auth.password_hash.memory_kib: expected a whole number from 8192 to 1048576, found `1024`\n"
         "8:50: auth.password_hash.passes: expected a whole number from 1 to 64, found `65`\n"},
        {"PasswordQueue",
         {{"groups: [", "auth: {password_threads: -1, password_queue: 0}\ngroups: ["}},
         "8:26: auth.password_threads: expected a whole number from 0 to 256, found `-1`\n"
         "8:46: auth.password_queue: expected a whole number from 1 to 65535, found `0`\n"},
        {"Limits",
         {{"groups: [", "limits: {imap_bad_commands: 0, login_attempts: 101, connections: 1000001}\ngroups: ["}},
         "8:29: limits.imap_bad_commands: expected a whole number from 1 to 1000, found `0`\n"
         "8:48: limits.login_attempts: expected a whole number from 1 to 100, found `101`\n"
         "8:66: limits.connections: expected a whole number from 1 to 1000000, found `1000001`\n"},
        {"DurationWithoutUnit",
         {{"groups: [", "limits: {login_timeout: 60}\ngroups: ["}},
         "8:25: limits.login_timeout: expected a duration from 1ms to 24h, a whole number with ms, s, m or h, found "
         "`60`\n"},
        {"DurationOfNothing",
         {{"groups: [", "limits: {login_timeout: 0s}\ngroups: ["}},
         "8:25: limits.login_timeout: expected a duration from 1ms to 24h, a whole number with ms, s, m or h, found "
         "`0s`\n"},
        {"DurationOfDays",
         {{"groups: [", "limits: {imap_idle_timeout: 1d}\ngroups: ["}},
         "8:29: limits.imap_idle_timeout: expected a duration from 1ms to 24h, a whole number with ms, s, m or h, "
         "found `1d`\n"},
        {"DurationTooLong",
         {{"groups: [", "limits: {imap_idle_timeout: 25h}\ngroups: ["}},
         "8:29: limits.imap_idle_timeout: expected a duration from 1ms to 24h, a whole number with ms, s, m or h, "
         "found `25h`\n"},
        {"MessageSizeInMegabytes",
         {{"groups: [", "submission: {max_message_size: 50MB}\ngroups: ["}},
         "8:32: submission.max_message_size: expected a size from 64KiB to 1024GiB, a whole number alone or with KiB, "
         "MiB or GiB, found `50MB`\n"},
        {"MessageSizeTooSmall",
         {{"groups: [", "submission: {max_message_size: 63KiB}\ngroups: ["}},
         "8:32: submission.max_message_size: expected a size from 64KiB to 1024GiB, a whole number alone or with KiB, "
         "MiB or GiB, found `63KiB`\n"},
        {"HostBesideServers",
         {{"    host: imap.example.org\n", "    host: imap.example.org\n    servers: [{host: a.example.org}]\n"}},
         "16:11: backends.dovecot.host: the servers have hosts of their own; leave it out\n"},
        {"NoServers",
         {{"    host: imap.example.org\n", "    servers: []\n"}},
         "16:14: backends.dovecot.servers: an empty list; at least one is needed\n"},
        {"ServersWithoutPort",
         {{"    host: imap.example.org\n", "    servers: [{host: a.example.org}]\n"}, {"    port: 1993\n", ""}},
         "16:15: backends.dovecot.servers[0].port: missing, here and beside `servers`\n"},
        {"ServersOfOneName",
         {{"    host: imap.example.org\n", "    servers: [{host: a.example.org}, {host: a.example.org, port: 994}]\n"}},
         "16:45: backends.dovecot.servers[1].host: another server is called a.example.org; give one of them a "
         "`name`\n"},
        {"ServerOfNoWeight",
         {{"    host: imap.example.org\n", "    servers: [{host: a.example.org, weight: 0}]\n"}},
         "16:45: backends.dovecot.servers[0].weight: expected a whole number from 1 to 100, found `0`\n"},
        {"SendersOfNobody",
         {{"groups: [", "submission: {senders: none}\ngroups: ["}},
         "8:23: submission.senders: expected own or any, found `none`\n"},
        {"LogFormat",
         {{"groups: [", "log: {format: jsno, level: verbose}\ngroups: ["}},
         "8:15: log.format: expected auto, text or json, found `jsno`\n"
         "8:28: log.level: expected debug, info, warning or error, found `verbose`\n"},
        {"TlsVersion",
         {{"key: key.pem", "key: key.pem\n  minimum_version: 1.1"}},
         "8:20: tls.minimum_version: expected 1.2 or 1.3, found `1.1`\n"},
        {"Protocol",
         {{"protocol: https", "protocol: https1"}},
         "12:27: listeners[2].protocol: expected imap, submission, https, http or metrics, found `https1`\n"},
        {"ProtocolInCapitals",
         {{"protocol: https", "protocol: HTTPS"}},
         "12:27: listeners[2].protocol: expected imap, submission, https, http or metrics, found `HTTPS`\n"},
        {"BackendTls",
         {{"tls: none", "tls: opportunistic"}},
         "26:10: backends.smtp.tls: expected implicit, starttls or none, found `opportunistic`\n"},
        {"BackendLogin",
         {{"login: xclient", "login: xclinet"}},
         "25:12: backends.smtp.login: expected master_user, authzid, xclient or password, found `xclinet`\n"},
        {"HostnameWithUnderscore",
         {{"hostname: mail.example.org", "hostname: my_mail.example.org"}},
         "2:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found "
         "`my_mail.example.org`\n"},
        {"HostnameNotQualified",
         {{"hostname: mail.example.org", "hostname: mail"}},
         "2:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found `mail`\n"},
        {"HostnameIsAnAddress",
         {{"hostname: mail.example.org", "hostname: 192.0.2.1"}},
         "2:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found "
         "`192.0.2.1`\n"},
        {"HostnameIsEmpty",
         {{"hostname: mail.example.org", "hostname: ''"}},
         "2:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found empty "
         "text\n"},
        {"HostnameWithAccent",
         {{"hostname: mail.example.org", "hostname: académie.example.org"}},
         "2:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found "
         "`académie.example.org`\n"},
        {"BackendHost",
         {{"host: relay.example.org", "host: relay example"}},
         "23:11: backends.smtp.host: expected a host name or a numeric address, found `relay example`\n"},
        {"BackendTlsName",
         {{"port: 1993", "port: 1993\n    tls_name: -x"}},
         "18:15: backends.dovecot.tls_name: expected a host name or a numeric address, found `-x`\n"},
        {"PinIsNoBase64",
         {{"port: 1993", "port: 1993\n    pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"}},
         "18:12: backends.dovecot.pins[0]: expected the SHA-256 of a public key in base64: 44 characters, the last of "
         "them =, found `sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`\n"},
        {"PinOfAnotherLength",
         {{"port: 1993", "port: 1993\n    pins: [2jmj7l5rSw0yVb/vlWAYkK/YBwk=]"}},
         "18:12: backends.dovecot.pins[0]: expected the SHA-256 of a public key in base64: 44 characters, the last of "
         "them =, found `2jmj7l5rSw0yVb/vlWAYkK/YBwk=`\n"},
        {"NoPins",
         {{"port: 1993", "port: 1993\n    pins: []"}},
         "18:11: backends.dovecot.pins: an empty list would let in nobody or everybody; name at least one, or leave "
         "the key out\n"},
        {"AddressIsAName",
         {{"address: \"::\", port: 993", "address: localhost, port: 993"}},
         "10:44: listeners[0].address: expected a numeric IPv4 or IPv6 address, like 192.0.2.1 or \"::\", found "
         "`localhost`\n"},
        {"DefaultDomain",
         {{"port: 993}", "port: 993, default_domain: '@example.org'}"}},
         "10:77: listeners[0].default_domain: expected a host name in ASCII (xn--... for others), found "
         "`@example.org`\n"},
        {"DefaultDomainOfHttps",
         {{"port: 443}", "port: 443, default_domain: example.org}"}},
         "12:76: listeners[2].default_domain: only for imap and submission: nobody logs in to https; leave it out\n"},
        {"TlsOfHttps",
         {{"port: 443}", "port: 443, tls: implicit}"}},
         "12:65: listeners[2].tls: only for imap and submission: https is TLS from the first byte; leave it out\n"},
        {"TlsOfHttp",
         {{"protocol: https", "protocol: http"}, {"port: 443}", "port: 443, tls: starttls}"}},
         "12:64: listeners[2].tls: only for imap and submission: http has no TLS; leave it out, or use https\n"},
        {"NoTlsForClients",
         {{"port: 993}", "port: 993, tls: none}"}},
         "10:66: listeners[0].tls: expected implicit or starttls, found `none`\n"},
        {"MetricsForEverybody",
         {{"protocol: https, address: \"::\"", "protocol: metrics, address: \"::\""}},
         "12:45: listeners[2].address: metrics are told to whoever asks: listen on 127.0.0.1 or on an address of a "
         "private network, or say `exposed: true` if a firewall keeps strangers away\n"},
        {"MetricsOnAPublicAddress",
         {{"protocol: https, address: \"::\"", "protocol: metrics, address: 172.32.0.1"}},
         "12:45: listeners[2].address: metrics are told to whoever asks: listen on 127.0.0.1 or on an address of a "
         "private network, or say `exposed: true` if a firewall keeps strangers away\n"},
        {"MetricsBehindABalancer",
         {{"protocol: https, address: \"::\", port: 443}",
           "protocol: metrics, address: 10.1.2.3, port: 443, proxies: [10.1.2.4]}"}},
         "12:75: listeners[2].proxies: not for metrics: no mail client connects to it; leave it out\n"},
        {"MetricsWithADomain",
         {{"protocol: https, address: \"::\", port: 443}",
           "protocol: metrics, address: 10.1.2.3, port: 443, default_domain: example.org}"}},
         "12:82: listeners[2].default_domain: only for imap and submission: nobody logs in to metrics; leave it out\n"},
        {"ExposedHttps",
         {{"port: 443}", "port: 443, exposed: true}"}},
         "12:69: listeners[2].exposed: only for metrics: other listeners are there to be reached\n"},
        {"ListenerName",
         {{"name: web", "name: web 1"}},
         "12:12: listeners[2].name: expected a name of 1 to 64 letters, digits, _ and -, found `web 1`\n"},
        {"GroupName",
         {{"groups: [pupil, teacher]", "groups: [pupil, 'pupil,teacher']"}},
         "8:17: groups[1]: expected a name of 1 to 64 letters, digits, _ and -, found `pupil,teacher`\n"},
        {"NetworkWithBitsBehindItsPrefix",
         {{"{group: pupil,", "{network: 10.1.2.3/8,"}},
         "30:23: routing.rules[0].when.network: expected a network like 10.0.0.0/8 or 2001:db8::/32, with no bits set "
         "behind its prefix, found `10.1.2.3/8`\n"},
        {"NetworkInAList",
         {{"{group: pupil,", "{network: [10.0.0.0/8, 10.0.0.0/33],"}},
         "30:36: routing.rules[0].when.network[1]: expected a network like 10.0.0.0/8 or 2001:db8::/32, with no bits "
         "set behind its prefix, found `10.0.0.0/33`\n"},
        {"ConditionOnUser",
         {{"{group: pupil,", "{user: 'a b',"}},
         "30:20: routing.rules[0].when.user: expected a pattern of 1 to 255 bytes without spaces, like *@example.org, "
         "found `a b`\n"},
        {"ConditionOnDomain",
         {{"{group: pupil,", "{domain: '*.org',"}},
         "30:22: routing.rules[0].when.domain: expected a host name in ASCII (xn--... for others), found `*.org`\n"},
        {"DisplayNameIsEmpty",
         {{"display_name: Example", "display_name: \"\""}},
         "35:19: domains[0].display_name: expected text of 1 to 255 bytes without control characters, found empty "
         "text\n"},
        {"DisplayNameWithLineFeed",
         {{"display_name: Example", "display_name: \"a\\nb\""}},
         "35:19: domains[0].display_name: expected text of 1 to 255 bytes without control characters, found "
         "`a\\x0Ab`\n"},
        {"DisplayNameWithC1Control",
         {{"display_name: Example", "display_name: \" Example\""}},
         "35:19: domains[0].display_name: expected text without a space at either end (Thunderbird for Android does "
         "not "
         "trim), found ` Example`\n"},
        {"PlaceholderInADisplayName",
         {{"display_name: Example", "display_name: Mail of %REALNAME%"}},
         "35:19: domains[0].display_name: expected text without placeholders (most clients replace them in user names "
         "only), found `Mail of %REALNAME%`\n"},
        {"C1ControlInText",
         {{"display_name: Example", "display_name: \"a\\x85b\""}},
         "35:19: domains[0].display_name: expected text of 1 to 255 bytes without control characters, found "
         "`a\\xC2\\x85b`\n"},
        {"Documentation",
         {{"display_name: Example",
           "display_name: Example\n    documentation: {url: ftp://x.org/, title: {french: Aide, fr: \"\"}}"}},
         "36:26: domains[0].documentation.url: expected a URL like https://www.example.org/help, found `ftp://x.org/`\n"
         "36:48: domains[0].documentation.title.french: expected a language tag like fr or de-CH, found `french`\n"
         "36:66: domains[0].documentation.title.fr: expected text of 1 to 255 bytes without control characters, found "
         "empty text\n"},
        {"WebHosts",
         {{"display_name: Example", "display_name: Example\n    web_hosts: [mail.example.org, x]"}},
         "36:35: domains[0].web_hosts[1]: expected a fully qualified host name in ASCII, like mail.example.org, found "
         "`x`\n"},
        {"MasterSeparator",
         {{"master_user: postern", "master_user: postern\n    master_separator: ' '"}},
         "20:23: backends.dovecot.master_separator: expected one to eight of * % / | : and ;, found ` `\n"},
        {"ColumnsCountCharacters",
         {{"{hostname: imap.example.net,", "{hostname: é.example.net, x: 1,"}},
         "36:22: domains[0].imap.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found "
         "`é.example.net`\n"
         "36:37: domains[0].imap.x: unknown key; expected hostname or listener\n"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Files,
    Mistakes,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"CertificateIsNotThere",
         {{"certificate: certificate.pem", "certificate: no.pem"}},
         "6:16: tls.certificate: `DIR/no.pem` cannot be read: No such file or directory\n"},
        {"KeyIsADirectory",
         {{"key: key.pem", "key: /"}},
         "7:8: tls.key: `/` cannot be read: it is not a regular file\n"},
        {"CaFileIsNotThere",
         {{"port: 1993", "port: 1993\n    ca_file: ca/no.pem"}},
         "18:14: backends.dovecot.ca_file: `DIR/ca/no.pem` cannot be read: No such file or directory\n"},
        {"ClientCertificateWithoutItsKey",
         {{"port: 1993", "port: 1993\n    client_certificate: {certificate: certificate.pem}"}},
         "18:25: backends.dovecot.client_certificate.key: missing\n"},
        {"ClientCertificateIsNotThere",
         {{"port: 1993", "port: 1993\n    client_certificate: {certificate: no.pem, key: key.pem}"}},
         "18:39: backends.dovecot.client_certificate.certificate: `DIR/no.pem` cannot be read: No such file or "
         "directory\n"},
        {"AuthorityOfUsersIsMissing",
         {{"port: 993}", "port: 993, client_certificates: {}}"}},
         "10:82: listeners[0].client_certificates.ca_file: missing\n"},
        {"RevocationListIsNotThere",
         {{"port: 993}", "port: 993, client_certificates: {ca_file: certificate.pem, crl_file: no.crl}}"}},
         "10:119: listeners[0].client_certificates.crl_file: `DIR/no.crl` cannot be read: No such file or directory\n"},
        {"ClientCertificatesOfAWebsite",
         {{"port: 443}", "port: 443, client_certificates: {ca_file: certificate.pem}}"}},
         "12:81: listeners[2].client_certificates: only for imap and submission: nobody logs in to https; leave it "
         "out\n"},
        {"FileNameIsEmpty",
         {{"key: key.pem", "key: ''"}},
         "7:8: tls.key: expected a file name without control characters, found empty text\n"},
        {"FileNameWithNul",
         {{"key: key.pem", "key: \"key.pem\\0\""}},
         "7:8: tls.key: expected a file name without control characters, found `key.pem\\x00`\n"},
    }),
    case_name);

TEST(Mistakes, OfAFileAreAllToldAtOnceInItsOrder) {
    EXPECT_EQ(
        Sandbox().mistakes(source_text("tests/data/config/six-mistakes.yaml")),
        "3:13: server.hostname: expected a fully qualified host name in ASCII, like mail.example.org, found `mail`\n"
        "4:12: server.threads: expected a whole number from 0 to 256, found `many`\n"
        "7:3: store.sqlite: set twice, first on line 6\n"
        "9:16: tls.certificate: `DIR/missing.pem` cannot be read: No such file or directory\n"
        "12:18: limits.login_timeout: expected a duration from 1ms to 24h, a whole number with ms, s, m or h, found `1 "
        "minute`\n"
        "14:57: listeners[0].port: expected a whole number from 1 to 65535, found `0993`\n"
        "15:5: listeners[1].port: missing\n"
        "23:22: backends.dovecot.master_password: a secret must not stand in this file; write `{ file: PATH }` or `{ "
        "env: NAME }`\n"
        "28:10: backends.smtp.tls: passwords would cross the network in clear text: use tls: implicit or starttls, "
        "login: xclient, "
        "or a backend on this host (127.0.0.0/8, ::1 or localhost)\n"
        "32:22: routing.rules[0].when.group: there is no group `pupil`; none is defined\n"
        "33:16: routing.rules[0].backend: there is no backend `dovecott`; did you mean `dovecot`?\n"
        "34:20: routing.default.imap: backend `smtp` speaks submission; name a backend that speaks imap\n"
        "35:1: domain: unknown key; did you mean `domains`?\n");
}

TEST(Mistakes, AreCappedAtAThousand) {
    std::string text = "groups:\n";
    for (int i = 0; i < 5000; ++i) text += "  - ''\n";
    const auto loaded = Sandbox().load_text(text);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().size(), 1000U);
}

TEST(Mistakes, NameTheFileThatCannotBeRead) {
    const auto loaded = load("/no/such/postern.yaml", [](const std::string&) { return std::nullopt; });
    ASSERT_FALSE(loaded);
    ASSERT_EQ(loaded.error().size(), 1U);
    EXPECT_EQ(loaded.error()[0].text(),
              "/no/such/postern.yaml: the configuration cannot be read: No such file or directory");
}

}  // namespace
}  // namespace postern::config::test
