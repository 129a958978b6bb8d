#include "app/import_rows.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"
#include "auth/contact_address.hpp"
#include "auth/identity_proof.hpp"
#include "auth/one_person.hpp"
#include "auth/random_code.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <tuple>

namespace postern::app {

namespace {

/// In the order of `Column`.
constexpr std::array<std::string_view, 16> column_names = {
    "login",      "password",    "password_hash", "groups",       "display_name",   "aliases",
    "state",      "language",    "affiliations",  "numen",        "student_number", "staff_number",
    "birth_date", "family_name", "given_name",    "recovery_mail"};

/// The words of a list field, without empty ones and without spaces around them.
std::vector<std::string> words_of(std::string_view list, std::string_view separators) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const auto end = list.find_first_of(separators);
        const auto word = base::trim(list.substr(0, end));
        if (!word.empty()) words.emplace_back(word);
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return words;
}

std::string all_column_names() {
    const std::vector<std::string> names(column_names.begin(), column_names.end());
    return joined(names);
}

}  // namespace

void LineErrors::add(std::size_t line, std::string what) {
    ++count_;
    if (kept_.size() < most_kept) kept_.push_back({line, std::move(what)});
}

std::vector<LineError> LineErrors::kept() const {
    auto sorted = kept_;
    std::ranges::sort(sorted, [](const LineError& a, const LineError& b) {
        return std::tie(a.line, a.what) < std::tie(b.line, b.what);
    });
    return sorted;
}

void ImportRows::add(std::size_t line, std::span<base::WipingBuffer> fields) {
    if (!has_header_) {
        has_header_ = true;
        read_header(line, fields);
    } else if (is_header_good_) {
        read_row(line, fields);
    }
}

void ImportRows::finish() {
    if (!has_header_)
        errors_.add(1, "the file is empty: its first line must name the columns (" + all_column_names() + ")");
}

void ImportRows::read_header(std::size_t line, std::span<const base::WipingBuffer> fields) {
    const auto errors_before = errors_.count();
    columns_ = fields.size();
    for (std::size_t i = 0; i != fields.size(); ++i) {
        const std::string name = base::to_lower(base::trim(base::view(fields[i])));
        const auto known = std::ranges::find(column_names, name);
        if (known == column_names.end()) {
            // Not named: in a file without a header this is the first account's password.
            errors_.add(line, "column " + std::to_string(i + 1) + " has a name that is unknown; columns are " +
                                  all_column_names());
            continue;
        }
        auto& position = position_[static_cast<std::size_t>(known - column_names.begin())];
        if (position) errors_.add(line, "the column " + in_quotes(name) + " is there twice");
        position = i;
    }
    if (!has(Column::login)) errors_.add(line, "there is no column \"login\"; the first line must name the columns");
    is_header_good_ = errors_.count() == errors_before;
}

std::string_view ImportRows::text(Column column, std::span<const base::WipingBuffer> fields) const {
    const auto position = position_[static_cast<std::size_t>(column)];
    return position ? base::view(fields[*position]) : std::string_view();
}

bool ImportRows::has_good_shape(std::size_t line, std::span<const base::WipingBuffer> fields) {
    if (rows_.size() >= max_import_rows) {
        errors_.add(line, "the file has more than 1000000 accounts: import it in parts");
        is_header_good_ = false;  // nothing behind this row is read
        return false;
    }
    if (fields.size() != columns_) {
        errors_.add(line, "the row has " + std::to_string(fields.size()) + " fields, the header has " +
                              std::to_string(columns_));
        return false;
    }
    const auto long_field =
        std::ranges::find_if(fields, [](const auto& field) { return field.size() > max_field_bytes; });
    if (long_field == fields.end()) return true;
    errors_.add(line, "field " + std::to_string(long_field - fields.begin() + 1) + " is longer than 1024 bytes");
    return false;
}

void ImportRows::read_row(std::size_t line, std::span<base::WipingBuffer> fields) {
    if (!has_good_shape(line, fields)) return;
    auto login = read_name(text(Column::login, fields), "login");
    if (!login) return errors_.add(line, told(login.error()));
    ImportRow row{.line = line,
                  .account = {.id = auth::random_id(), .login = std::move(*login), .state = auth::AccountState::active},
                  .verifier = {},
                  .password = {},
                  .wrapping = {}};
    claim(line, row.account.login);

    if (auto aliases = read_aliases(words_of(text(Column::aliases, fields), ";"), row.account.login)) {
        row.account.aliases = std::move(*aliases);
        for (const auth::Identifier& alias : row.account.aliases) claim(line, alias);
    } else {
        errors_.add(line, told(aliases.error()));
    }
    if (auto groups = read_groups(words_of(text(Column::groups, fields), ";|"), known_groups_)) {
        row.account.groups = std::move(*groups);
    } else {
        errors_.add(line, told(groups.error()));
    }
    if (auto display_name = read_display_name(text(Column::display_name, fields))) {
        row.account.display_name = std::move(*display_name);
    } else {
        errors_.add(line, told(display_name.error()));
    }
    read_state(row, fields);
    read_person(row, fields);
    read_credential(row, fields);
    rows_.push_back(std::move(row));
}

void ImportRows::read_state(ImportRow& row, std::span<const base::WipingBuffer> fields) {
    using enum auth::AccountState;
    const auto state = base::trim(text(Column::state, fields));
    if (state.empty()) return;
    const auto known = auth::account_state(base::to_lower(state));
    const bool may_begin = known == active || known == suspended || known == imported || known == provisional;
    if (!may_begin)
        errors_.add(row.line,
                    told("the state " + in_quotes(state) + " is none of active, suspended, imported, provisional"));
    row.account.state = may_begin ? *known : suspended;
    row.is_provisional = known == provisional;
}

