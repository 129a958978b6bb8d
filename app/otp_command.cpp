#include "app/otp_command.hpp"

#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"
#include "app/import_file.hpp"
#include "app/otp_csv.hpp"
#include "auth/otp/otp_keys.hpp"
#include "auth/otp/pskc.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <expected>
#include <iomanip>
#include <optional>
#include <utility>
#include <vector>

namespace postern::app {

namespace {

auth::otp::OtpKeys keys_of(const HelpdeskTools& tools) {
    return {tools.store, tools.account.hasher, tools.keyring, tools.clock};
}

int report(const OtpOptions& options, std::string_view what, const HelpdeskTools& tools) {
    if (options.json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"serial", options.serial}, {"done", what}})
                          << '\n';
    } else {
        tools.account.out << "key " << options.serial << ' ' << what << '\n';
    }
    return 0;
}

int set_state(const OtpOptions& options, auth::OtpKeyState state, const HelpdeskTools& tools) {
    const auto done = keys_of(tools).set_state(options.serial, state, auth::at_command_line());
    if (!done) return fail(tools, done.error().detail);
    return report(options, "is " + std::string(auth::name_of(state)), tools);
}

int fail_with_lines(const OtpOptions& options, const LineErrors& errors, const HelpdeskTools& tools) {
    for (const LineError& error : errors.kept())
        tools.account.err << options.file << ':' << error.line << ": " << error.what << '\n';
    return fail(tools, std::to_string(errors.count()) + (errors.count() == 1 ? " mistake" : " mistakes") +
                           "\nnothing was imported");
}

bool is_xml(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    return start != std::string_view::npos && text[start] == '<';
}

using Delivery = std::expected<std::vector<auth::otp::ImportedKey>, int>;

Delivery read_rows(std::string_view text, const OtpOptions& options, const HelpdeskTools& tools) {
    LineErrors errors;
    auto keys = read_otp_csv(text, errors);
    if (!errors.empty()) return std::unexpected(fail_with_lines(options, errors, tools));
    return keys;
}

/// The first line of a file; empty for no file.
std::expected<base::Secret, std::string> first_line(const std::string& file, const HelpdeskTools& tools) {
    if (file.empty()) return base::Secret();
    const auto bytes = read_import_file(file, tools.account.in);
    if (!bytes) return std::unexpected("the file " + file + ' ' + bytes.error());
    const std::string_view text = base::view(*bytes);
    return base::Secret(text.substr(0, text.find_first_of("\r\n")));
}

Delivery read_container(base::WipingBuffer text, const OtpOptions& options, const HelpdeskTools& tools) {
    const auto digits = first_line(options.key_file, tools);
    if (!digits) return std::unexpected(fail(tools, digits.error()));
    auto password = first_line(options.password_file, tools);
    if (!password) return std::unexpected(fail(tools, password.error()));
    auto key = digits->empty() ? std::optional(base::Secret()) : from_hex(digits->reveal());
    if (!key)
        return std::unexpected(fail(tools, "the file " + options.key_file + " does not hold hexadecimal digits", 2));
    const auth::otp::PskcUnlock unlock{.key = std::move(*key), .password = std::move(*password)};
    auto keys = auth::otp::read_pskc(std::move(text), unlock);
    if (keys) return std::move(*keys);
    for (const std::string& fault : keys.error()) tools.account.err << options.file << ": " << fault << '\n';
    return std::unexpected(fail(tools, "nothing was imported"));
}

boost::json::object json_of(const auth::OtpKey& key) {
    boost::json::object object{
        {"serial", key.serial},    {"state", auth::name_of(key.state)}, {"algorithm", key.algorithm},
        {"digits", key.digits},    {"step_seconds", key.step_seconds},  {"drift", key.drift},
        {"document", key.document}};
    object["account_id"] = key.account ? boost::json::value(*key.account) : boost::json::value(nullptr);
    object["handed_at"] = key.handed_at ? boost::json::value(time_text(*key.handed_at)) : boost::json::value(nullptr);
    return object;
}

