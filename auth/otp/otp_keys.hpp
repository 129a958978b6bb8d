/// OTP keys from the box they arrive in to the day they are retired: stock, hand-over, first connection, everyday use.
#pragma once

#include "auth/journal.hpp"
#include "auth/keyring.hpp"
#include "auth/otp/one_time_code.hpp"
#include "auth/otp/pin.hpp"
#include "auth/password.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::otp {

/// A key as its maker delivers it.
struct ImportedKey {
    std::string serial;  ///< 1 to 64 visible ASCII characters
    base::Secret seed;   ///< 10 to 64 bytes
    HashAlgorithm algorithm = HashAlgorithm::sha1;
    int digits = 6;         ///< 6 to 8
    int step_seconds = 60;  ///< 30 or 60
};

/// Why a key is refused, as the end of a sentence ("the serial ..."); empty: it is good. Never holds the seed.
[[nodiscard]] std::string fault_of(const ImportedKey& key);

enum class OtpProblem {
    wrong,         ///< no key, wrong PIN, wrong or used code: never told apart
    repeated,      ///< the code that was typed just before: wait for the next one. Only to who typed that one
    throttled,     ///< too many wrong codes: later
    window_over,   ///< the time or the tries of the first connection are over: see who handed the key out
    stale_handle,  ///< somebody has begun anew meanwhile: begin again
    pins_differ,   ///< typed twice, not the same
    bad_pin,       ///< see `pin`
    busy,          ///< no memory for the hash: later
    unavailable,   ///< the store could not be asked; see `detail`
};

struct OtpFailure {
    OtpProblem problem = OtpProblem::wrong;
    std::optional<PinFault> pin;
    std::string detail;  ///< for the log; holds no secret

    friend bool operator==(const OtpFailure& failure, OtpProblem expected) noexcept {
        return failure.problem == expected;
    }
};

template <class T>
using OtpResult = std::expected<T, OtpFailure>;

/// How long the first connection may take after a key was handed over.
inline constexpr std::chrono::days enrolment_window{15};

/// Every wrong code is paid for before it is looked at, in a budget of the key's owner that passwords do not share. A
/// code is good once, and burns every earlier one, whatever the clock does.
/// Thread rule: any number of threads at once; calls hash a PIN, so they belong on a pool. What it is made of must
/// outlive it.
class OtpKeys {
public:
    OtpKeys(Store& store, const PasswordHasher& hasher, const Keyring& keyring, const base::Clock& clock)
        : store_(store), hasher_(hasher), keyring_(keyring), clock_(clock), journal_(keyring) {}

    /// Puts all of them into the stock or, with the first error, none: refused (see fault_of), already_exists (a
    /// serial).
    [[nodiscard]] StoreResult<void> import(std::span<const ImportedKey> keys, const Origin& origin) const;
    [[nodiscard]] StoreResult<std::vector<OtpKey>> list(const OtpKeyFilter& filter) const;  ///< without seeds and PINs

    /// The first connection may begin. `document`: what the owner signed.
    [[nodiscard]] StoreResult<void> hand_over(std::string_view serial,
                                              AccountId account,
                                              std::string_view document,
                                              const Origin& origin) const;
    /// The owner forgot his PIN, or the window is over: the first connection may begin anew.
    [[nodiscard]] StoreResult<void> reopen(std::string_view serial, const Origin& origin) const;
    /// `suspended`, `active` again, `lost`, `retired`, or back to the `stock`.
    [[nodiscard]] StoreResult<void> set_state(std::string_view serial, OtpKeyState state, const Origin& origin) const;

    // The first connection, three steps; the handle joins them, is not secret from its owner, and cannot be forged.

    /// The code alone, as the key shows it.
    [[nodiscard]] OtpResult<base::Secret> begin(AccountId account,
                                                const base::Secret& code,
                                                const Origin& origin) const;
    /// The PIN, typed twice.
    [[nodiscard]] OtpResult<void> choose_pin(const base::Secret& handle,
                                             const base::Secret& pin,
                                             const base::Secret& again,
                                             const std::optional<std::chrono::year_month_day>& birth) const;
    /// PIN and a later code: the key is active.
    [[nodiscard]] OtpResult<void> confirm(const base::Secret& handle,
                                          const base::Secret& passcode,
                                          const Origin& origin) const;

    // Everyday use.

    /// PIN and code. Accepted: it was the owner, with his key.
    [[nodiscard]] OtpResult<void> verify(AccountId account, const base::Secret& passcode, const Origin& origin) const;
    /// `passcode`: the old PIN and a code.
    [[nodiscard]] OtpResult<void> change_pin(AccountId account,
                                             const base::Secret& passcode,
                                             const base::Secret& pin,
                                             const base::Secret& again,
                                             const std::optional<std::chrono::year_month_day>& birth,
                                             const Origin& origin) const;
    /// The key's clock has gone astray: PIN and a code, and the code after it.
    [[nodiscard]] OtpResult<void> resynchronise(AccountId account,
                                                const base::Secret& passcode,
                                                const base::Secret& next_code,
                                                const Origin& origin) const;

private:
    struct Enrolment;
    struct Paid;

    [[nodiscard]] OtpResult<Enrolment> enrolment_of(const base::Secret& handle) const;
    [[nodiscard]] OtpResult<std::string> sealed_pin(OtpKeyId id,
                                                    const base::Secret& pin,
                                                    const base::Secret& again,
                                                    const std::optional<std::chrono::year_month_day>& birth) const;
    using FindCode =
        std::function<std::optional<AcceptedCode>(const base::Secret&, const KeyParameters&, std::string_view)>;
    [[nodiscard]] std::optional<AcceptedCode> accepted_by(const Paid& paid,
                                                          const base::Secret& passcode,
                                                          const FindCode& find) const;
    [[nodiscard]] OtpResult<Paid> pay(AccountId account) const;
    [[nodiscard]] OtpResult<void> settle(const Paid& paid,
                                         const std::optional<AcceptedCode>& accepted,
                                         bool is_resynchronised,
                                         AccountId account,
                                         const Origin& origin) const;
    [[nodiscard]] bool is_pin(const OtpKey& key, std::string_view sealed, const base::Secret& pin) const;
    [[nodiscard]] base::Secret seed_of(const OtpKey& key) const;
    void journal(Transaction& transaction,
                 const Origin& origin,
                 std::string_view action,
                 JournalOutcome outcome,
                 std::optional<AccountId> subject,
                 std::string_view detail) const;
    [[nodiscard]] Bucket bucket_of(AccountId account) const;

    Store& store_;
    const PasswordHasher& hasher_;
    const Keyring& keyring_;
    const base::Clock& clock_;
    Journal journal_;
};

}  // namespace postern::auth::otp
