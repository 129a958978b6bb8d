/// Who decided what about whom: the rows of the tamper-evident chain.
#pragma once

#include "auth/account.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

enum class JournalOutcome {
    ok,
    fail,     ///< asked for with wrong proof
    refused,  ///< not allowed, or not now
    error,    ///< could not be done
};

[[nodiscard]] std::string_view name_of(JournalOutcome outcome);

/// One row, as text wherever it is stored as text: what somebody else wrote there must show, not fail.
struct JournalRow {
    std::int64_t seq = 0;
    Time at;
    std::string actor;
    std::optional<AccountId> actor_id, subject_id;
    std::string channel, action, outcome, reason;
    std::string network;  ///< coarse: a /24 or /48
    std::string correlation, detail;
    std::string mac;  ///< of this row and the MAC of the one before
};

/// The two ends of the chain. `first_mac` is the MAC of the row before `first_seq`, which was purged.
struct JournalHead {
    std::int64_t first_seq = 1;
    std::string first_mac;
    std::int64_t last_seq = 0;
    std::string last_mac;
};

/// What is empty asks nothing.
struct JournalFilter {
    std::optional<AccountId> subject;
    std::string correlation;
    std::optional<Time> since;
    std::size_t limit = 100;  ///< the newest of them
};

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class JournalRecords {
public:
    JournalRecords() = default;
    JournalRecords(const JournalRecords&) = delete;
    JournalRecords& operator=(const JournalRecords&) = delete;
    JournalRecords(JournalRecords&&) = delete;
    JournalRecords& operator=(JournalRecords&&) = delete;
    virtual ~JournalRecords() = default;

    [[nodiscard]] virtual JournalHead head() = 0;
    /// The same, and nobody else can take it before this transaction ends.
    [[nodiscard]] virtual JournalHead take_head() = 0;
    /// Puts the row behind the head that was taken.
    virtual void append(const JournalRow& row) = 0;
    /// The rows behind `seq`, in their order.
    [[nodiscard]] virtual std::vector<JournalRow> after(std::int64_t seq, std::size_t limit) = 0;
    /// In their order.
    [[nodiscard]] virtual std::vector<JournalRow> find(const JournalFilter& filter) = 0;
    /// Takes away the rows before `before`, and remembers where the chain begins now. How many. The head must be taken.
    virtual std::size_t purge(Time before) = 0;
};

}  // namespace postern::auth
