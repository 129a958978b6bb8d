#include "auth/otp/otp_keys.hpp"

#include "auth/random_code.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace postern::auth::otp {

namespace {

constexpr std::size_t max_serial_bytes = 64;
constexpr std::size_t min_seed_bytes = 10;
constexpr std::size_t max_seed_bytes = 64;
constexpr std::size_t max_document_bytes = 128;
constexpr int min_code_digits = 6;
constexpr int max_code_digits = 8;
constexpr std::string_view handle_context = "otp_enrolment";

// The third wrong code waits.
constexpr WaitRule code_rule{.free_failures = 2};

KeyParameters parameters_of(const OtpKey& key) {
    // The database lets no other algorithm in.
    return {.algorithm = hash_algorithm(key.algorithm).value_or(HashAlgorithm::sha1),
            .digits = key.digits,
            .step_seconds = key.step_seconds,
            .drift = key.drift,
            .last_step = key.last_step};
}

/// What is not even that was mistyped: it is told before anything is asked, and costs nobody a try.
bool is_digits(const base::Secret& text, std::size_t min, std::size_t max) {
    const std::string_view typed = text.reveal();
    return typed.size() >= min && typed.size() <= max && std::ranges::all_of(typed, base::is_digit);
}

bool is_enrolling(OtpKeyState state) {
    return state == OtpKeyState::issued || state == OtpKeyState::pin_pending || state == OtpKeyState::pin_confirm;
}

std::unexpected<OtpFailure> failure(OtpProblem problem, std::string detail = {}) {
    return std::unexpected(OtpFailure{.problem = problem, .pin = {}, .detail = std::move(detail)});
}

std::unexpected<OtpFailure> failure(const StoreError& error) {
    return failure(OtpProblem::unavailable, error.detail);
}

std::unexpected<StoreError> refused(std::string why) {
    return std::unexpected(StoreError{StoreFault::refused, std::move(why)});
}

bool read_number(std::string_view text, std::int64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

/// Which way a person may move a key, besides handing it over.
bool may_become(OtpKeyState from, OtpKeyState to) {
    const bool is_with_owner = from != OtpKeyState::stock && from != OtpKeyState::retired;
    switch (to) {
        case OtpKeyState::suspended:
            return from == OtpKeyState::active;
        case OtpKeyState::active:
            return from == OtpKeyState::suspended;
        case OtpKeyState::lost:
            return is_with_owner && from != OtpKeyState::lost;
        case OtpKeyState::retired:
            return from != OtpKeyState::retired;
        case OtpKeyState::stock:
            return is_with_owner;
        default:
            return false;
    }
}

}  // namespace

/// What a handle stands for.
struct OtpKeys::Enrolment {
    OtpKeyId key = 0;
    std::int64_t step = 0;  ///< of the first code
};

/// A code that may be looked at.
struct OtpKeys::Paid {
    WaitReceipt receipt;
    std::optional<OtpKey> key;  ///< nullopt: none that could be used
};

std::string fault_of(const ImportedKey& key) {
    if (key.serial.empty() || key.serial.size() > max_serial_bytes ||
        !std::ranges::all_of(key.serial, base::is_visible)) {
        return "the serial is not 1 to 64 visible ASCII characters";
    }
    const std::size_t seed_bytes = key.seed.reveal().size();
    if (seed_bytes < min_seed_bytes || seed_bytes > max_seed_bytes) return "the seed does not have 10 to 64 bytes";
    if (key.digits < min_code_digits || key.digits > max_code_digits) return "the codes do not have 6 to 8 digits";
    if (key.step_seconds != 30 && key.step_seconds != 60) return "the time step is neither 30 nor 60 seconds";
    return {};
}

void OtpKeys::journal(Transaction& transaction,
                      const Origin& origin,
                      std::string_view action,
                      JournalOutcome outcome,
                      std::optional<AccountId> subject,
                      std::string_view detail) const {
    journal_.append(transaction, origin,
                    {.action = action, .outcome = outcome, .subject = subject, .reason = {}, .detail = detail},
                    clock_.now());
}

StoreResult<void> OtpKeys::import(std::span<const ImportedKey> keys, const Origin& origin) const {
    for (const ImportedKey& key : keys) {
        if (const std::string fault = fault_of(key); !fault.empty()) return refused(key.serial + ": " + fault);
    }
    std::string taken;
    const auto imported = store_.change([&](Transaction& transaction) {
        for (const ImportedKey& key : keys) {
            const OtpKeyId id = random_id();
            const OtpKey row{.id = id,
                             .serial = key.serial,
                             .seed = keyring_.seal(key.seed, seed_context(id)),
                             .algorithm = std::string(name_of(key.algorithm)),
                             .digits = key.digits,
                             .step_seconds = key.step_seconds};
            if (transaction.otp_keys().add(row, clock_.now())) continue;
            taken = key.serial;
            transaction.abandon();
            return;
        }
        journal(transaction, origin, "otp.import", JournalOutcome::ok, std::nullopt,
                std::to_string(keys.size()) + " keys");
    });
    if (!imported) return imported;
    if (!taken.empty()) return std::unexpected(StoreError{StoreFault::already_exists, taken});
    return {};
}

StoreResult<std::vector<OtpKey>> OtpKeys::list(const OtpKeyFilter& filter) const {
    return store_.read([&](Transaction& transaction) {
        auto keys = transaction.otp_keys().list(filter);
        for (OtpKey& key : keys) key.seed = key.pin = key.pending_pin = "";
        return keys;
    });
}

StoreResult<void> OtpKeys::hand_over(std::string_view serial,
                                     AccountId account,
                                     std::string_view document,
                                     const Origin& origin) const {
    const Time now = clock_.now();
    auto done = store_.change([&](Transaction& transaction) -> StoreResult<void> {
        const auto key = transaction.otp_keys().find(serial);
        if (!key) return std::unexpected(StoreError{StoreFault::not_found, "there is no key " + std::string(serial)});
        if (key->state != OtpKeyState::stock)
            return refused("the key is " + std::string(name_of(key->state)) + ", not in the stock");
        if (transaction.otp_keys().of_account(account)) return refused("the account holds a key already");
        const OtpHandOver hand_over{.key = key->id,
                                    .account = account,
                                    .by = origin.actor_id,
                                    .enrol_until = now + enrolment_window,
                                    .document = std::string(document.substr(0, max_document_bytes))};
        if (!transaction.otp_keys().hand_over(hand_over, now)) return refused("somebody else was faster: look again");
        journal(transaction, origin, "otp.hand_over", JournalOutcome::ok, account, serial);
        return {};
    });
    return done ? std::move(*done) : std::unexpected(done.error());
}

StoreResult<void> OtpKeys::reopen(std::string_view serial, const Origin& origin) const {
    const Time now = clock_.now();
    auto done = store_.change([&](Transaction& transaction) -> StoreResult<void> {
        const auto key = transaction.otp_keys().find(serial);
        if (!key) return std::unexpected(StoreError{StoreFault::not_found, "there is no key " + std::string(serial)});
        if (!transaction.otp_keys().reopen(key->id, now + enrolment_window, now))
            return refused("the key is " + std::string(name_of(key->state)) + ": hand it over first");
        journal(transaction, origin, "otp.reopen", JournalOutcome::ok, key->account, serial);
        return {};
    });
    return done ? std::move(*done) : std::unexpected(done.error());
}

StoreResult<void> OtpKeys::set_state(std::string_view serial, OtpKeyState state, const Origin& origin) const {
    auto done = store_.change([&](Transaction& transaction) -> StoreResult<void> {
        const auto key = transaction.otp_keys().find(serial);
        if (!key) return std::unexpected(StoreError{StoreFault::not_found, "there is no key " + std::string(serial)});
        const bool is_done =
            may_become(key->state, state) && transaction.otp_keys().set_state(key->id, key->state, state, clock_.now());
        if (!is_done)
            return refused("a key that is " + std::string(name_of(key->state)) + " cannot become " +
                           std::string(name_of(state)));
        journal(transaction, origin, "otp." + std::string(name_of(state)), JournalOutcome::ok, key->account, serial);
        return {};
    });
    return done ? std::move(*done) : std::unexpected(done.error());
}

base::Secret OtpKeys::seed_of(const OtpKey& key) const {
    auto seed = keyring_.unseal(key.seed, seed_context(key.id));
    // Whatever code is typed, it is not one of this seed.
    return seed ? std::move(*seed) : random_token();
}

bool OtpKeys::is_pin(const OtpKey& key, std::string_view sealed, const base::Secret& pin) const {
    const auto verifier = keyring_.unseal(sealed, pin_context(key.id));
    return verifier && hasher_.verify(*verifier, pin) == Verification::match;
}

OtpResult<base::Secret> OtpKeys::begin(AccountId account, const base::Secret& code, const Origin& origin) const {
    const Time now = clock_.now();
    auto done = store_.change([&](Transaction& transaction) -> OtpResult<base::Secret> {
        const auto key = transaction.otp_keys().of_account(account);
        if (!key || !is_enrolling(key->state) || !is_code_text(code.reveal(), key->digits))
            return failure(OtpProblem::wrong);
        if (!transaction.otp_keys().charge_enrolment(key->id, now)) return failure(OtpProblem::window_over);
        const auto accepted = accept_first_code(seed_of(*key), parameters_of(*key), code.reveal(), now);
        const bool is_first =
            accepted && transaction.otp_keys().accept_step(key->id, key->state, OtpKeyState::pin_pending,
                                                           accepted->step, accepted->drift, now);
        journal(transaction, origin, "otp.first_code", is_first ? JournalOutcome::ok : JournalOutcome::fail, account,
                "");
        if (!is_first) return failure(OtpProblem::wrong);
        const std::string text = std::to_string(key->id) + ':' + std::to_string(accepted->step);
        return base::Secret(keyring_.seal(base::Secret(text), handle_context));
    });
    if (!done) return failure(done.error());
    return std::move(*done);
}

OtpResult<OtpKeys::Enrolment> OtpKeys::enrolment_of(const base::Secret& handle) const {
    const auto text = keyring_.unseal(handle.reveal(), handle_context);
    if (!text) return failure(OtpProblem::stale_handle);
    Enrolment enrolment;
    const std::string_view plain = text->reveal();
    const std::size_t colon = plain.find(':');
    const bool is_whole = colon != std::string_view::npos && read_number(plain.substr(0, colon), enrolment.key) &&
                          read_number(plain.substr(colon + 1), enrolment.step);
    if (!is_whole) return failure(OtpProblem::stale_handle);
    return enrolment;
}

OtpResult<std::string> OtpKeys::sealed_pin(OtpKeyId id,
                                           const base::Secret& pin,
                                           const base::Secret& again,
                                           const std::optional<std::chrono::year_month_day>& birth) const {
    if (pin.reveal() != again.reveal()) return failure(OtpProblem::pins_differ);
    if (const auto checked = check_pin(pin, birth); !checked)
        return std::unexpected(OtpFailure{.problem = OtpProblem::bad_pin, .pin = checked.error(), .detail = {}});
    const auto verifier = hasher_.hash(pin);
    if (!verifier) return failure(OtpProblem::busy);
    return keyring_.seal(*verifier, pin_context(id));
}

OtpResult<void> OtpKeys::choose_pin(const base::Secret& handle,
                                    const base::Secret& pin,
                                    const base::Secret& again,
                                    const std::optional<std::chrono::year_month_day>& birth) const {
    const auto enrolment = enrolment_of(handle);
    if (!enrolment) return std::unexpected(enrolment.error());
    const auto sealed = sealed_pin(enrolment->key, pin, again, birth);
    if (!sealed) return std::unexpected(sealed.error());
    const auto proposed = store_.change([&](Transaction& transaction) {
        return transaction.otp_keys().propose_pin(enrolment->key, *sealed, enrolment->step, clock_.now());
    });
    if (!proposed) return failure(proposed.error());
    if (!*proposed) return failure(OtpProblem::stale_handle);
    return {};
}

OtpResult<void> OtpKeys::confirm(const base::Secret& handle, const base::Secret& passcode, const Origin& origin) const {
    const auto enrolment = enrolment_of(handle);
    if (!enrolment) return std::unexpected(enrolment.error());
    const Time now = clock_.now();
    // Paid for in a transaction of its own: the PIN is hashed outside of any.
    auto paid = store_.change([&](Transaction& transaction) -> OtpResult<OtpKey> {
        auto key = transaction.otp_keys().find(enrolment->key);
        if (!key || key->state != OtpKeyState::pin_confirm || key->last_step != enrolment->step)
            return failure(OtpProblem::stale_handle);
        if (!split_passcode(passcode, key->digits)) return failure(OtpProblem::wrong);
        if (!transaction.otp_keys().charge_enrolment(key->id, now)) return failure(OtpProblem::window_over);
        return std::move(*key);
    });
    if (!paid) return failure(paid.error());
    if (!*paid) return std::unexpected(paid->error());
    const OtpKey& key = **paid;
    const auto typed = split_passcode(passcode, key.digits);
    const base::Secret seed = seed_of(key);
    const auto before = code_at(seed, parameters_of(key), enrolment->step);
    if (before && before->reveal() == typed->code.reveal()) return failure(OtpProblem::repeated);
    const bool is_right_pin = is_pin(key, key.pending_pin, typed->pin);
    const auto accepted = accept_next_code(seed, parameters_of(key), enrolment->step, typed->code.reveal(), now);
    const auto activated = store_.change([&](Transaction& transaction) {
        const bool is_active = is_right_pin && accepted &&
                               transaction.otp_keys().accept_step(key.id, OtpKeyState::pin_confirm, OtpKeyState::active,
                                                                  accepted->step, accepted->drift, now);
        journal(transaction, origin, "otp.enrol", is_active ? JournalOutcome::ok : JournalOutcome::fail, key.account,
                key.serial);
        return is_active;
    });
    if (!activated) return failure(activated.error());
    if (!*activated) return failure(OtpProblem::wrong);
    return {};
}

Bucket OtpKeys::bucket_of(AccountId account) const {
    return {BucketKind::otp, keyring_.mac(MacUse::subject, {"otp", std::to_string(account)})};
}

OtpResult<OtpKeys::Paid> OtpKeys::pay(AccountId account) const {
    auto paid = store_.change([&](Transaction& transaction) -> OtpResult<Paid> {
        auto receipt = transaction.budgets().charge(bucket_of(account), code_rule, clock_.now());
        if (!receipt) return failure(OtpProblem::throttled);
        auto key = transaction.otp_keys().of_account(account);
        if (key && key->state != OtpKeyState::active) key.reset();
        return Paid{.receipt = std::move(*receipt), .key = std::move(key)};
    });
    if (!paid) return failure(paid.error());
    return std::move(*paid);
}

OtpResult<void> OtpKeys::settle(const Paid& paid,
                                const std::optional<AcceptedCode>& accepted,
                                bool is_resynchronised,
                                AccountId account,
                                const Origin& origin) const {
    const Time now = clock_.now();
    const auto settled = store_.change([&](Transaction& transaction) {
        bool is_in = false;
        if (accepted) {
            OtpRecords& keys = transaction.otp_keys();
            is_in = is_resynchronised ? keys.resynchronise(paid.key->id, accepted->step, accepted->drift, now)
                                      : keys.accept_step(paid.key->id, OtpKeyState::active, OtpKeyState::active,
                                                         accepted->step, accepted->drift, now);
        }
        if (is_in) transaction.budgets().refund(paid.receipt);
        journal(transaction, origin, "otp.verify", is_in ? JournalOutcome::ok : JournalOutcome::fail, account, "");
        return is_in;
    });
    if (!settled) return failure(settled.error());
    if (!*settled) return failure(OtpProblem::wrong);
    return {};
}

std::optional<AcceptedCode> OtpKeys::accepted_by(const Paid& paid,
                                                 const base::Secret& passcode,
                                                 const FindCode& find) const {
    const auto typed = split_passcode(passcode, paid.key ? paid.key->digits : min_code_digits);
    if (!typed) return std::nullopt;
    if (!paid.key) {
        std::ignore = hasher_.hash(typed->pin);  // who holds no key must not be told by the time it takes
        return std::nullopt;
    }
    // Both are found out, whichever is wrong.
    const bool is_right_pin = is_pin(*paid.key, paid.key->pin, typed->pin);
    auto accepted = find(seed_of(*paid.key), parameters_of(*paid.key), typed->code.reveal());
    return is_right_pin ? accepted : std::nullopt;
}

OtpResult<void> OtpKeys::verify(AccountId account, const base::Secret& passcode, const Origin& origin) const {
    if (!is_digits(passcode, min_code_digits + min_pin_digits, max_code_digits + max_pin_digits))
        return failure(OtpProblem::wrong);
    const auto paid = pay(account);
    if (!paid) return std::unexpected(paid.error());
    const auto accepted =
        accepted_by(*paid, passcode, [&](const base::Secret& seed, const KeyParameters& key, std::string_view code) {
            return accept_code(seed, key, code, clock_.now());
        });
    return settle(*paid, accepted, false, account, origin);
}

OtpResult<void> OtpKeys::change_pin(AccountId account,
                                    const base::Secret& passcode,
                                    const base::Secret& pin,
                                    const base::Secret& again,
                                    const std::optional<std::chrono::year_month_day>& birth,
                                    const Origin& origin) const {
    const auto key = store_.read([&](Transaction& transaction) { return transaction.otp_keys().of_account(account); });
    if (!key) return failure(key.error());
    if (!*key) return failure(OtpProblem::wrong);
    const auto sealed = sealed_pin((*key)->id, pin, again, birth);
    if (!sealed) return std::unexpected(sealed.error());
    if (auto verified = verify(account, passcode, origin); !verified) return verified;
    const auto replaced = store_.change([&](Transaction& transaction) {
        const bool is_done = transaction.otp_keys().replace_pin((*key)->id, *sealed, clock_.now());
        journal(transaction, origin, "otp.pin", is_done ? JournalOutcome::ok : JournalOutcome::refused, account, "");
        return is_done;
    });
    if (!replaced) return failure(replaced.error());
    if (!*replaced) return failure(OtpProblem::wrong);
    return {};
}

OtpResult<void> OtpKeys::resynchronise(AccountId account,
                                       const base::Secret& passcode,
                                       const base::Secret& next_code,
                                       const Origin& origin) const {
    if (!is_digits(passcode, min_code_digits + min_pin_digits, max_code_digits + max_pin_digits) ||
        !is_digits(next_code, min_code_digits, max_code_digits)) {
        return failure(OtpProblem::wrong);
    }
    const auto paid = pay(account);
    if (!paid) return std::unexpected(paid.error());
    const auto accepted =
        accepted_by(*paid, passcode, [&](const base::Secret& seed, const KeyParameters& key, std::string_view code) {
            return otp::resynchronise(seed, key, code, next_code.reveal(), clock_.now());
        });
    return settle(*paid, accepted, true, account, origin);
}

}  // namespace postern::auth::otp
