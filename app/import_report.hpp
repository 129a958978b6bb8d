/// What an import says at its end: for people and as JSON.
#pragma once

#include "app/account_import.hpp"
#include "app/import_rows.hpp"
#include "auth/account_update.hpp"

#include <cstddef>
#include <ostream>
#include <span>
#include <vector>

namespace postern::app {

/// What became, or would become, of the rows.
struct ImportResult {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t unchanged = 0;
};

/// "+ alias a.lee", "- group staff", "display_name: Anna -> Anna Lee".
[[nodiscard]] std::string text_of(const auth::FieldChange& change);

/// `differences`: of the known ones among `rows`, in their order.
[[nodiscard]] ImportResult result_of(std::span<const ImportRow> rows,
                                     std::span<const auth::AccountDifference> differences);

/// With a dry run of an update: a line for every account that would be new or change. Then what was or would be done.
void print_report(const AccountImportOptions& options,
                  std::span<const ImportRow> rows,
                  std::span<const auth::AccountDifference> differences,
                  std::ostream& out);

/// See account_import.hpp. Without rows: nothing was done.
void print_json_report(const AccountImportOptions& options,
                       std::span<const ImportRow> rows,
                       std::span<const auth::AccountDifference> differences,
                       const LineErrors& errors,
                       std::ostream& out);

}  // namespace postern::app
