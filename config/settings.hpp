/// Every setting of postern as plain structs: meaning, unit, range and default of each stand here and nowhere else.
/// `config/load` fills them from YAML; every other room reads them and never sees YAML. The key of a setting in the
/// file is the name of its member. Immutable once loaded: share it as `std::shared_ptr<const Settings>` between
/// threads.
#pragma once

#include "base/ip_network.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace postern::config {

/// The two mail protocols that are proxied: IMAP (RFC 3501, 9051) and message submission (RFC 6409).
enum class MailProtocol { imap, submission };
inline constexpr MailProtocol every_mail_protocol[] = {MailProtocol::imap, MailProtocol::submission};

/// What a listener speaks. `http` only redirects to https; `metrics` is for whoever watches over postern.
enum class ListenerProtocol { imap, submission, https, http, metrics };

/// How TLS starts on a connection of a mail client. There is no third way: passwords come over TLS.
enum class ListenerTls {
    implicit,  ///< from the first byte (RFC 8314)
    starttls,  ///< the client asks for it, and can do nothing else before (RFC 9051 section 6.2.1, RFC 3207)
};

/// How TLS starts on a connection to a backend.
enum class BackendTls {
    implicit,  ///< TLS from the first byte, certificate and name verified (RFC 8314)
    starttls,  ///< postern asks for it, verifies the same, and sends nothing else without it
    none,      ///< clear text: for backends on this host or on a network that is trusted like it
};

/// How postern logs in to a backend on behalf of a user.
enum class BackendLogin {
    master_user,  ///< IMAP: as "user<separator>master" with the master's password (Dovecot's master users)
    authzid,      ///< IMAP: SASL PLAIN, the master authenticates and is authorised as the user (RFC 4616)
    xclient,      ///< submission: Postfix's XCLIENT with ADDR and LOGIN, no password at all
    password,     ///< both: the user's own password is handed on; the one form in which it leaves postern
};

/// What becomes of COMPRESS=DEFLATE (RFC 4978) between a client and a backend.
enum class Compression {
    strip,  ///< it is not shown, and the command does not reach the backend
    pass,   ///< both agree on it as they like; what is compressed is not read along
};

enum class LogFormat { automatic, text, json };  ///< automatic: text on a terminal, JSON elsewhere
enum class LogLevel { debug, info, warning, error };
enum class TlsVersion { tls1_2, tls1_3 };

/// Of what people read where their own language is not known.
enum class Language {
    english,  ///< en
    french,   ///< fr
};

struct ServerSettings {
    std::string hostname;       ///< the name said in greetings and to backends (EHLO); a fully qualified domain name
    std::uint16_t threads = 0;  ///< I/O threads; 0: one for each core. 0 to 256
    std::chrono::milliseconds drain_timeout{12 *
                                            3600'000};  ///< how long sessions may go on after an upgrade. 1 ms to 24 h
    std::string control_socket;             ///< path of the Unix socket for `postern who`, `kick` ...; empty: none
    Language language = Language::english;  ///< of what mail programs show to people
};

struct LogSettings {
    LogFormat format = LogFormat::automatic;  ///< in the file: auto, text or json
    LogLevel level = LogLevel::info;
};

/// How the connection to PostgreSQL is protected.
enum class PostgresqlTls {
    verify,  ///< TLS, certificate and name verified
    none,    ///< clear text: for this host, or a network that is trusted like it
};

struct PostgresqlSettings {
    std::string host;           ///< name, numeric address, or the folder of its Unix socket
    std::uint16_t port = 5432;  ///< 1 to 65535
    std::string database = "postern";
    std::string user = "postern";
    std::string password_file;                  ///< in libpq's form (.pgpass), mode 0600; empty: no password
    PostgresqlTls tls = PostgresqlTls::verify;  ///< in the file: verify or none; a Unix socket has none
    std::string ca_file;  ///< PEM file of the authorities that may sign its certificate; empty: the system's

    friend bool operator==(const PostgresqlSettings&, const PostgresqlSettings&) = default;
};

/// Where accounts are: exactly one of the two.
struct StoreSettings {
    std::string sqlite;  ///< path of the embedded database; created by `postern store migrate`
    std::optional<PostgresqlSettings> postgresql;
    std::uint16_t sessions = 8;  ///< calls that may use the database at once; more wait. 1 to 256

