/// What leaves the house, as rows: written with its cause, leased by whoever sends it.
#pragma once

#include "auth/account.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

enum class OutboxKind { mail, sms, hook };

/// "mail", "sms", "hook": as the database and `postern outbox` write it.
[[nodiscard]] std::string_view name_of(OutboxKind kind);
[[nodiscard]] std::optional<OutboxKind> outbox_kind(std::string_view name);

enum class OutboxState { waiting, sent, failed };

[[nodiscard]] std::string_view name_of(OutboxState state);
[[nodiscard]] std::optional<OutboxState> outbox_state(std::string_view name);

struct OutboxItem {
    std::int64_t id = 0;  ///< random_id()
    OutboxKind kind = OutboxKind::mail;
    std::string payload;  ///< sealed with "outbox:<id>"; "-" once it was sent or has failed for good
    std::optional<AccountId> subject;
    std::string correlation;
    Time not_before;
    Time not_after;  ///< of no use to anybody later
    int tries = 0;
    Time created_at;
    OutboxState state = OutboxState::waiting;
    std::string last_error;
};

/// What is empty asks nothing. The newest first.
struct OutboxFilter {
    std::optional<OutboxState> state;
    std::optional<AccountId> subject;
    std::size_t limit = 100;
};

/// What has not left yet.
struct OutboxBacklog {
    std::size_t waiting = 0;
    std::optional<Time> oldest;  ///< when it was put there; nullopt: nothing waits
};

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class OutboxRecords {
public:
    OutboxRecords() = default;
    OutboxRecords(const OutboxRecords&) = delete;
    OutboxRecords& operator=(const OutboxRecords&) = delete;
    OutboxRecords(OutboxRecords&&) = delete;
    OutboxRecords& operator=(OutboxRecords&&) = delete;
    virtual ~OutboxRecords() = default;

    virtual void put(const OutboxItem& item) = 0;
    /// Whether there is something to lease; looking takes no lock.
    [[nodiscard]] virtual bool is_due(Time now) = 0;
    /// The one that is due longest, for `owner` alone until `until`; counts as a try. nullopt: nothing is due.
    [[nodiscard]] virtual std::optional<OutboxItem> lease(std::string_view owner, Time now, Time until) = 0;
    /// It has left; what it said is forgotten. False when the lease is somebody else's by now; so below.
    [[nodiscard]] virtual bool sent(std::int64_t id, std::string_view owner, Time now) = 0;
    /// Not now. `error` longer than 512 bytes is cut.
    [[nodiscard]] virtual bool postpone(std::int64_t id,
                                        std::string_view owner,
                                        Time not_before,
                                        std::string_view error) = 0;
    /// Never; what it said is forgotten.
    [[nodiscard]] virtual bool fail(std::int64_t id, std::string_view owner, Time now, std::string_view error) = 0;
    /// Payloads are left out.
    [[nodiscard]] virtual std::vector<OutboxItem> list(const OutboxFilter& filter) = 0;
    [[nodiscard]] virtual OutboxBacklog backlog() = 0;
    /// What waits for another try is due now. How many.
    virtual std::size_t hurry(Time now) = 0;
    /// Takes away what was sent or failed before. How many.
    virtual std::size_t purge(Time before) = 0;
};

}  // namespace postern::auth
