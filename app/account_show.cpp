#include "app/account_show.hpp"

#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

namespace postern::app {

namespace {

/// What stands around an account, read in one transaction, so that it fits together.
struct Surroundings {
    std::vector<auth::Account> linked;
    std::vector<auth::Credential> credentials;
    std::optional<auth::OtpKey> otp_key;
    std::vector<auth::Contact> contacts;
    std::optional<auth::Redirect> redirect;
    int charter = 0;  ///< 0: none accepted
    std::vector<auth::Delegation> delegations;
};

auth::StoreResult<Surroundings> read_surroundings(const auth::Account& account, const HelpdeskTools& tools) {
    return tools.store.read([&](auth::Transaction& transaction) {
        return Surroundings{.linked = transaction.accounts().linked_to(account),
                            .credentials = transaction.credentials().of_account(account.id),
                            .otp_key = transaction.otp_keys().of_account(account.id),
                            .contacts = transaction.contacts().of_account(account.id),
                            .redirect = transaction.contacts().redirect_of(account.id),
                            .charter = transaction.contacts().accepted_charter(account.id),
                            .delegations = transaction.accounts().delegations_of(account.id, tools.clock.now())};
    });
}

std::string rights_text(const auth::Delegation& delegation) {
    std::vector<std::string> rights;
    if (delegation.may_reset) rights.emplace_back("reset");
    if (delegation.may_manage) rights.emplace_back("manage");
    if (delegation.may_hand_over_keys) rights.emplace_back("keys");
    return joined(rights);
}

std::string credential_text(const auth::Credential& credential) {
    std::string text(auth::name_of(credential.kind));
    if (credential.kind == auth::CredentialKind::app_password)
        text += " " + std::to_string(credential.id) + " \"" + credential.label + "\" (" + credential.scope + ')';
    text += ", since " + time_text(credential.created_at);
    if (credential.expires_at) text += ", until " + time_text(*credential.expires_at);
    if (credential.last_used_at)
        text += ", last used " + time_text(*credential.last_used_at) +
                (credential.last_used_from.empty() ? "" : " from " + credential.last_used_from);
    return text;
}

std::string contact_text(const auth::Contact& contact, auth::Time now) {
    return std::string(auth::name_of(contact.kind)) + ' ' + std::to_string(contact.rank) + ", since " +
           time_text(contact.created_at) +
           (contact.is_usable(now) ? "" : ", usable from " + time_text(contact.usable_from));
}

/// The first line is led by the name of the member, the others stand below it.
void print_list(std::ostream& out, std::string_view label, const std::vector<std::string>& lines) {
    constexpr std::size_t width = 14;
    std::string lead(label);
    lead.resize(width, ' ');
    for (const std::string& line : lines) {
        out << lead << line << '\n';
        lead.assign(width, ' ');
    }
    if (lines.empty()) out << lead << "none\n";
}

/// Each of `items` as text.
template <class Items, class Text>
std::vector<std::string> texts_of(const Items& items, Text text) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const auto& item : items) texts.push_back(text(item));
    return texts;
}

void print_surroundings(const Surroundings& around, const HelpdeskTools& tools) {
    std::ostream& out = tools.account.out;
    const auth::Time now = tools.clock.now();
    print_list(out, "linked to:", texts_of(around.linked, [](const auto& other) { return other.login.text(); }));
    print_list(out, "credentials:", texts_of(around.credentials, credential_text));
    std::vector<std::string> line;
    if (around.otp_key)
        line.push_back(around.otp_key->serial + ", " + std::string(auth::name_of(around.otp_key->state)) + " since " +
                       time_text(around.otp_key->changed_at));
    print_list(out, "OTP key:", line);
    print_list(out, "recovery:", texts_of(around.contacts, [&](const auto& each) { return contact_text(each, now); }));
    line.clear();
    if (around.redirect)
        line.push_back(std::string(auth::name_of(around.redirect->state)) +
                       (around.redirect->keep_copy ? ", keeps a copy" : ", keeps no copy"));
    print_list(out, "redirection:", line);
    line.clear();
    if (around.charter != 0) line.push_back("version " + std::to_string(around.charter) + " accepted");
    print_list(out, "charter:", line);
    if (around.delegations.empty()) return;
    print_list(out, "administers:", texts_of(around.delegations, [](const auth::Delegation& each) {
                   return each.unit + ": " + rights_text(each) + " until " + time_text(each.valid_until);
               }));
}

boost::json::array json_of(const std::vector<auth::Credential>& credentials) {
    boost::json::array array;
    for (const auth::Credential& each : credentials) {
        boost::json::object object{{"id", each.id},
                                   {"kind", auth::name_of(each.kind)},
                                   {"label", each.label},
                                   {"scopes", each.scope},
                                   {"created_at", time_text(each.created_at)},
                                   {"expires_at", time_or_null(each.expires_at)},
                                   {"last_used_at", time_or_null(each.last_used_at)},
                                   {"last_used_from", each.last_used_from}};
        array.push_back(std::move(object));
    }
    return array;
}

void add_surroundings(boost::json::object& object, const Surroundings& around) {
    auto& linked = object["linked_to"].emplace_array();
    for (const auth::Account& other : around.linked) linked.emplace_back(other.login.text());
    object["credentials"] = json_of(around.credentials);
    object["otp_key"] = nullptr;
    if (around.otp_key)
        object["otp_key"] = boost::json::object{{"serial", around.otp_key->serial},
                                                {"state", auth::name_of(around.otp_key->state)},
                                                {"changed_at", time_text(around.otp_key->changed_at)}};
    auto& recovery = object["recovery"].emplace_array();
    for (const auth::Contact& each : around.contacts)
        recovery.push_back(boost::json::object{{"kind", auth::name_of(each.kind)},
                                               {"rank", each.rank},
                                               {"created_at", time_text(each.created_at)},
                                               {"usable_from", time_text(each.usable_from)}});
    object["redirection"] = nullptr;
    if (around.redirect)
        object["redirection"] = boost::json::object{{"state", auth::name_of(around.redirect->state)},
                                                    {"keep_copy", around.redirect->keep_copy}};
    object["charter"] = around.charter == 0 ? boost::json::value(nullptr) : boost::json::value(around.charter);
    auto& delegations = object["delegations"].emplace_array();
    for (const auth::Delegation& each : around.delegations)
        delegations.push_back(boost::json::object{{"unit", each.unit},
                                                  {"may_reset", each.may_reset},
                                                  {"may_manage", each.may_manage},
                                                  {"may_hand_over_keys", each.may_hand_over_keys},
                                                  {"valid_until", time_text(each.valid_until)}});
}

}  // namespace

int account_show(const AccountNameOptions& options, const HelpdeskTools& tools) {
    const auto account = named_account(options.login, tools);
    if (!account) return account.error();
    const auto around = read_surroundings(*account, tools);
    if (!around) return fail(tools, around.error());
    if (options.json) {
        boost::json::object object = json_object_of(*account);
        add_surroundings(object, *around);
        tools.account.out << boost::json::serialize(object) << '\n';
    } else {
        print_details(*account, tools.account.out);
        print_surroundings(*around, tools);
    }
    return 0;
}

}  // namespace postern::app
