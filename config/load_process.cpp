#include "config/sections.hpp"

#include <set>

namespace postern::config {
namespace {

const OneOf<Language> language_form{{{"en", Language::english}, {"fr", Language::french}}};
const OneOf<LogFormat> log_format_form{
    {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}}};
const OneOf<LogLevel> log_level_form{
    {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}}};
const OneOf<TlsVersion> tls_version_form{{{"1.2", TlsVersion::tls1_2}, {"1.3", TlsVersion::tls1_3}}};

constexpr WholeNumber<std::uint32_t> sending_limit{.min = 0, .max = 1'000'000};
constexpr WholeNumber<std::uint16_t> thread_count{.min = 0, .max = 256};
constexpr WholeNumber<std::uint16_t> queue_length{.min = 1, .max = 65535};
constexpr WholeNumber<std::uint32_t> hash_memory{.min = 8192, .max = 1'048'576};
constexpr WholeNumber<std::uint32_t> hash_passes{.min = 1, .max = 64};
constexpr WholeNumber<std::uint32_t> memory_budget{.min = 16, .max = 65536};
constexpr WholeNumber<std::uint16_t> free_failures{.min = 1, .max = 100};
constexpr WholeNumber<std::uint16_t> closing_failures{.min = 10, .max = 1000};
constexpr WholeNumber<std::uint16_t> source_failures{.min = 1, .max = 10'000};
constexpr WholeNumber<std::uint16_t> bad_commands{.min = 1, .max = 1000};
constexpr WholeNumber<std::uint16_t> login_attempts{.min = 1, .max = 100};
constexpr WholeNumber<std::uint32_t> connection_count{.min = 1, .max = 1'000'000};
constexpr WholeNumber<std::uint32_t> count_or_no_limit{.min = 0, .max = 1'000'000};

void read_server(MappingReader& section, ServerSettings& server) {
    section.required("hostname", server.hostname, full_hostname);
    section.optional("threads", server.threads, thread_count);
    section.optional("drain_timeout", server.drain_timeout, duration);
    section.optional("control_socket", server.control_socket, FilePath{section.reading().directory});
    section.optional("language", server.language, language_form);
}

void read_log(MappingReader& section, LogSettings& log) {
    section.optional("format", log.format, log_format_form);
    section.optional("level", log.level, log_level_form);
}

void read_password_hash(MappingReader& section, PasswordHashSettings& hash) {
    section.optional("memory_kib", hash.memory_kib, hash_memory);
    section.optional("passes", hash.passes, hash_passes);
}

void read_lockout(MappingReader& section, LockoutSettings& lockout) {
    section.optional("free_failures", lockout.free_failures, free_failures);
    section.optional("first_wait", lockout.first_wait, duration);
    section.optional("longest_wait", lockout.longest_wait, duration);
    section.optional("closed_at", lockout.closed_at, closing_failures);
    section.optional("source_burst", lockout.source_burst, source_failures);
    section.optional("source_per_hour", lockout.source_per_hour, source_failures);
    if (section.sound("first_wait") && section.sound("longest_wait") && lockout.first_wait > lockout.longest_wait)
        section.fail("longest_wait", "is shorter than first_wait");
}

void read_auth(MappingReader& section, AuthSettings& auth) {
    section.optional("key_file", auth.key_file, FilePath{section.reading().directory});
    section.optional("password_threads", auth.password_threads, thread_count);
    section.optional("password_queue", auth.password_queue, queue_length);
    section.optional("hash_memory_mib", auth.hash_memory_mib, memory_budget);
    section.section("password_hash", Presence::optional,
                    [&](MappingReader& hash) { read_password_hash(hash, auth.password_hash); });
    section.section("lockout", Presence::optional,
                    [&](MappingReader& lockout) { read_lockout(lockout, auth.lockout); });
    section.optional("app_passwords_required", auth.app_passwords_required, yes_or_no);
    section.optional("failure_delay", auth.failure_delay, duration);
}

void read_tls(MappingReader& section, TlsSettings& tls) {
    const ReadableFile readable_file{section.reading().directory};
    section.required("certificate", tls.certificate, readable_file);
    section.required("key", tls.key, readable_file);
    section.sections("by_name", Presence::optional, [&](MappingReader& each) {
        CertificateSettings& other = tls.by_name.emplace_back();
        each.required("certificate", other.certificate, readable_file);
        each.required("key", other.key, readable_file);
    });
    section.optional("minimum_version", tls.minimum_version, tls_version_form);
}

void read_limits(MappingReader& section, LimitSettings& limits) {
    section.optional("handshake_timeout", limits.handshake_timeout, duration);
    section.optional("login_timeout", limits.login_timeout, duration);
    section.optional("imap_bad_commands", limits.imap_bad_commands, bad_commands);
    section.optional("submission_bad_commands", limits.submission_bad_commands, bad_commands);
    section.optional("login_attempts", limits.login_attempts, login_attempts);
    section.optional("imap_idle_timeout", limits.imap_idle_timeout, duration);
    section.optional("submission_idle_timeout", limits.submission_idle_timeout, duration);
    section.optional("half_closed_timeout", limits.half_closed_timeout, duration);
    section.optional("connections", limits.connections, connection_count);
    section.optional("connections_per_address", limits.connections_per_address, count_or_no_limit);
    section.optional("sessions_per_account", limits.sessions_per_account, count_or_no_limit);
    section.optional("sessions_per_account_and_address", limits.sessions_per_account_and_address, count_or_no_limit);
}

void read_submission(MappingReader& section, SubmissionSettings& submission) {
    section.optional("max_message_size", submission.max_message_bytes, message_size);
    section.optional("senders", submission.senders, sender_check_form);
    section.optional("messages_per_hour", submission.messages_per_hour, sending_limit);
    section.optional("recipients_per_hour", submission.recipients_per_hour, sending_limit);
}

}  // namespace

const OneOf<SenderCheck> sender_check_form{{{"own", SenderCheck::own}, {"any", SenderCheck::any}}};

void read_process_settings(MappingReader& root, Settings& settings) {
    root.section("server", Presence::required, [&](MappingReader& s) { read_server(s, settings.server); });
    root.section("log", Presence::optional, [&](MappingReader& s) { read_log(s, settings.log); });
    read_store_settings(root, settings);
    settings.auth.key_file = FilePath{root.reading().directory}("postern.keys").value_or("postern.keys");
    root.section("auth", Presence::optional, [&](MappingReader& s) { read_auth(s, settings.auth); });
    root.section("tls", Presence::required, [&](MappingReader& s) { read_tls(s, settings.tls); });
    root.section("limits", Presence::optional, [&](MappingReader& s) { read_limits(s, settings.limits); });
    root.section("submission", Presence::optional, [&](MappingReader& s) { read_submission(s, settings.submission); });
    root.list("groups", settings.groups, identifier);
}

}  // namespace postern::config
