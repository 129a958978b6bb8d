#include "auth/store/account_select.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace postern::auth::store {

namespace {

std::runtime_error forged(const std::string& what) {
    return std::runtime_error("it holds a " + what + " that postern would not have written");
}

std::string_view take_word(std::string_view& text) {
    const auto end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

Time take_time(std::string_view& text) {
    const std::string_view word = take_word(text);
    long long seconds = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seconds);
    if (error != std::errc{} || end != word.data() + word.size()) throw forged("date");
    return time_of(seconds);
}

/// "profile unit from until", as `columns` asks for it; 0 for a missing end.
Affiliation affiliation_of(std::string_view line) {
    const auto profile = profile_named(take_word(line));
    if (!profile) throw forged("profile");
    Affiliation affiliation{.profile = *profile, .unit = std::string(take_word(line)), .valid_from = take_time(line)};
    if (const Time until = take_time(line); until != Time{}) affiliation.valid_until = until;
    return affiliation;
}

}  // namespace

std::vector<std::string> sorted_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    std::ranges::sort(lines);
    return lines;
}

Identifier stored_identifier(const std::string& text) {
    auto name = Identifier::parse(text);
    if (!name || name->text() != text) throw forged("name");
    return std::move(*name);
}

std::string AccountSelect::columns(const Database& database) {
    const auto list = [&](const std::string& expression, const std::string& from) {
        return ", coalesce((SELECT " + database.lines_of(expression) + " FROM " + from + "), '')";
    };
    return "a.id, a.login, a.display_name, a.language, a.state, a.valid_from, a.valid_until, a.sponsor_id, "
           "a.link_group, a.is_visitor, a.link_primary, a.epoch, a.row_version, a.created_at, a.changed_at" +
           list("value", "identifier WHERE account_id = a.id AND kind <> 'login'") +
           ", coalesce((SELECT value FROM identifier WHERE account_id = a.id AND kind = 'mail'), '')" +
           list("group_name", "membership WHERE account_id = a.id") +
           list("profile || ' ' || unit || ' ' || valid_from || ' ' || coalesce(valid_until, 0)",
                "affiliation WHERE account_id = a.id") +
           ", (SELECT count(*) FROM credential WHERE account_id = a.id AND kind = 'password')";
}

void AccountSelect::bind_to(soci::statement& statement) {
    statement.exchange(soci::into(id_));
    for (std::string* text : {&login_, &display_name_, &language_, &state_}) statement.exchange(soci::into(*text));
    for (Nullable* number : {&valid_from_, &valid_until_, &sponsor_, &link_group_})
        statement.exchange(soci::into(number->value, number->indicator));
    statement.exchange(soci::into(is_visitor_));
    statement.exchange(soci::into(is_link_primary_));
    for (long long* number : {&epoch_, &row_version_, &created_at_, &changed_at_})
        statement.exchange(soci::into(*number));
    for (std::string* text : {&aliases_, &mail_, &groups_, &affiliations_}) statement.exchange(soci::into(*text));
    statement.exchange(soci::into(passwords_));
}

Account AccountSelect::account() const {
    const auto state = account_state(state_);
    if (!state || *state == AccountState::expired) throw forged("state");
    Account account{.id = id_,
                    .login = stored_identifier(login_),
                    .display_name = display_name_,
                    .language = language_,
                    .groups = sorted_lines(groups_),
                    .state = *state,
                    .valid_from = valid_from_.time(),
                    .valid_until = valid_until_.time(),
                    .is_visitor = is_visitor_ != 0,
                    .sponsor = sponsor_.number(),
                    .link_group = link_group_.number(),
                    .is_link_primary = is_link_primary_ != 0,
                    .has_password = passwords_ != 0,
                    .epoch = epoch_,
                    .row_version = row_version_,
                    .created_at = time_of(created_at_),
                    .changed_at = time_of(changed_at_)};
    for (const std::string& alias : sorted_lines(aliases_)) account.aliases.push_back(stored_identifier(alias));
    if (!mail_.empty()) account.mail = stored_identifier(mail_);
    for (const std::string& line : sorted_lines(affiliations_)) account.affiliations.push_back(affiliation_of(line));
    return account;
}

}  // namespace postern::auth::store
