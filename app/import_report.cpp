#include "app/import_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cassert>
#include <string>

namespace postern::app {

namespace {

const auth::AccountDifference of_new_account;

/// Hands every row that is new or differs to `visit(row, difference)`.
template <class Visit>
void for_each_difference(std::span<const ImportRow> rows,
                         std::span<const auth::AccountDifference> differences,
                         Visit visit) {
    auto next = differences.begin();
    for (const ImportRow& row : rows) {
        if (!row.is_known) {
            visit(row, of_new_account);
            continue;
        }
        assert(next != differences.end() && next->account == row.account.id);
        if (!next->empty()) visit(row, *next);
        ++next;
    }
}

std::string accounts_text(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " account" : " accounts");
}

}  // namespace

std::string text_of(const auth::FieldChange& change) {
    const std::string field(change.field);
    const bool is_of_list = field == "alias" || field == "group" || field == "affiliation";
    if (is_of_list)
        return change.before.empty() ? "+ " + field + ' ' + change.after : "- " + field + ' ' + change.before;
    return field + ": " + (change.before.empty() ? "" : change.before + " -> ") + change.after;
}

ImportResult result_of(std::span<const ImportRow> rows, std::span<const auth::AccountDifference> differences) {
    ImportResult result;
    for_each_difference(rows, differences, [&](const ImportRow& row, const auth::AccountDifference&) {
        ++(row.is_known ? result.changed : result.added);
    });
    result.unchanged = rows.size() - result.added - result.changed;
    return result;
}

void print_report(const AccountImportOptions& options,
                  std::span<const ImportRow> rows,
                  std::span<const auth::AccountDifference> differences,
                  std::ostream& out) {
    const ImportResult result = result_of(rows, differences);
    if (!options.update) {
        out << (options.dry_run ? "would import " : "imported ") << accounts_text(result.added) << '\n';
        return;
    }
    if (options.dry_run) {
        for_each_difference(rows, differences, [&](const ImportRow& row, const auth::AccountDifference& difference) {
            out << options.file << ':' << row.line << ": " << row.account.login.text()
                << (row.is_known ? "" : ": is new") << '\n';
            for (const auth::FieldChange& change : difference.changes) out << "    " << text_of(change) << '\n';
        });
    }
    out << (options.dry_run ? "would add " : "added ") << accounts_text(result.added)
        << (options.dry_run ? ", change " : ", changed ") << result.changed
        << (options.dry_run ? ", leave " : ", left ") << result.unchanged << " as they are\n";
}

void print_json_report(const AccountImportOptions& options,
                       std::span<const ImportRow> rows,
                       std::span<const auth::AccountDifference> differences,
                       const LineErrors& errors,
                       std::ostream& out) {
    const ImportResult result = result_of(rows, differences);
    boost::json::array told;
    for (const LineError& error : errors.kept())
        told.push_back(boost::json::object{{"line", error.line}, {"message", error.what}});
    boost::json::object report{{"file", options.file},          {"dry_run", options.dry_run},
                               {"accounts", result.added},      {"changed", result.changed},
                               {"unchanged", result.unchanged}, {"errors", std::move(told)},
                               {"error_count", errors.count()}};
    if (options.update) {
        auto& listed = report["differences"].emplace_array();
        for_each_difference(rows, differences, [&](const ImportRow& row, const auth::AccountDifference& difference) {
            boost::json::array changes;
            for (const auth::FieldChange& change : difference.changes)
                changes.push_back(
                    boost::json::object{{"field", change.field}, {"before", change.before}, {"after", change.after}});
            listed.push_back(boost::json::object{{"line", row.line},
                                                 {"login", row.account.login.text()},
                                                 {"is_new", !row.is_known},
                                                 {"changes", std::move(changes)}});
        });
    }
    out << boost::json::serialize(report) << '\n';
}

}  // namespace postern::app
