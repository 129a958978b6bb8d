/// Who decided what about whom: an append-only record in which no row can be changed, removed or reordered unseen.
#pragma once

#include "auth/keyring.hpp"
#include "auth/origin.hpp"
#include "auth/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// What is to be remembered. No member may hold a password, code, token, NUMEN, date of birth or address of a contact.
struct JournalEvent {
    std::string_view action;  ///< "login", "account.suspend", "otp.enrol" ...: what was done, 1 to 64 of a-z _ .
    JournalOutcome outcome = JournalOutcome::ok;
    std::optional<AccountId> subject;  ///< whom it is about; nullopt: nobody known
    std::string_view reason;  ///< one word of the code when it was not done: "wrong_credentials". At most 64 bytes
    std::string_view detail;  ///< what else a helpdesk needs, as text. Longer than 2048 bytes is cut
};

/// What is wrong with a chain.
struct JournalFlaw {
    std::int64_t seq = 0;  ///< of the first row that does not fit
    std::string what;      ///< as the end of a sentence: "row 7 ..."
};

/// What a chain that fits consists of; `last_mac` is to be kept elsewhere, to prove later that no tail was cut off.
struct JournalSummary {
    std::int64_t rows = 0;
    std::int64_t last_seq = 0;
    std::string last_mac;
};

/// Writes into the transaction of the decision itself: both are there, or neither is. The last thing a transaction
/// does: whoever appends holds the end of the chain until he commits. Thread rule: any number of threads at once.
/// `keyring` must outlive it.
class Journal {
public:
    explicit Journal(const Keyring& keyring) : keyring_(keyring) {}

    /// Characters that could imitate other lines (controls, and those that turn the direction of text) become "?".
    void append(Transaction& transaction, const Origin& origin, const JournalEvent& event, Time now) const;

    /// Walks the whole chain in pages. The flaw, or what there is. `known`: a head that was kept earlier, which must
    /// still be part of it, if it was not purged since.
    [[nodiscard]] StoreResult<std::expected<JournalSummary, JournalFlaw>> verify(
        Store& store, const std::optional<JournalSummary>& known) const;

    /// Takes away what is older than `before`, and says so in the journal itself. How many rows.
    [[nodiscard]] StoreResult<std::size_t> purge(Store& store, const Origin& origin, Time before, Time now) const;

private:
    class Walk;

    [[nodiscard]] std::string mac_of(const JournalRow& row, std::string_view previous) const;

    const Keyring& keyring_;
};

}  // namespace postern::auth
