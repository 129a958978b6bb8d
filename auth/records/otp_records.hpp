/// OTP keys: stock, owners, and the one verb that accepts a time step once.
#pragma once

#include "auth/account.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// The life of a key. `issued` to `pin_confirm` are the first connection; see auth/otp/otp_keys.hpp.
enum class OtpKeyState {
    stock,        ///< imported, nobody's
    issued,       ///< handed to its owner, who has not used it yet
    pin_pending,  ///< showed a first code; a PIN is to be chosen
    pin_confirm,  ///< PIN chosen; PIN and a next code are to be typed
    active,
    suspended,  ///< found again or not, by decision of a person
    lost,       ///< reported by its owner; may be found again by whoever handed it out
    retired,    ///< for good
};

[[nodiscard]] std::string_view name_of(OtpKeyState state);
[[nodiscard]] std::optional<OtpKeyState> otp_key_state(std::string_view name);

using OtpKeyId = std::int64_t;

/// A key as stored. `seed` is sealed with `seed_context(id)`, the PINs are Argon2id verifiers sealed with
/// `pin_context(id)`: a copy of the database alone gives neither codes nor PINs.
struct OtpKey {
    OtpKeyId id = 0;
    std::string serial;  ///< as printed on it: 1 to 64 visible ASCII characters
    std::optional<AccountId> account;
    OtpKeyState state = OtpKeyState::stock;
    std::string seed;
    std::string algorithm = "SHA1";   ///< "SHA1", "SHA256" or "SHA512"
    int digits = 6;                   ///< 6 to 8
    int step_seconds = 60;            ///< 30 or 60
    std::int64_t last_step = -1;      ///< the newest time step that was used; no earlier one is ever accepted again
    int drift = 0;                    ///< its clock against ours, in steps: -10 to 10
    std::string pin;                  ///< empty: none yet
    std::string pending_pin;          ///< chosen, not confirmed
    std::optional<Time> enrol_until;  ///< end of the first connection's window
    int enrol_tries = 0;              ///< codes tried in it: at most 5
    std::optional<AccountId> handed_by;
    std::optional<Time> handed_at;
    std::string document;  ///< what was signed for it: at most 128 characters
    Time created_at;
    Time changed_at;
};

[[nodiscard]] std::string seed_context(OtpKeyId id);
[[nodiscard]] std::string pin_context(OtpKeyId id);

struct OtpKeyFilter {
    std::optional<OtpKeyState> state;
    std::string text;          ///< part of the serial
    std::string after_serial;  ///< the last of the page before
    std::size_t limit = 1000;
};

/// How a key is handed to somebody.
struct OtpHandOver {
    OtpKeyId key = 0;
    AccountId account = 0;
    std::optional<AccountId> by;  ///< nullopt: the command line
    Time enrol_until;
    std::string document;
};

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class OtpRecords {
public:
    OtpRecords() = default;
    OtpRecords(const OtpRecords&) = delete;
    OtpRecords& operator=(const OtpRecords&) = delete;
    OtpRecords(OtpRecords&&) = delete;
    OtpRecords& operator=(OtpRecords&&) = delete;
    virtual ~OtpRecords() = default;

    [[nodiscard]] virtual std::optional<OtpKey> find(OtpKeyId id) = 0;
    [[nodiscard]] virtual std::optional<OtpKey> find(std::string_view serial) = 0;
    /// The one the account holds: in any state from `issued` to `suspended`.
    [[nodiscard]] virtual std::optional<OtpKey> of_account(AccountId account) = 0;
    [[nodiscard]] virtual std::vector<OtpKey> list(const OtpKeyFilter& filter) = 0;

    /// False when a key of this serial is there already.
    [[nodiscard]] virtual bool add(const OtpKey& key, Time now) = 0;
    /// From the stock to an account. False when it is not in the stock, or the account holds one.
    [[nodiscard]] virtual bool hand_over(const OtpHandOver& hand_over, Time now) = 0;
    /// Opens the window of the first connection anew, without PIN: the owner forgot it. False when the key is not with
    /// an owner, or is lost or retired.
    [[nodiscard]] virtual bool reopen(OtpKeyId id, Time enrol_until, Time now) = 0;
    /// Pays for one code of the first connection, before it is looked at. False when five were paid or the window is
    /// over.
    [[nodiscard]] virtual bool charge_enrolment(OtpKeyId id, Time now) = 0;
    /// Uses up this step and all before it, moving from state to state where the two differ: true for exactly one of
    /// all who try it, ever. From `pin_confirm` to `active` the proposed PIN becomes the key's own.
    [[nodiscard]] virtual bool accept_step(
        OtpKeyId id, OtpKeyState from, OtpKeyState to, std::int64_t step, int drift, Time now) = 0;
    /// A PIN for a key in `pin_pending`, and so `pin_confirm`. False when it is in another state, or at another step
    /// than `last_step`: somebody else has begun anew.
    [[nodiscard]] virtual bool propose_pin(OtpKeyId id, std::string_view sealed, std::int64_t last_step, Time now) = 0;
    /// Another PIN for an active key. False when it is not active.
    [[nodiscard]] virtual bool replace_pin(OtpKeyId id, std::string_view sealed, Time now) = 0;
    /// A later step and drift by resynchronisation. False when it is not later.
    [[nodiscard]] virtual bool resynchronise(OtpKeyId id, std::int64_t step, int drift, Time now) = 0;
    /// Any other change of state. `lost` and `retired` keep the owner; back to `stock` forgets owner and PIN. False
    /// when it is not in `from`.
    [[nodiscard]] virtual bool set_state(OtpKeyId id, OtpKeyState from, OtpKeyState to, Time now) = 0;
};

}  // namespace postern::auth