    friend bool operator==(const StoreSettings&, const StoreSettings&) = default;
};

/// Cost of Argon2id (RFC 9106). The defaults are the minimum of the OWASP Password Storage Cheat Sheet.
struct PasswordHashSettings {
    std::uint32_t memory_kib = 19456;  ///< memory of one hash, in KiB. 8192 to 1048576
    std::uint32_t passes = 2;          ///< passes over it. 1 to 64

    friend bool operator==(const PasswordHashSettings&, const PasswordHashSettings&) = default;
};

/// How guessing is paid for; see docs/lockout.md. A wrong password that was seen before costs nothing.
struct LockoutSettings {
    std::uint16_t free_failures = 4;               ///< of one account from strange places, without a wait. 1 to 100
    std::chrono::milliseconds first_wait{30'000};  ///< after one more; doubles with each further failure
    std::chrono::milliseconds longest_wait{3600'000};
    std::uint16_t closed_at = 100;    ///< failures after which only a day without any lets in another guess. 10 to 1000
    std::uint16_t source_burst = 50;  ///< failures of one network at once, whomever they are about. 1 to 10000
    std::uint16_t source_per_hour = 30;  ///< and then in each hour; more where many accounts log in. 1 to 10000

    friend bool operator==(const LockoutSettings&, const LockoutSettings&) = default;
};

struct AuthSettings {
    std::string key_file;                ///< the keys that are never in the database; made by `postern store migrate`
    std::uint16_t password_threads = 0;  ///< threads that check passwords; 0: one for each core. 0 to 256
    std::uint16_t password_queue =
        256;  ///< logins that may wait for one of them; one more is told to try later. 1 to 65535
    std::uint32_t hash_memory_mib = 256;  ///< what all password checks together may take. 16 to 65536
    PasswordHashSettings password_hash;
    LockoutSettings lockout;
    bool app_passwords_required = false;  ///< the main password opens no mailbox; it never does beside an OTP key
    std::chrono::milliseconds failure_delay{2'000};  ///< before a refusal is answered, at least. 1 ms to 24 h

    friend bool operator==(const AuthSettings&, const AuthSettings&) = default;
};

/// How TLS starts towards the server that mails are handed to.
enum class MailTls {
    implicit,  ///< from the first byte (submissions, 465)
    starttls,  ///< asked for, and nothing is sent without it
    none,      ///< clear text: on this host only
};

/// Where mails to people are handed to: a relay of the house, by submission (RFC 6409).
struct MailSettings {
    std::string host;          ///< name or numeric address; its certificate must bear it
    std::uint16_t port = 587;  ///< 1 to 65535
    MailTls tls = MailTls::starttls;
    std::string ca_file;    ///< PEM file of the authorities that may sign its certificate; empty: the system's
    std::string user;       ///< empty: without authentication
    base::Secret password;  ///< for `user`; from a file or an environment variable
    std::string from;       ///< the sender's address
    std::string from_name;  ///< what mail programs show for it
};

/// The HTTP interface of a gateway for text messages.
struct SmsSettings {
    std::string url;           ///< https, or http on this host; asked by POST
    std::string content_type;  ///< application/json or application/x-www-form-urlencoded
    std::string body;          ///< a template: {{number}} (E.164) and {{text}}, written as the content type wants them
    base::Secret authorization;       ///< value of the Authorization field; empty: none
    std::string country_code = "33";  ///< of numbers that are typed with a leading zero. 1 to 3 digits
};

/// Who is told that accounts become active or redirect their mail: a command or an HTTP interface.
struct HookSettings {
    std::vector<std::string> command;  ///< program and arguments, without a shell; the event as JSON on its input
    std::string url;                   ///< or here, by POST
    base::Secret authorization;        ///< as above
};

/// What people do with their accounts by themselves, and how they are reached.
struct AccountSettings {
    std::string time_zone = "Europe/Paris";  ///< name of the IANA database; where days begin and end
    std::string portal;                      ///< what links in mails begin with: "https://portail.example.org"
    std::chrono::milliseconds link_time{30 * 60'000};  ///< how long a link to a new password is good. 10 min to 60 min
    bool numen_reset_on_screen = false;       ///< NUMEN and birth date set a new password where no address is known
    bool temporary_password_by_mail = false;  ///< a temporary password in the mail, in place of a link
    std::uint16_t journal_months = 12;        ///< how long the journal keeps its rows. 6 to 120
    std::uint16_t visitor_days = 365;         ///< how far away the end of a visitor may be. 1 to 1095
    std::optional<MailSettings> mail;         ///< nullopt: no mail leaves
    std::optional<SmsSettings> sms;
    std::optional<HookSettings> hook;
};

struct CertificateSettings {
    std::string certificate;  ///< PEM file: the certificate and its chain
    std::string key;          ///< PEM file: its private key
};

struct TlsSettings {
    std::string certificate;                          ///< PEM file: the certificate and its chain
    std::string key;                                  ///< PEM file: its private key
    std::vector<CertificateSettings> by_name;         ///< for clients that ask for a name of theirs (SNI)
    TlsVersion minimum_version = TlsVersion::tls1_2;  ///< in the file: "1.2" or "1.3"
};

/// Bounds on what a client may do. Times are since the event named.
struct LimitSettings {
    std::chrono::milliseconds handshake_timeout{
        15'000};  ///< from accept to the end of the TLS handshake, STARTTLS included
    std::chrono::milliseconds login_timeout{60'000};  ///< from accept to a login; nothing the client says prolongs it
    std::uint16_t imap_bad_commands = 3;              ///< before the connection is closed. 1 to 1000
    std::uint16_t submission_bad_commands = 10;       ///< the same for submission. 1 to 1000
    std::uint16_t login_attempts = 5;  ///< refused logins on one connection before it is closed. 1 to 100
    std::chrono::milliseconds imap_idle_timeout{35 *
                                                60'000};  ///< without a byte either way (RFC 9051 5.4: at least 30 min)
    std::chrono::milliseconds submission_idle_timeout{10 * 60'000};  ///< the same (RFC 5321 4.5.3.2: at least 5 min)
    std::chrono::milliseconds half_closed_timeout{60'000};  ///< how long the other side may go on when one has ended
    std::uint32_t connections = 20'000;                     ///< client connections of the whole process. 1 to 1000000
    std::uint32_t connections_per_address = 4'000;        ///< the same of one client address; 0: no limit. 0 to 1000000
    std::uint32_t sessions_per_account = 200;             ///< logged in at once; 0: no limit. 0 to 1000000
    std::uint32_t sessions_per_account_and_address = 50;  ///< the same from one address
};

/// Which sender addresses (MAIL FROM) an account may use.
enum class SenderCheck {
    own,  ///< its own mail addresses and those of accounts linked to it, with any `+suffix`; and the null sender
    any,  ///< every one; the relay decides
};

struct SubmissionSettings {
    std::uint64_t max_message_bytes =
        50ULL * 1024 * 1024;                   ///< announced as SIZE (RFC 1870), unless a relay has a smaller limit
    SenderCheck senders = SenderCheck::own;    ///< in the file: own or any; a rule may say otherwise
    std::uint32_t messages_per_hour = 300;     ///< of one account; 0: no limit. 0 to 1000000
    std::uint32_t recipients_per_hour = 3000;  ///< the same
};

/// Who may prove by TLS who he is, in place of a password.
struct ClientCertificateSettings {
    std::string ca_file;    ///< PEM file of the authorities that sign for users; no others are believed
    std::string crl_file;   ///< PEM file of what they have revoked; empty: nothing is known to be
    bool required = false;  ///< nobody is served without one
    std::size_t line = 0;   ///< where it stands in the file, for errors
};

struct ListenerSettings {
    std::string name;  ///< what rules, logs and `domains` call it; unique
    ListenerProtocol protocol = ListenerProtocol::imap;
    ListenerTls tls = ListenerTls::implicit;  ///< of imap and submission
    std::string address;                      ///< numeric IPv4 or IPv6 address to bind; "::" is both on Linux
    std::uint16_t port = 0;                   ///< 1 to 65535
    std::uint16_t public_port = 0;            ///< the port that clients see, where a firewall maps it; default: `port`
    std::vector<base::IpNetwork> proxies;     ///< load balancers: they must begin with a PROXY header, and are believed
    std::string default_domain;               ///< completes a user name that has none; empty: such names stay bare
    std::optional<ClientCertificateSettings> client_certificates;  ///< of imap and submission; nullopt: not asked for
    bool exposed = false;  ///< for metrics: it may listen where more than this host and private networks reach it
};

/// One of the servers that a backend consists of. All of them have all mailboxes, or relay for everybody.
struct BackendServer {
    std::string name;  ///< what logs call it, and what keeps users with it; unique in its backend; default: `host`
    std::string host;  ///< name or numeric address
    std::uint16_t port = 0;    ///< 1 to 65535
    std::uint16_t weight = 1;  ///< its share of the users. 1 to 100
    bool drain = false;        ///< gets no new sessions
};

struct BackendSettings {
    std::string name;  ///< its key in `backends`
    MailProtocol protocol = MailProtocol::imap;
    std::vector<BackendServer> servers;  ///< at least one; each user has a server of his own, others stand in for it
    std::chrono::milliseconds check_interval{5'000};  ///< between two looks at a server
    BackendTls tls = BackendTls::implicit;
    bool proxy_header = false;  ///< begin each connection with a PROXY header, version 2, that says who the client is
    std::string ca_file;        ///< PEM file of the authorities that may sign its certificate; empty: the system's
    std::string tls_name;       ///< the name its certificate must bear; empty: the host of the server
    std::optional<CertificateSettings> client_certificate;  ///< what postern shows when it is asked who it is
    /// Base64 of the SHA-256 of SubjectPublicKeyInfo (RFC 7469 section 2.4): its certificate's key must be one of them,
    /// beside all else that is verified. Empty: any key.
    std::vector<std::string> pins;
    Compression compress = Compression::strip;  ///< for IMAP
    BackendLogin login = BackendLogin::password;
    std::string master_user;                           ///< for login master_user and authzid
    base::Secret master_password;                      ///< the same; from a file or an environment variable
    std::string master_separator = "*";                ///< for login master_user: between user and master
    std::chrono::milliseconds connect_timeout{5'000};  ///< for the TCP connection and TLS, STARTTLS included
    std::chrono::milliseconds login_timeout{10'000};   ///< from connected, with TLS, to logged in
    std::size_t line = 0;                              ///< where it stands in the file, for errors
};

/// What must hold for a rule to match. A list matches when one of its entries does; an empty list asks nothing; all
/// conditions must match.
struct RouteConditions {
    std::optional<MailProtocol> protocol;
    std::vector<std::string> listener;     ///< names of listeners
    std::vector<std::string> group;        ///< groups of the account
    std::vector<std::string> domain;       ///< domain part of the account's login, lower case
    std::vector<std::string> user;         ///< patterns on the login: `*` any text, `?` one character
    std::vector<base::IpNetwork> network;  ///< where the client is
};

struct RouteRule {
    std::string name;
    RouteConditions when;
    std::string backend;                 ///< its name in `backends`
    std::optional<SenderCheck> senders;  ///< for those who match; nullopt: as `submission.senders`
    std::size_t line = 0;                ///< where the rule stands in the file, for explanations
};

/// Where somebody must come to: a test of the rules, run whenever they are loaded.
struct RouteExpectation {
    std::string user;                 ///< the account's login
    std::vector<std::string> groups;  ///< groups it is in, profiles included
    MailProtocol protocol = MailProtocol::imap;
    std::string listener;     ///< its name; empty: the first that speaks the protocol
    base::IpAddress address;  ///< where the client is
    std::string backend;
    std::size_t line = 0;
};

struct RoutingSettings {
    std::vector<RouteRule> rules;                         ///< the first that matches decides
    std::map<MailProtocol, std::string> default_backend;  ///< when none does; one for each protocol that is listened to
    std::vector<RouteExpectation> expect;                 ///< what the rules must do
};

/// A mail service as a domain announces it to clients.
struct AnnouncedService {
    std::string hostname;  ///< the name clients connect to
    std::string listener;  ///< which listener answers there: gives protocol and port, so that both cannot drift apart
};

struct DomainDocumentation {
    std::string url;                           ///< page of the help desk
    std::map<std::string, std::string> title;  ///< language tag (BCP 47) -> link text
};

struct DomainSettings {
    std::string name;                ///< the mail domain, lower case
    std::string display_name;        ///< shown by clients
    std::string display_short_name;  ///< the same, short; default: display_name
    AnnouncedService imap;
    AnnouncedService submission;
    std::optional<DomainDocumentation> documentation;
    std::vector<std::string> web_hosts;  ///< further host names under which its documents are served; `name`,
                                         ///< `autoconfig.name` and `autodiscover.name` always are
};

struct Settings {
    ServerSettings server;
    LogSettings log;
    StoreSettings store;
    AuthSettings auth;
    AccountSettings accounts;
    TlsSettings tls;
    LimitSettings limits;
    SubmissionSettings submission;
    std::vector<std::string> groups;  ///< every group an account may be in; rules and imports are checked against it
    std::vector<ListenerSettings> listeners;
    std::map<std::string, BackendSettings> backends;
    RoutingSettings routing;
    std::vector<DomainSettings> domains;
};

}  // namespace postern::config
