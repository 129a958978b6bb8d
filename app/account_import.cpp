#include "app/account_import.hpp"

#include "app/account_text.hpp"
#include "app/csv_reader.hpp"
#include "app/hash_passwords.hpp"
#include "app/import_file.hpp"
#include "app/import_rows.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace postern::app {

namespace {

constexpr std::chrono::days provisional_time{30};

/// One run of the command.
class Import {
public:
    Import(const AccountImportOptions& options, const AccountTools& tools)
        : options_(options), tools_(tools), rows_(tools.groups, tools.hasher, tools.keyring, tools.clock.now()) {}

    int run() {
        const bool is_good = read() && check_against_store() && (options_.dry_run || (hash() && add()));
        return is_good ? report_success() : 1;
    }

private:
    bool read() {
        const auto bytes = read_import_file(options_.file, tools_.in);
        if (!bytes) return fail("the file " + options_.file + ' ' + bytes.error());
        const CsvEvents events{
            [this](std::size_t line, std::span<base::WipingBuffer> fields) { rows_.add(line, fields); },
            [this](std::size_t line, std::string what) { rows_.errors().add(line, std::move(what)); }};
        read_csv(base::view(*bytes), events);
        rows_.finish();
        return true;
    }

    /// Mistakes in the file itself are told only after this, so that all come at once.
    bool check_against_store() {
        std::vector<auth::Identifier> names;
        for (const ImportRow& row : rows_.rows()) {
            names.push_back(row.account.login);
            names.insert(names.end(), row.account.aliases.begin(), row.account.aliases.end());
        }
        const auto taken = tools_.accounts.taken(names);
        if (!taken) return fail(taken.error().detail);
        for (const auth::Identifier& name : *taken) {
            const auto line = rows_.names().find(name.text());
            if (line == rows_.names().end()) continue;
            rows_.errors().add(line->second, "the name " + in_quotes(name.text()) + " is in the store already");
        }
        if (!check_numbers()) return false;
        return rows_.errors().empty() || fail_with_lines();
    }

    bool check_numbers() {
        std::vector<auth::SecretIdentifier> numbers;
        for (const ImportRow& row : rows_.rows())
            numbers.insert(numbers.end(), row.account.secret_identifiers.begin(), row.account.secret_identifiers.end());
        const auto taken = tools_.accounts.taken(numbers);
        if (!taken) return fail(taken.error().detail);
        for (const std::string& mac : *taken) {
            const auto line = rows_.numbers().find(mac);
            if (line != rows_.numbers().end())
                rows_.errors().add(line->second, "an account in the store has this numen, student or staff number");
        }
        return true;
    }

    bool hash() {
        const bool is_hashed = hash_passwords(rows_.rows(), tools_.hasher, [this](std::size_t done, std::size_t of) {
            if (tools_.shows_progress) tools_.err << "\rhashing passwords: " << done << " of " << of << std::flush;
        });
        if (tools_.shows_progress) tools_.err << '\n';
        return is_hashed || fail("there is not enough memory to hash the passwords");
    }

    bool add() {
        std::vector<auth::AccountWithPassword> accounts;
        accounts.reserve(rows_.rows().size());
        const auth::Time provisional_until = tools_.clock.now() + provisional_time;
        for (ImportRow& row : rows_.rows()) {
            accounts.push_back(
                {.account = std::move(row.account),
                 .verifier = std::move(row.verifier),
                 .provisional_until = row.is_provisional ? std::optional(provisional_until) : std::nullopt,
                 .recovery_mail = std::move(row.recovery_mail)});
        }
        const auto added = tools_.accounts.add(accounts);
        if (added) return true;
        if (added.error().fault != auth::StoreFault::already_exists) return fail(added.error().detail);
        return fail("the name " + added.error().detail + " was taken by somebody else meanwhile: start again");
    }

    bool fail(std::string_view why) {
        tools_.err << why << "\nnothing was imported\n";
        return false;
    }

    bool fail_with_lines() {
        const auto kept = rows_.errors().kept();
        if (options_.json) {
            print_json(0);
        } else {
            for (const LineError& error : kept) {
                tools_.err << options_.file << ':' << error.line << ": " << error.what << '\n';
            }
        }
        const std::size_t count = rows_.errors().count();
        if (count > kept.size()) tools_.err << "and " << count - kept.size() << " more mistakes\n";
        return fail(std::to_string(count) + (count == 1 ? " mistake" : " mistakes"));
    }

    int report_success() {
        const std::size_t count = rows_.rows().size();
        if (options_.json) {
            print_json(count);
        } else {
            tools_.out << (options_.dry_run ? "would import " : "imported ") << count
                       << (count == 1 ? " account\n" : " accounts\n");
        }
        return 0;
    }

    void print_json(std::size_t accounts) {
        boost::json::array errors;
        for (const LineError& error : rows_.errors().kept()) {
            errors.push_back(boost::json::object{{"line", error.line}, {"message", error.what}});
        }
        tools_.out << boost::json::serialize(boost::json::object{{"file", options_.file},
                                                                 {"dry_run", options_.dry_run},
                                                                 {"accounts", accounts},
                                                                 {"errors", std::move(errors)},
                                                                 {"error_count", rows_.errors().count()}})
                   << '\n';
    }

    const AccountImportOptions& options_;
    const AccountTools& tools_;
    ImportRows rows_;
};

}  // namespace

int account_import(const AccountImportOptions& options, const AccountTools& tools) {
    return Import(options, tools).run();
}

}  // namespace postern::app
