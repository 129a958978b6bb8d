#include "app/account_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <iomanip>
#include <sstream>
#include <vector>

namespace postern::app {

namespace {

constexpr std::size_t longest_quote = 60;

boost::json::object affiliation_object(const auth::Affiliation& affiliation) {
    return {{"profile", auth::name_of(affiliation.profile)},
            {"unit", affiliation.unit},
            {"valid_from", time_text(affiliation.valid_from)},
            {"valid_until", time_or_null(affiliation.valid_until)}};
}

std::string dates_text(const std::optional<auth::Time>& from, const std::optional<auth::Time>& until) {
    if (!from && !until) return "always";
    return (from ? "from " + time_text(*from) : "") + (from && until ? " " : "") +
           (until ? "until " + time_text(*until) : "");
}

std::vector<std::string> affiliation_texts(const auth::Account& account) {
    std::vector<std::string> texts;
    texts.reserve(account.affiliations.size());
    for (const auth::Affiliation& each : account.affiliations) {
        texts.push_back(std::string(auth::name_of(each.profile)) + '@' + each.unit +
                        (each.valid_until ? " until " + time_text(*each.valid_until) : ""));
    }
    return texts;
}

std::vector<std::string> alias_texts(const auth::Account& account) {
    std::vector<std::string> texts;
    texts.reserve(account.aliases.size());
    for (const auth::Identifier& alias : account.aliases) texts.push_back(alias.text());
    return texts;
}

}  // namespace

std::string time_text(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::ostringstream text;
    text << std::setfill('0') << std::setw(4) << static_cast<int>(date.year()) << '-' << std::setw(2)
         << static_cast<unsigned>(date.month()) << '-' << std::setw(2) << static_cast<unsigned>(date.day()) << 'T'
         << std::setw(2) << clock.hours().count() << ':' << std::setw(2) << clock.minutes().count() << ':'
         << std::setw(2) << clock.seconds().count() << 'Z';
    return text.str();
}

boost::json::value time_or_null(const std::optional<auth::Time>& time) {
    return time ? boost::json::value(time_text(*time)) : boost::json::value(nullptr);
}

boost::json::object json_object_of(const auth::Account& account) {
    boost::json::object object;
    object["id"] = account.id;
    object["login"] = account.login.text();
    auto& aliases = object["aliases"].emplace_array();
    for (const auth::Identifier& alias : account.aliases) aliases.emplace_back(alias.text());
    object["display_name"] = account.display_name;
    auto& groups = object["groups"].emplace_array();
    for (const std::string& group : account.groups) groups.emplace_back(group);
    auto& affiliations = object["affiliations"].emplace_array();
    for (const auth::Affiliation& affiliation : account.affiliations)
        affiliations.emplace_back(affiliation_object(affiliation));
    object["language"] = account.language;
    object["state"] = auth::name_of(account.state);
    object["valid_from"] = time_or_null(account.valid_from);
    object["valid_until"] = time_or_null(account.valid_until);
    object["linked"] = account.link_group.has_value();
    object["has_password"] = account.has_password;
    object["created_at"] = time_text(account.created_at);
    object["changed_at"] = time_text(account.changed_at);
    return object;
}

std::string json_of(const auth::Account& account) {
    return boost::json::serialize(json_object_of(account));
}

void print_details(const auth::Account& account, std::ostream& out) {
    out << "login:        " << account.login.text() << "\nid:           " << account.id
        << "\naliases:      " << joined(alias_texts(account)) << "\ndisplay name: " << account.display_name
        << "\ngroups:       " << joined(account.groups) << "\naffiliations: " << joined(affiliation_texts(account))
        << "\nvalid:        " << dates_text(account.valid_from, account.valid_until)
        << "\nstate:        " << auth::name_of(account.state)
        << "\npassword:     " << (account.has_password ? "set" : "not set: nobody can log in with one")
        << "\ncreated:      " << time_text(account.created_at) << "\nchanged:      " << time_text(account.changed_at)
        << '\n';
}

void print_table_head(std::ostream& out) {
    out << std::left << std::setw(36) << "LOGIN" << ' ' << std::setw(12) << "STATE" << ' ' << std::setw(8) << "PASSWORD"
        << ' ' << std::setw(24) << "GROUPS" << " NAME\n";
}

void print_table_line(const auth::Account& account, std::ostream& out) {
    out << std::left << std::setw(36) << account.login.text() << ' ' << std::setw(12) << auth::name_of(account.state)
        << ' ' << std::setw(8) << (account.has_password ? "set" : "none") << ' ' << std::setw(24)
        << joined(account.groups) << ' ' << account.display_name << '\n';
}

std::string in_quotes(std::string_view text) {
    std::string shown = "\"";
    for (const char c : text.substr(0, longest_quote)) shown += c >= ' ' && c < '\x7f' ? c : '?';
    if (text.size() > longest_quote) shown += "...";
    return shown + '"';
}

std::string joined(std::span<const std::string> words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace postern::app
