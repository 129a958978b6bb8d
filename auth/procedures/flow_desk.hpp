/// Procedures in the middle: handles, what was typed so far, links and codes.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::procedures {

/// What was typed in earlier steps.
using FlowFields = std::map<std::string, std::string>;

struct OpenFlow {
    Flow flow;
    FlowFields fields;
};

/// A live link, and what it belongs to.
struct FollowedLink {
    MailedSecret secret;
    OpenFlow open;
};

/// A handle is what the browser holds; a link is what was mailed. Only MACs of either are stored, and what was typed is
/// sealed. Everything happens in the transaction given. Thread rule: any number of threads at once. `keyring` must
/// outlive it.
class FlowDesk {
public:
    explicit FlowDesk(const Keyring& keyring) : keyring_(keyring) {}

    struct Begun {
        base::Secret handle;
        std::int64_t id = 0;
    };
    struct Beginning {
        FlowKind kind;
        std::optional<AccountId> account;
        std::string step;
        FlowFields fields;
        Time expires_at;
    };
    [[nodiscard]] Begun begin(Transaction& transaction, const Beginning& beginning, Time now) const;
    /// nullopt: there is none, or it is over.
    [[nodiscard]] std::optional<OpenFlow> find(Transaction& transaction,
                                               FlowKind kind,
                                               const base::Secret& handle,
                                               Time now) const;
    /// True for exactly one of all who try at once.
    [[nodiscard]] bool move(
        Transaction& transaction, const OpenFlow& open, std::string_view to, const FlowFields& fields, Time now) const;

    /// A new link of 256 bits in place of the flow's earlier one.
    base::Secret put_link(
        Transaction& transaction, std::int64_t flow, std::string_view destination_mac, Time expires_at, Time now) const;
    /// The same link again, from its row alone.
    [[nodiscard]] base::Secret link_of(const MailedSecret& secret) const;
    /// Looking uses nothing up: mail scanners look, too.
    [[nodiscard]] std::optional<FollowedLink> follow(Transaction& transaction,
                                                     FlowKind kind,
                                                     const base::Secret& link,
                                                     Time now) const;

    /// A new code of eight digits.
    base::Secret put_code(
        Transaction& transaction, std::int64_t flow, std::string_view destination_mac, Time expires_at, Time now) const;
    /// Pays for the look first; good once.
    [[nodiscard]] bool try_code(Transaction& transaction, std::int64_t flow, const base::Secret& code, Time now) const;

private:
    [[nodiscard]] std::string handle_mac(const base::Secret& handle) const;
    [[nodiscard]] std::string link_mac(const base::Secret& link) const;
    [[nodiscard]] std::string code_mac(std::int64_t flow, const base::Secret& code) const;
    [[nodiscard]] std::string sealed(std::int64_t id, const FlowFields& fields) const;
    [[nodiscard]] std::optional<OpenFlow> opened(std::optional<Flow> flow) const;

    const Keyring& keyring_;
};

}  // namespace postern::auth::procedures
