#include "auth/procedures/flow_desk.hpp"

#include "auth/random_code.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace postern::auth::procedures {

namespace {

namespace json = boost::json;

constexpr std::size_t code_digits = 8;

std::string context_of(std::int64_t id) {
    return "flow:" + std::to_string(id);
}

}  // namespace

std::string FlowDesk::handle_mac(const base::Secret& handle) const {
    return keyring_.mac(MacUse::flow, {handle.reveal()});
}

std::string FlowDesk::link_mac(const base::Secret& link) const {
    return keyring_.mac(MacUse::link, {"stored", link.reveal()});
}

std::string FlowDesk::code_mac(std::int64_t flow, const base::Secret& code) const {
    return keyring_.mac(MacUse::link, {"code", std::to_string(flow), code.reveal()});
}

std::string FlowDesk::sealed(std::int64_t id, const FlowFields& fields) const {
    if (fields.empty()) return {};
    json::object object;
    for (const auto& [name, value] : fields) object[name] = value;
    std::string plain = json::serialize(object);
    const base::Secret secret(plain);
    base::wipe(plain);
    return keyring_.seal(secret, context_of(id));
}

std::optional<OpenFlow> FlowDesk::opened(std::optional<Flow> flow) const {
    if (!flow) return std::nullopt;
    OpenFlow open{.flow = std::move(*flow), .fields = {}};
    if (open.flow.data.empty()) return open;
    const auto plain = keyring_.unseal(open.flow.data, context_of(open.flow.id));
    if (!plain) return std::nullopt;
    boost::system::error_code error;
    const json::value value = json::parse(plain->reveal(), error);
    if (error || !value.is_object()) return std::nullopt;
    for (const auto& [name, field] : value.get_object())
        if (field.is_string()) open.fields[name] = std::string(field.get_string());
    return open;
}

FlowDesk::Begun FlowDesk::begin(Transaction& transaction, const Beginning& beginning, Time now) const {
    Begun begun{.handle = random_token(), .id = random_id()};
    transaction.flows().begin({.id = begun.id,
                               .kind = beginning.kind,
                               .account = beginning.account,
                               .step = beginning.step,
                               .handle = handle_mac(begun.handle),
                               .data = sealed(begun.id, beginning.fields),
                               .created_at = now,
                               .expires_at = beginning.expires_at},
                              now);
    return begun;
}

std::optional<OpenFlow> FlowDesk::find(Transaction& transaction,
                                       FlowKind kind,
                                       const base::Secret& handle,
                                       Time now) const {
    return opened(transaction.flows().find(kind, handle_mac(handle), now));
}

bool FlowDesk::move(
    Transaction& transaction, const OpenFlow& open, std::string_view to, const FlowFields& fields, Time now) const {
    return transaction.flows().move(open.flow.id, open.flow.step, to, sealed(open.flow.id, fields), now);
}

base::Secret FlowDesk::link_of(const MailedSecret& secret) const {
    return base::Secret(keyring_.mac(MacUse::link, {"mailed", std::to_string(secret.id)}));
}

base::Secret FlowDesk::put_link(
    Transaction& transaction, std::int64_t flow, std::string_view destination_mac, Time expires_at, Time now) const {
    MailedSecret row{.id = random_id(),
                     .flow = flow,
                     .purpose = SecretPurpose::link,
                     .hash = {},
                     .destination = std::string(destination_mac),
                     .created_at = now,
                     .expires_at = expires_at};
    base::Secret link = link_of(row);
    row.hash = link_mac(link);
    transaction.flows().put_secret(row, now);
    return link;
}

std::optional<FollowedLink> FlowDesk::follow(Transaction& transaction,
                                             FlowKind kind,
                                             const base::Secret& link,
                                             Time now) const {
    auto secret = transaction.flows().secret(link_mac(link), now);
    if (!secret || secret->purpose != SecretPurpose::link) return std::nullopt;
    auto open = opened(transaction.flows().find(secret->flow, now));
    if (!open || open->flow.kind != kind) return std::nullopt;
    return FollowedLink{.secret = std::move(*secret), .open = std::move(*open)};
}

base::Secret FlowDesk::put_code(
    Transaction& transaction, std::int64_t flow, std::string_view destination_mac, Time expires_at, Time now) const {
    base::Secret code = random_digits(code_digits);
    transaction.flows().put_secret({.id = random_id(),
                                    .flow = flow,
                                    .purpose = SecretPurpose::code,
                                    .hash = code_mac(flow, code),
                                    .destination = std::string(destination_mac),
                                    .created_at = now,
                                    .expires_at = expires_at},
                                   now);
    return code;
}

bool FlowDesk::try_code(Transaction& transaction, std::int64_t flow, const base::Secret& code, Time now) const {
    const auto secret = transaction.flows().secret_of(flow, SecretPurpose::code, now);
    if (!secret || !transaction.flows().charge_code(secret->id, now)) return false;
    const bool is_right = keyring_.is_mac(secret->hash, MacUse::link, {"code", std::to_string(flow), code.reveal()});
    return is_right && transaction.flows().use_secret(secret->id, now);
}

}  // namespace postern::auth::procedures
