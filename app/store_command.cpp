#include "app/store_command.hpp"

#include "auth/store/schema.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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

}  // namespace

int store_migrate(const config::StoreSettings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto report = auth::store::migrate_sqlite(settings.sqlite);
    if (!report) {
        err << report.error().detail << '\n';
        return 1;
    }
    if (json) {
        out << boost::json::serialize(boost::json::object{
                   {"path", settings.sqlite}, {"created", report->created}, {"from", report->from}, {"to", report->to}})
            << '\n';
    } else if (report->from == report->to) {
        out << settings.sqlite << " has version " << report->to << " already: nothing to do\n";
    } else {
        out << settings.sqlite << (report->created ? " created" : " migrated") << ", version " << report->to << '\n';
    }
    return 0;
}

int store_status(const config::StoreSettings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto status = auth::store::sqlite_status(settings.sqlite);
    if (!status) {
        err << status.error().detail << '\n';
        return 1;
    }
    const auto objection = auth::store::objection_to(*status, settings.sqlite);
    if (json) {
        out << boost::json::serialize(boost::json::object{{"path", settings.sqlite},
                                                          {"state", name_of(status->state)},
                                                          {"version", status->found},
                                                          {"needed", status->known},
                                                          {"readable_by_others", status->readable_by_others}})
            << '\n';
    } else if (!objection) {
        out << settings.sqlite << " is ready, version " << status->found << '\n';
    }
    if (objection && !json) err << objection->detail << '\n';
    if (status->readable_by_others) {
        err << "warning: others may read " << settings.sqlite << " with its password hashes: chmod 600 it\n";
    }
    return objection ? 1 : 0;
}

}  // namespace postern::app
