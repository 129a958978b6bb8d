#include "app/import_rows.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <tuple>

namespace postern::app {

namespace {

/// In the order of `Column`.
constexpr std::array<std::string_view, 7> column_names = {"login",        "password", "password_hash", "groups",
                                                          "display_name", "aliases",  "state"};

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
    ImportRow row{line, {std::move(*login), {}, {}, {}, auth::AccountState::active, {}}, {}};
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
    if (const auto state = base::trim(text(Column::state, fields)); !state.empty()) {
        const auto known = auth::account_state(base::to_lower(state));
        if (!known) errors_.add(line, told("the state " + in_quotes(state) + " is neither active nor disabled"));
        row.account.state = known.value_or(auth::AccountState::disabled);
    }
    read_credential(row, fields);
    rows_.push_back(std::move(row));
}

/// In a file with passwords a wrong value may be one that slipped into the wrong column: it is not repeated.
std::string ImportRows::told(std::string message) const {
    if (!has(Column::password)) return message;
    const auto opening = message.find('"');
    if (opening == std::string::npos) return message;
    return message.replace(opening, message.rfind('"') - opening + 1, "given here");
}

void ImportRows::read_credential(ImportRow& row, std::span<const base::WipingBuffer> fields) {
    if (!has(Column::password) && !has(Column::password_hash)) return;
    base::Secret password(text(Column::password, fields));
    base::Secret verifier(text(Column::password_hash, fields));
    if (password.empty() == verifier.empty()) {
        return errors_.add(row.line, password.empty() ? "the row has no password; a file for accounts without one has "
                                                        "neither column"
                                                      : "the row has a password and a password_hash: give one of them");
    }
    if (!verifier.empty()) {
        if (!hasher_.accepts(verifier)) {
            return errors_.add(row.line,
                               "the password_hash is not one that is accepted: $argon2id$v=19$m=...,t=...,p=1$, "
                               "at most 1 GiB and 64 passes");
        }
        row.account.verifier = std::move(verifier);
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
