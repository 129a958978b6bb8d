#include "app/outbox_command.hpp"

#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"
#include "auth/contact_address.hpp"
#include "auth/outbox.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iomanip>
#include <vector>

namespace postern::app {

namespace {

boost::json::object json_of(const auth::OutboxItem& item) {
    boost::json::object object{{"id", item.id},
                               {"kind", auth::name_of(item.kind)},
                               {"state", auth::name_of(item.state)},
                               {"created_at", time_text(item.created_at)},
                               {"not_before", time_text(item.not_before)},
                               {"not_after", time_text(item.not_after)},
                               {"tries", item.tries},
                               {"correlation", item.correlation},
                               {"last_error", item.last_error}};
    object["account"] = item.subject ? boost::json::value(*item.subject) : nullptr;
    return object;
}

}  // namespace

int outbox_list(const OutboxOptions& options, const HelpdeskTools& tools) {
    auth::OutboxFilter filter{.state = auth::outbox_state(options.state), .subject = {}, .limit = options.limit};
    if (!options.state.empty() && !filter.state) return fail(tools, "the state is none of waiting, sent, failed", 2);
    if (!options.login.empty()) {
        const auto account = named_account(options.login, tools);
        if (!account) return account.error();
        filter.subject = account->id;
    }
    const auto items =
        tools.store.read([&](auth::Transaction& transaction) { return transaction.outbox().list(filter); });
    if (!items) return fail(tools, items.error());
    if (options.json) {
        boost::json::array all;
        for (const auth::OutboxItem& item : *items) all.push_back(json_of(item));
        tools.account.out << boost::json::serialize(all) << '\n';
        return 0;
    }
    tools.account.out << std::left << std::setw(22) << "CREATED" << std::setw(6) << "KIND" << std::setw(9) << "STATE"
                      << std::setw(7) << "TRIES" << "LAST ERROR\n";
    for (const auth::OutboxItem& item : *items) {
        tools.account.out << std::left << std::setw(22) << time_text(item.created_at) << std::setw(6)
                          << auth::name_of(item.kind) << std::setw(9) << auth::name_of(item.state) << std::setw(7)
                          << item.tries << item.last_error << '\n';
    }
    return 0;
}

int outbox_test(const OutboxOptions& options, const HelpdeskTools& tools) {
    const auto to = auth::mail_address(options.login);
    if (!to) return fail(tools, in_quotes(options.login) + " is no mail address", 2);
    const auth::Outbox outbox(tools.keyring);
    const auto id = tools.store.change([&](auth::Transaction& transaction) {
        return outbox.put(transaction,
                          auth::MailMessage{.to = *to,
                                            .subject = "Message d'essai, test message",
                                            .text = "postern sait vous écrire.\npostern can write to you.\n"},
                          {.subject = {}, .correlation = {}, .not_after = {}}, tools.clock.now());
    });
    if (!id) return fail(tools, id.error());
    if (options.json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"message", *id}}) << '\n';
    } else {
        tools.account.out << "message " << *id
                          << " waits for a running `postern serve` to send it; see `postern outbox list`\n";
    }
    return 0;
}

int outbox_retry(const OutboxOptions& options, const HelpdeskTools& tools) {
    const auto count = tools.store.change(
        [&](auth::Transaction& transaction) { return transaction.outbox().hurry(tools.clock.now()); });
    if (!count) return fail(tools, count.error());
    if (options.json) {
        tools.account.out << boost::json::serialize(boost::json::object{{"due_now", *count}}) << '\n';
    } else {
        tools.account.out << *count << " messages are due now\n";
    }
    return 0;
}

}  // namespace postern::app