void ImportRows::read_person(ImportRow& row, std::span<const base::WipingBuffer> fields) {
    if (const auto language = base::trim(text(Column::language, fields)); !language.empty()) {
        if (language != "fr" && language != "en") errors_.add(row.line, told("the language is neither fr nor en"));
        row.account.language = language == "en" ? "en" : "fr";
        row.says_language = true;
    }
    read_affiliations(row, text(Column::affiliations, fields));
    read_number(row, auth::SecretIdentifierKind::numen, text(Column::numen, fields));
    read_number(row, auth::SecretIdentifierKind::student_number, text(Column::student_number, fields));
    read_number(row, auth::SecretIdentifierKind::staff_number, text(Column::staff_number, fields));
    read_birth(row, fields);
    if (const auto address = text(Column::recovery_mail, fields); !address.empty()) {
        auto known = auth::mail_address(address);
        if (!known) errors_.add(row.line, "the recovery_mail is no mail address");
        row.recovery_mail = std::move(known);
    }
}

/// "teacher@0801234A;parent@0809999Z", from now on.
void ImportRows::read_affiliations(ImportRow& row, std::string_view list) {
    for (const std::string& word : words_of(list, ";")) {
        const std::size_t at = word.find('@');
        const auto profile = auth::profile_named(std::string_view(word).substr(0, at));
        const std::string unit = at == std::string::npos ? "" : word.substr(at + 1);
        if (!profile || !auth::is_unit(unit)) {
            errors_.add(row.line, told("the affiliation " + in_quotes(word) + " is not written as profile@unit"));
            continue;
        }
        const auth::Affiliation said{.profile = *profile, .unit = unit, .valid_from = now_, .valid_until = {}};
        auto& all = row.account.affiliations;
        if (std::ranges::find(all, said) == all.end()) all.push_back(said);
        profiles_.insert(*profile);
    }
    const auth::Account person{.login = row.account.login, .affiliations = row.account.affiliations};
    if (!auth::may_be_one_person(std::span(&person, 1), now_))
        errors_.add(row.line, std::string(auth::never_one_person));
}

/// No error repeats a number: the file is the only place where it may be read.
void ImportRows::read_number(ImportRow& row, auth::SecretIdentifierKind kind, std::string_view text) {
    if (text.empty()) return;
    const std::string name(auth::name_of(kind));
    const auto number = auth::secret_number(kind, text);
    if (!number) return errors_.add(row.line, "the " + name + " cannot be one");
    auto identifier = auth::secret_identifier(keyring_, kind, *number);
    const auto [first, is_new] = numbers_.emplace(identifier.mac, row.line);
    if (!is_new) errors_.add(row.line, "the " + name + " is on line " + std::to_string(first->second) + " already");
    row.account.secret_identifiers.push_back(std::move(identifier));
}

void ImportRows::read_birth(ImportRow& row, std::span<const base::WipingBuffer> fields) {
    const auto typed = text(Column::birth_date, fields);
    if (typed.empty()) return;
    const auto date = auth::birth_date(typed);
    if (!date) return errors_.add(row.line, "the birth_date does not exist: write it as 14/07/1980 or 1980-07-14");
    row.birth_date = date;
    const auto family = text(Column::family_name, fields);
    const auto given = text(Column::given_name, fields);
    if (!family.empty() && !given.empty())
        row.account.birth.name_and_date = auth::name_birth_mac(keyring_, family, given, *date);
}

/// In a file with passwords a wrong value may be one that slipped into the wrong column: it is not repeated.
std::string ImportRows::told(std::string message) const {
    if (!has(Column::password)) return message;
    const auto opening = message.find('"');
    if (opening == std::string::npos) return message;
    return message.replace(opening, message.rfind('"') - opening + 1, "given here");
}

void ImportRows::read_credential(ImportRow& row, std::span<const base::WipingBuffer> fields) {
    if (!has(Column::password) && !has(Column::password_hash)) {
        if (row.is_provisional) row.lacks_password = "the row has no password for its activation to begin with";
        return;
    }
    base::Secret password(text(Column::password, fields));
    const base::Secret verifier(text(Column::password_hash, fields));
    if (row.account.state == auth::AccountState::imported) {
        if (!password.empty() || !verifier.empty())
            errors_.add(row.line, "the row has a password, but who is imported gets his own by his activation");
        return;
    }
    if (password.empty() && verifier.empty()) {
        row.lacks_password = "the row has no password; a file for accounts without one has neither column";
        return;
    }
    if (!password.empty() && !verifier.empty())
        return errors_.add(row.line, "the row has a password and a password_hash: give one of them");
    if (!verifier.empty()) {
        auto plan = hasher_.plan_import(verifier.reveal());
        if (!plan) return errors_.add(row.line, "the password_hash " + std::string(plan.error()));
        row.verifier = std::move(plan->verifier);
        row.password = std::move(plan->to_hash);
        row.wrapping = std::move(plan->wrapping);
        return;
    }
    const auto checked = auth::check_password(password);
    if (!checked) errors_.add(row.line, "the password " + std::string(auth::describe(checked.error())));
    row.password = std::move(password);
}

void ImportRows::claim(std::size_t line, const auth::Identifier& name) {
    const auto [first, is_new] = names_.emplace(name.text(), line);
    if (is_new) return;
    errors_.add(line,
                "the name " + in_quotes(name.text()) + " is on line " + std::to_string(first->second) + " already");
}

}  // namespace postern::app
