#include "app/account_import.hpp"

#include "app/account_text.hpp"
#include "app/csv_reader.hpp"
#include "app/hash_passwords.hpp"
#include "app/import_file.hpp"
#include "app/import_report.hpp"
#include "app/import_rows.hpp"
#include "auth/identity_proof.hpp"

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
        if (options_.replace && !options_.update) {
            tools_.err << "--replace is part of an update: give --update as well\nnothing was imported\n";
            return 2;
        }
        const bool is_good = read() && check_against_store() && (options_.dry_run || (hash() && write()));
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
        if (!find_known() || !check_aliases() || !check_numbers()) return false;
        for (ImportRow& row : rows_.rows()) {
            if (row.birth_date)
                row.account.birth.date = auth::birth_mac(tools_.keyring, row.account.id, *row.birth_date);
            if (!row.is_known && !row.lacks_password.empty()) rows_.errors().add(row.line, row.lacks_password);
        }
        if (rows_.errors().empty() && options_.update && !compare()) return false;
        return rows_.errors().empty() || fail_with_lines();
    }

    bool find_known() {
        std::vector<auth::Identifier> logins;
        for (const ImportRow& row : rows_.rows()) logins.push_back(row.account.login);
        const auto owners = tools_.accounts.owners_of(logins);
        if (!owners) return fail(owners.error().detail);
        for (std::size_t i = 0; i != owners->size(); ++i) {
            if ((*owners)[i] == 0) continue;
            ImportRow& row = rows_.rows()[i];
            row.is_known = options_.update;
            if (row.is_known) {
                row.account.id = (*owners)[i];
            } else {
                complain_of_name(row, row.account.login);
            }
        }
        return true;
    }

    void complain_of_name(const ImportRow& row, const auth::Identifier& name) {
        rows_.errors().add(row.line, "the name " + in_quotes(name.text()) + " is in the store already" +
                                         (options_.update ? "" : ": to change accounts that are there, give --update"));
    }

    bool check_aliases() {
        std::vector<auth::Identifier> aliases;
        std::vector<const ImportRow*> rows;
        for (const ImportRow& row : rows_.rows()) {
            aliases.insert(aliases.end(), row.account.aliases.begin(), row.account.aliases.end());
            rows.resize(aliases.size(), &row);
        }
        const auto owners = tools_.accounts.owners_of(aliases);
        if (!owners) return fail(owners.error().detail);
        for (std::size_t i = 0; i != rows.size(); ++i)
            if (is_others((*owners)[i], *rows[i])) complain_of_name(*rows[i], aliases[i]);
        return true;
    }

    bool check_numbers() {
        std::vector<auth::SecretIdentifier> numbers;
        std::vector<const ImportRow*> rows;
        for (const ImportRow& row : rows_.rows()) {
            const auto& own = row.account.secret_identifiers;
            numbers.insert(numbers.end(), own.begin(), own.end());
            rows.resize(numbers.size(), &row);
        }
        const auto owners = tools_.accounts.owners_of(numbers);
        if (!owners) return fail(owners.error().detail);
        for (std::size_t i = 0; i != rows.size(); ++i)
            if (is_others((*owners)[i], *rows[i]))
                rows_.errors().add(rows[i]->line, "an account in the store has this numen, student or staff number");
        return true;
    }

    [[nodiscard]] static bool is_others(auth::AccountId owner, const ImportRow& row) {
        return owner != 0 && !(row.is_known && owner == row.account.id);
    }

    /// Before any password is hashed: what cannot be done is known early, and a dry run ends here.
    bool compare() {
        collect_updates();
        auto compared = tools_.accounts.compare(updates_, rules_);
        if (!compared) return fail(compared.error().detail);
        auto result = compared->begin();
        for (const ImportRow& row : rows_.rows()) {
            if (!row.is_known) continue;
            if (*result) {
                differences_.push_back(std::move(**result));
            } else {
                rows_.errors().add(row.line, result->error());
            }
            ++result;
        }
        return true;
    }

    void collect_updates() {
        rules_ = {.replaces_groups = options_.replace && rows_.has_groups(),
                  .replaces_aliases = options_.replace && rows_.has_aliases(),
                  .replaced_profiles = {}};
        if (options_.replace) rules_.replaced_profiles.assign(rows_.profiles().begin(), rows_.profiles().end());
        for (const ImportRow& row : rows_.rows()) {
            if (!row.is_known) continue;
            updates_.push_back({.said = row.account, .recovery_mail = row.recovery_mail});
            if (!row.says_language) updates_.back().said.language.clear();
        }
    }

    bool hash() {
        const bool is_hashed = hash_passwords(rows_.rows(), tools_.hasher, [this](std::size_t done, std::size_t of) {
            if (tools_.shows_progress) tools_.err << "\rhashing passwords: " << done << " of " << of << std::flush;
        });
        if (tools_.shows_progress) tools_.err << '\n';
        return is_hashed || fail("there is not enough memory to hash the passwords");
    }

    bool write() {
        std::vector<auth::AccountWithPassword> accounts;
        const auth::Time provisional_until = tools_.clock.now() + provisional_time;
        for (ImportRow& row : rows_.rows()) {
            if (row.is_known) continue;
            accounts.push_back(
                {.account = row.account,
                 .verifier = std::move(row.verifier),
                 .provisional_until = row.is_provisional ? std::optional(provisional_until) : std::nullopt,
                 .recovery_mail = row.recovery_mail});
        }
        auto done = tools_.accounts.import(accounts, updates_, rules_);
        if (done) {
            differences_ = std::move(*done);
            return true;
        }
        if (done.error().fault != auth::StoreFault::already_exists) return fail(done.error().detail);
        return fail("the name " + done.error().detail + " was taken by somebody else meanwhile: start again");
    }

    bool fail(std::string_view why) {
        tools_.err << why << "\nnothing was imported\n";
        return false;
    }

    bool fail_with_lines() {
        const auto kept = rows_.errors().kept();
        if (options_.json) {
            print_json_report(options_, {}, {}, rows_.errors(), tools_.out);
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
        if (options_.json) {
            print_json_report(options_, rows_.rows(), differences_, rows_.errors(), tools_.out);
        } else {
            print_report(options_, rows_.rows(), differences_, tools_.out);
        }
        return 0;
    }

    const AccountImportOptions& options_;
    const AccountTools& tools_;
    ImportRows rows_;
    std::vector<auth::AccountUpdate> updates_;          // of the known rows, in their order
    std::vector<auth::AccountDifference> differences_;  // the same
    auth::UpdateRules rules_;
};

}  // namespace

int account_import(const AccountImportOptions& options, const AccountTools& tools) {
    return Import(options, tools).run();
}

}  // namespace postern::app
