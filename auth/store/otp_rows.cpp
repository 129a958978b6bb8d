#include "auth/store/otp_rows.hpp"

#include <stdexcept>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

/// One row, as a statement fills it.
struct Row {
    long long id = 0, last_step = 0, created_at = 0, changed_at = 0;
    std::string serial, state, seed, algorithm, pin, pending_pin, document;
    int digits = 0, step_seconds = 0, drift = 0, enrol_tries = 0;
    Nullable account, enrol_until, handed_by, handed_at;

    [[nodiscard]] OtpKey key() const {
        const auto known = otp_key_state(state);
        if (!known) throw std::runtime_error("it holds a state of a key that postern would not have written");
        return {.id = id,
                .serial = serial,
                .account = account.number(),
                .state = *known,
                .seed = seed,
                .algorithm = algorithm,
                .digits = digits,
                .step_seconds = step_seconds,
                .last_step = last_step,
                .drift = drift,
                .pin = pin,
                .pending_pin = pending_pin,
                .enrol_until = enrol_until.time(),
                .enrol_tries = enrol_tries,
                .handed_by = handed_by.number(),
                .handed_at = handed_at.time(),
                .document = document,
                .created_at = time_of(created_at),
                .changed_at = time_of(changed_at)};
    }
};

std::optional<OtpKey> first_of(std::vector<OtpKey> keys) {
    if (keys.empty()) return std::nullopt;
    return std::move(keys.front());
}

}  // namespace

template <class... Bound>
std::vector<OtpKey> OtpRows::select(const std::string& where, Bound&&... bound) {
    Row row;
    std::vector<OtpKey> found;
    database_.each(
        "SELECT id, serial, account_id, state, seed, algorithm, digits, step_seconds, last_step, drift, coalesce(pin, "
        "''), coalesce(pending_pin, ''), enrol_until, enrol_tries, handed_by, handed_at, document, created_at, "
        "changed_at FROM otp_key " +
            where,
        [&] { found.push_back(row.key()); }, into(row.id), into(row.serial),
        into(row.account.value, row.account.indicator), into(row.state), into(row.seed), into(row.algorithm),
        into(row.digits), into(row.step_seconds), into(row.last_step), into(row.drift), into(row.pin),
        into(row.pending_pin), into(row.enrol_until.value, row.enrol_until.indicator), into(row.enrol_tries),
        into(row.handed_by.value, row.handed_by.indicator), into(row.handed_at.value, row.handed_at.indicator),
        into(row.document), into(row.created_at), into(row.changed_at), std::forward<Bound>(bound)...);
    return found;
}

std::optional<OtpKey> OtpRows::find(OtpKeyId id) {
    const long long number = id;
    return first_of(select("WHERE id = :id", use(number, "id")));
}

std::optional<OtpKey> OtpRows::find(std::string_view serial) {
    const std::string text(serial);
    return first_of(select("WHERE serial = :serial", use(text, "serial")));
}

std::optional<OtpKey> OtpRows::of_account(AccountId account) {
    const long long number = account;
    return first_of(
        select("WHERE account_id = :account AND state IN ('issued', 'pin_pending', 'pin_confirm', "
               "'active', 'suspended')",
               use(number, "account")));
}

std::vector<OtpKey> OtpRows::list(const OtpKeyFilter& filter) {
    const std::string state(filter.state ? name_of(*filter.state) : "");
    const auto most = static_cast<long long>(filter.limit);
    return select("WHERE serial > :after AND (:state = '' OR state = :state) AND (:text = '' OR " +
                      database_.contains("serial", ":text") + ") ORDER BY serial LIMIT :most",
                  use(filter.after_serial, "after"), use(state, "state"), use(filter.text, "text"), use(most, "most"));
}

bool OtpRows::add(const OtpKey& key, Time now) {
    const long long id = key.id;
    const long long at = seconds_of(now);
    const long long last_step = key.last_step;
    return database_.execute(
               "INSERT INTO otp_key (id, serial, state, seed, algorithm, digits, step_seconds, last_step, created_at, "
               "changed_at) VALUES (:id, :serial, 'stock', :seed, :algorithm, :digits, :step_seconds, :last_step, "
               ":now, :now) ON CONFLICT DO NOTHING",
               use(id, "id"), use(key.serial, "serial"), use(key.seed, "seed"), use(key.algorithm, "algorithm"),
               use(key.digits, "digits"), use(key.step_seconds, "step_seconds"), use(last_step, "last_step"),
               use(at, "now")) == 1;
}

