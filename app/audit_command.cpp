#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <chrono>

namespace postern::app {

namespace {

constexpr std::size_t most_rows = 100'000;
constexpr std::uint16_t fewest_months = 6;
constexpr std::uint16_t most_months = 120;

boost::json::value or_null(const std::optional<auth::AccountId>& id) {
    return id ? boost::json::value(*id) : boost::json::value(nullptr);
}

boost::json::object json_of(const auth::JournalRow& row) {
    return {{"seq", row.seq},
            {"time", time_text(row.at)},
            {"actor", row.actor},
            {"actor_id", or_null(row.actor_id)},
            {"subject_id", or_null(row.subject_id)},
            {"channel", row.channel},
            {"action", row.action},
            {"outcome", row.outcome},
            {"reason", row.reason},
            {"network", row.network},
            {"correlation", row.correlation},
            {"detail", row.detail}};
}

void print_line(const auth::JournalRow& row, std::ostream& out) {
    out << row.seq << "  " << time_text(row.at) << "  " << row.actor << "  " << row.action << ' ' << row.outcome;
    if (row.subject_id) out << "  account " << *row.subject_id;
    for (const std::string* text : {&row.reason, &row.network, &row.correlation, &row.detail})
        if (!text->empty()) out << "  " << *text;
    out << '\n';
}

/// "<seq>:<mac>"
std::optional<auth::JournalSummary> parse_head(const std::string& text) {
    const auto colon = text.find(':');
    auth::JournalSummary head;
    const char* const end = text.data() + std::min(colon, text.size());
    const auto [stop, error] = std::from_chars(text.data(), end, head.last_seq);
    if (colon == std::string::npos || error != std::errc{} || stop != end) return std::nullopt;
    head.last_mac = text.substr(colon + 1);
    return head;
}

}  // namespace

int audit_list(const AuditOptions& options, const HelpdeskTools& tools) {
    auth::JournalFilter filter{.correlation = options.correlation, .limit = std::min(options.limit, most_rows)};
    if (!options.login.empty()) {
        const auto account = named_account(options.login, tools);
        if (!account) return account.error();
        filter.subject = account->id;
    }
    const auto days = parse_days(options.since, "", tools.zone);
    if (!days) return fail(tools, days.error(), 2);
    filter.since = days->from;
    const auto rows =
        tools.store.read([&](auth::Transaction& transaction) { return transaction.journal().find(filter); });
    if (!rows) return fail(tools, rows.error());
    for (const auth::JournalRow& row : *rows) {
        if (options.json) {
            tools.account.out << boost::json::serialize(json_of(row)) << '\n';
        } else {
            print_line(row, tools.account.out);
        }
    }
    return 0;
}

int audit_verify(const AuditOptions& options, const HelpdeskTools& tools) {
    std::optional<auth::JournalSummary> known;
    if (!options.head.empty()) {
        known = parse_head(options.head);
        if (!known) return fail(tools, "the head is not what `postern audit head` prints", 2);
    }
    const auto verified = auth::Journal(tools.keyring).verify(tools.store, known);
    if (!verified) return fail(tools, verified.error());
    const bool is_whole = verified->has_value();
    if (options.json) {
        boost::json::object object{{"whole", is_whole}};
        object["rows"] = is_whole ? boost::json::value((*verified)->rows) : nullptr;
        object["flaw"] = is_whole ? boost::json::value(nullptr)
                                  : boost::json::value(boost::json::object{{"seq", verified->error().seq},
                                                                           {"what", verified->error().what}});
        tools.account.out << boost::json::serialize(object) << '\n';
    } else if (is_whole) {
        tools.account.out << "the journal is whole: " << (*verified)->rows << " rows\n";
    } else {
        tools.account.err << "row " << verified->error().seq << ' ' << verified->error().what
                          << ". Keep a copy of the database before anything else\n";
    }
    return is_whole ? 0 : 1;
}

int audit_head(const AuditOptions& options, const HelpdeskTools& tools) {
    const auto head = tools.store.read([](auth::Transaction& transaction) { return transaction.journal().head(); });
    if (!head) return fail(tools, head.error());
    const std::string text = std::to_string(head->last_seq) + ':' + head->last_mac;
    if (options.json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"head", text}}) << '\n';
    } else {
        tools.account.out << text << '\n';
    }
    return 0;
}

int audit_purge(const AuditOptions& options, const HelpdeskTools& tools) {
    if (options.months < fewest_months || options.months > most_months)
        return fail(tools, "the journal is kept for 6 to 120 months", 2);
    const auth::Time now = tools.clock.now();
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const std::chrono::year_month month =
        std::chrono::year_month(today.year(), today.month()) - std::chrono::months(options.months);
    const auth::Time before = std::chrono::sys_days(month / std::chrono::day(1));
    const auto purged = auth::Journal(tools.keyring).purge(tools.store, auth::at_command_line(), before, now);
    if (!purged) return fail(tools, purged.error());
    if (options.json) {
        tools.account.out << boost::json::serialize(
                                 boost::json::object{{"purged", *purged}, {"before", time_text(before)}})
                          << '\n';
    } else {
        tools.account.out << *purged << " rows from before " << time_text(before) << " purged\n";
    }
    return 0;
}

}  // namespace postern::app
