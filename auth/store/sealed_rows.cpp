#include "auth/store/sealed_rows.hpp"

#include <array>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

/// A column that holds what Keyring sealed. `context` is the SQL expression of what it was sealed for.
struct SealedColumn {
    std::string_view table, row, column, context;
};

constexpr std::array<SealedColumn, 8> columns{{
    {"credential", "id", "verifier", "'credential:' || id || ':' || account_id"},
    {"otp_key", "id", "seed", "'otp_seed:' || id"},
    {"otp_key", "id", "pin", "'otp_pin:' || id"},
    {"otp_key", "id", "pending_pin", "'otp_pin:' || id"},
    {"outbox", "id", "payload", "'outbox:' || id"},
    {"contact", "id", "address", "'contact:' || id"},
    {"redirect", "account_id", "target", "'redirect:' || account_id"},
    {"flow", "id", "data", "'flow:' || id"},
}};
constexpr std::array<std::string_view, columns.size()> column_names{
    "credential.verifier", "otp_key.seed",    "otp_key.pin",     "otp_key.pending_pin",
    "outbox.payload",      "contact.address", "redirect.target", "flow.data",
};

/// The MACs of app passwords are no seals: they are compared, never opened. "-" stands where something was.
std::string sealed_otherwise(const SealedColumn& column) {
    const std::string name(column.column);
    std::string condition = name + " NOT IN ('', '-') AND substr(" + name + ", 1, :size) <> :prefix";
    if (column.table == "credential") condition += " AND kind <> 'app_password'";
    return condition;
}

}  // namespace

std::span<const std::string_view> SealedRows::places() const {
    return column_names;
}

std::vector<SealedCell> SealedRows::without_prefix(std::size_t place,
                                                   std::string_view prefix,
                                                   std::int64_t after,
                                                   std::size_t limit) {
    const SealedColumn& column = columns.at(place);
    const std::string start(prefix);
    const auto size = static_cast<int>(start.size());
    const long long last = after;
    const auto most = static_cast<long long>(limit);
    const std::string row(column.row);
    SealedCell cell{.place = place};
    long long number = 0;
    std::vector<SealedCell> found;
    database_.each(
        "SELECT " + row + ", " + std::string(column.context) + ", " + std::string(column.column) + " FROM " +
            std::string(column.table) + " WHERE " + row + " > :after AND " + sealed_otherwise(column) + " ORDER BY " +
            row + " LIMIT :most",
        [&] {
            cell.row = number;
            found.push_back(cell);
        },
        into(number), into(cell.context), into(cell.text), use(last, "after"), use(size, "size"), use(start, "prefix"),
        use(most, "most"));
    return found;
}

std::size_t SealedRows::count_without_prefix(std::string_view prefix) {
    const std::string start(prefix);
    const auto size = static_cast<int>(start.size());
    std::size_t total = 0;
    for (const SealedColumn& column : columns) {
        long long count = 0;
        database_.first("SELECT count(*) FROM " + std::string(column.table) + " WHERE " + sealed_otherwise(column),
                        into(count), use(size, "size"), use(start, "prefix"));
        total += static_cast<std::size_t>(count);
    }
    return total;
}

bool SealedRows::replace(const SealedCell& cell, std::string_view fresh) {
    const SealedColumn& column = columns.at(cell.place);
    const std::string text(fresh);
    const long long row = cell.row;
    const std::string name(column.column);
    return database_.execute("UPDATE " + std::string(column.table) + " SET " + name + " = :fresh WHERE " +
                                 std::string(column.row) + " = :row AND " + name + " = :old",
                             use(text, "fresh"), use(row, "row"), use(cell.text, "old")) == 1;
}

}  // namespace postern::auth::store