bool OtpRows::hand_over(const OtpHandOver& hand_over, Time now) {
    const long long id = hand_over.key;
    const long long account = hand_over.account;
    Nullable by(hand_over.by ? std::optional<long long>(*hand_over.by) : std::nullopt);
    const long long until = seconds_of(hand_over.enrol_until);
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE otp_key SET state = 'issued', account_id = :account, handed_by = :by, handed_at = :now, "
               "enrol_until = :until, enrol_tries = 0, document = :document, pin = NULL, pending_pin = NULL, "
               "changed_at = :now WHERE id = :id AND state = 'stock' AND NOT EXISTS (SELECT 1 FROM otp_key k WHERE "
               "k.account_id = :account AND k.state IN ('issued', 'pin_pending', 'pin_confirm', 'active', "
               "'suspended'))",
               use(account, "account"), use(by.value, by.indicator, "by"), use(at, "now"), use(until, "until"),
               use(hand_over.document, "document"), use(id, "id")) == 1;
}

bool OtpRows::reopen(OtpKeyId id, Time enrol_until, Time now) {
    const long long number = id;
    const long long until = seconds_of(enrol_until);
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE otp_key SET state = 'issued', enrol_until = :until, enrol_tries = 0, pin = NULL, pending_pin = "
               "NULL, changed_at = :now WHERE id = :id AND state IN ('issued', 'pin_pending', 'pin_confirm', 'active', "
               "'suspended')",
               use(until, "until"), use(at, "now"), use(number, "id")) == 1;
}

bool OtpRows::charge_enrolment(OtpKeyId id, Time now) {
    const long long number = id;
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE otp_key SET enrol_tries = enrol_tries + 1 WHERE id = :id AND state IN ('issued', "
               "'pin_pending', 'pin_confirm') AND enrol_tries < 5 AND enrol_until > :now",
               use(number, "id"), use(at, "now")) == 1;
}

bool OtpRows::accept_step(OtpKeyId id, OtpKeyState from, OtpKeyState to, std::int64_t step, int drift, Time now) {
    const long long number = id;
    const std::string before(name_of(from));
    const std::string after(name_of(to));
    const long long accepted = step;
    const long long at = seconds_of(now);
    // The PIN must be there before the state may be "active": the one that was proposed becomes it in the same
    // statement.
    return database_.execute(
               "UPDATE otp_key SET last_step = :step, drift = :drift, changed_at = CASE WHEN state = :after THEN "
               "changed_at ELSE :now END, pin = CASE WHEN state = 'pin_confirm' AND :after = 'active' THEN pending_pin "
               "ELSE pin END, pending_pin = CASE WHEN :after = 'active' THEN NULL ELSE pending_pin END, state = :after "
               "WHERE id = :id AND state = :before AND last_step < :step",
               use(accepted, "step"), use(drift, "drift"), use(after, "after"), use(at, "now"), use(number, "id"),
               use(before, "before")) == 1;
}

bool OtpRows::propose_pin(OtpKeyId id, std::string_view sealed, std::int64_t last_step, Time now) {
    const long long number = id;
    const std::string pin(sealed);
    const long long step = last_step;
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE otp_key SET pending_pin = :pin, state = 'pin_confirm', changed_at = :now WHERE id "
               "= :id AND state IN ('pin_pending', 'pin_confirm') AND last_step = :step",
               use(pin, "pin"), use(at, "now"), use(number, "id"), use(step, "step")) == 1;
}

bool OtpRows::replace_pin(OtpKeyId id, std::string_view sealed, Time now) {
    const long long number = id;
    const std::string pin(sealed);
    const long long at = seconds_of(now);
    return database_.execute("UPDATE otp_key SET pin = :pin, changed_at = :now WHERE id = :id AND state = 'active'",
                             use(pin, "pin"), use(at, "now"), use(number, "id")) == 1;
}

bool OtpRows::resynchronise(OtpKeyId id, std::int64_t step, int drift, Time now) {
    const long long number = id;
    const long long accepted = step;
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE otp_key SET last_step = :step, drift = :drift, changed_at = :now WHERE id = :id "
               "AND state = 'active' AND last_step < :step",
               use(accepted, "step"), use(drift, "drift"), use(at, "now"), use(number, "id")) == 1;
}

bool OtpRows::set_state(OtpKeyId id, OtpKeyState from, OtpKeyState to, Time now) {
    const long long number = id;
    const std::string before(name_of(from));
    const std::string after(name_of(to));
    const long long at = seconds_of(now);
    const std::string forgets =
        to == OtpKeyState::stock ? ", account_id = NULL, pin = NULL, pending_pin = NULL, enrol_until = NULL" : "";
    return database_.execute(
               "UPDATE otp_key SET state = :after, changed_at = :now" + forgets + " WHERE id = :id AND state = :before",
               use(after, "after"), use(at, "now"), use(number, "id"), use(before, "before")) == 1;
}

}  // namespace postern::auth::store