void print_line(const auth::OtpKey& key, std::ostream& out) {
    out << std::left << std::setw(24) << key.serial << ' ' << std::setw(12) << auth::name_of(key.state) << ' '
        << std::setw(8) << (std::to_string(key.digits) + '/' + std::to_string(key.step_seconds) + 's') << ' '
        << (key.account ? std::to_string(*key.account) : "") << '\n';
}

}  // namespace

int otp_import(const OtpOptions& options, const HelpdeskTools& tools) {
    auto bytes = read_import_file(options.file, tools.account.in);
    if (!bytes) return fail(tools, "the file " + options.file + ' ' + bytes.error() + "\nnothing was imported");
    const auto read = is_xml(base::view(*bytes)) ? read_container(std::move(*bytes), options, tools)
                                                 : read_rows(base::view(*bytes), options, tools);
    if (!read) return read.error();
    const std::vector<auth::otp::ImportedKey>& delivery = *read;
    if (!options.dry_run) {
        const auto imported = keys_of(tools).import(delivery, auth::at_command_line());
        if (!imported && imported.error().fault == auth::StoreFault::already_exists)
            return fail(tools, "the key " + imported.error().detail + " is there already\nnothing was imported");
        if (!imported) return fail(tools, imported.error().detail + "\nnothing was imported");
    }
    if (options.json) {
        tools.account.out << boost::json::serialize(
                                 boost::json::object{{"keys", delivery.size()}, {"dry_run", options.dry_run}})
                          << '\n';
    } else {
        tools.account.out << (options.dry_run ? "would import " : "imported ") << delivery.size()
                          << (delivery.size() == 1 ? " key\n" : " keys\n");
    }
    return 0;
}

int otp_list(const OtpOptions& options, const HelpdeskTools& tools) {
    auth::OtpKeyFilter filter{.state = auth::otp_key_state(options.state), .text = options.serial};
    if (!options.state.empty() && !filter.state)
        return fail(
            tools, "the state is none of stock, issued, pin_pending, pin_confirm, active, suspended, lost, retired", 2);
    boost::json::array all;
    for (;;) {
        const auto page = keys_of(tools).list(filter);
        if (!page) return fail(tools, page.error().detail);
        for (const auth::OtpKey& key : *page) {
            if (options.json) {
                all.push_back(json_of(key));
            } else {
                print_line(key, tools.account.out);
            }
        }
        if (page->size() < filter.limit) break;
        filter.after_serial = page->back().serial;
    }
    if (options.json) tools.account.out << boost::json::serialize(all) << '\n';
    return 0;
}

int otp_hand_over(const OtpOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto done = keys_of(tools).hand_over(options.serial, account->id, options.document, auth::at_command_line());
    if (!done) return fail(tools, done.error().detail);
    return report(options, "handed to " + account->login.text() + ": its first connection may begin, within 15 days",
                  tools);
}

int otp_reopen(const OtpOptions& options, const HelpdeskTools& tools) {
    const auto done = keys_of(tools).reopen(options.serial, auth::at_command_line());
    if (!done) return fail(tools, done.error().detail);
    return report(options, "may begin its first connection anew, within 15 days", tools);
}

int otp_suspend(const OtpOptions& options, const HelpdeskTools& tools) {
    return set_state(options, auth::OtpKeyState::suspended, tools);
}

int otp_resume(const OtpOptions& options, const HelpdeskTools& tools) {
    return set_state(options, auth::OtpKeyState::active, tools);
}

int otp_lost(const OtpOptions& options, const HelpdeskTools& tools) {
    return set_state(options, auth::OtpKeyState::lost, tools);
}

int otp_take_back(const OtpOptions& options, const HelpdeskTools& tools) {
    return set_state(options, auth::OtpKeyState::stock, tools);
}

int otp_retire(const OtpOptions& options, const HelpdeskTools& tools) {
    return set_state(options, auth::OtpKeyState::retired, tools);
}

}  // namespace postern::app
