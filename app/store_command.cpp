#include "app/store_command.hpp"

#include "auth/keyring.hpp"
#include "auth/sealing.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sql_store.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace postern::app {

namespace {

using auth::store::SchemaState;

std::string_view name_of(SchemaState state) {
    switch (state) {
        case SchemaState::missing:
            return "missing";
        case SchemaState::empty:
            return "empty";
        case SchemaState::foreign:
            return "foreign";
        case SchemaState::older:
            return "older";
        case SchemaState::current:
            return "current";
        case SchemaState::newer:
            return "newer";
    }
    return "unknown";
}

using auth::store::MigrationReport;
using auth::store::SchemaStatus;

std::string place_of(const config::StoreSettings& settings) {
    if (!settings.postgresql) return settings.sqlite;
    return settings.postgresql->database + " on " + settings.postgresql->host;
}

auth::StoreResult<SchemaStatus> status_of(const config::StoreSettings& settings) {
    return settings.postgresql ? auth::store::postgresql_status(*settings.postgresql)
                               : auth::store::sqlite_status(settings.sqlite);
}

auth::StoreResult<MigrationReport> migrate(const config::StoreSettings& settings) {
    return settings.postgresql ? auth::store::migrate_postgresql(*settings.postgresql)
                               : auth::store::migrate_sqlite(settings.sqlite);
}

struct KeyReport {
    bool is_created = false;
    std::size_t sealed = 0;
};

/// Gives a store without keys its key file, and seals what is bare or sealed with an older key.
std::expected<KeyReport, std::string> set_keys(const config::Settings& settings) {
    KeyReport report;
    const auto store = auth::store::open_store(settings.store);
    if (!store) return std::unexpected(store.error().detail);
    if (!std::filesystem::exists(settings.auth.key_file)) {
        // Never for a store that was written with other keys: they must be found again, not replaced.
        const auto knows_keys = auth::knows_keys(**store);
        if (!knows_keys) return std::unexpected(knows_keys.error().detail);
        if (*knows_keys)
            return std::unexpected("the key file " + settings.auth.key_file +
                                   " is missing, and this store cannot be read without it: restore it from a backup");
        if (const auto made = auth::Keyring::create(settings.auth.key_file); !made)
            return std::unexpected(made.error());
        report.is_created = true;
    }
    const auto keyring = auth::Keyring::load(settings.auth.key_file);
    if (!keyring) return std::unexpected(keyring.error());
    if (const auto adopted = auth::adopt_keys(**store, *keyring); !adopted)
        return std::unexpected(adopted.error().detail);
    const auto sealed = auth::seal_anew(**store, *keyring, [](std::size_t) {});
    if (!sealed) return std::unexpected(sealed.error().detail);
    report.sealed = *sealed;
    return report;
}

void print_migration(const std::string& place, const MigrationReport& report, std::ostream& out) {
    if (report.from == report.to) {
        out << place << " has version " << report.to << " already: nothing to do\n";
    } else {
        out << place << (report.from == 0 ? " created" : " migrated") << ", version " << report.to << '\n';
    }
}

}  // namespace

int store_migrate(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto report = migrate(settings.store);
    if (!report) {
        err << report.error().detail << '\n';
        return 1;
    }
    const auto keys = set_keys(settings);
    if (!keys) {
        err << keys.error() << '\n';
        return 1;
    }
    const std::string place = place_of(settings.store);
    if (json) {
        out << boost::json::serialize(boost::json::object{{"path", place},
                                                          {"created", report->created},
                                                          {"from", report->from},
                                                          {"to", report->to},
                                                          {"key_file", settings.auth.key_file},
                                                          {"key_file_created", keys->is_created},
                                                          {"sealed", keys->sealed}})
            << '\n';
        return 0;
    }
    print_migration(place, *report, out);
    if (keys->is_created)
        out << settings.auth.key_file
            << " created: the store cannot be read without it. Back it up, but not beside the store\n";
    if (keys->sealed > 0) out << keys->sealed << " credentials sealed with the newest key\n";
    return 0;
}

int store_status(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto status = status_of(settings.store);
    if (!status) {
        err << status.error().detail << '\n';
        return 1;
    }
    const std::string place = place_of(settings.store);
    const auto objection = auth::store::objection_to(*status, place);
    if (json) {
        out << boost::json::serialize(boost::json::object{{"path", place},
                                                          {"state", name_of(status->state)},
                                                          {"version", status->found},
                                                          {"needed", status->known},
                                                          {"readable_by_others", status->readable_by_others}})
            << '\n';
    } else if (!objection) {
        out << place << " is ready, version " << status->found << '\n';
    }
    if (objection && !json) err << objection->detail << '\n';
    if (status->readable_by_others) {
        err << "warning: others may read " << place << " with its password hashes: chmod 600 it\n";
    }
    return objection ? 1 : 0;
}

}  // namespace postern::app
