// Everything the auth core needs, the same on SQLite and PostgreSQL. What must hold is held by the database: unique
// partial indexes, checks, foreign keys, and conditional single statements in the files that use these tables.
//
// Times are whole seconds of UTC. Numbers of rows are made by the program, because what is sealed for a row must know
// its number before the row exists. MACs are 43 characters of base64url. "Sealed" text is made by Keyring and opens
// only in its own row.
#include "auth/store/schema_2.hpp"

#include <array>

namespace postern::auth::store {

namespace {

constexpr std::string_view statements[] = {
    // What step 1 left, out of the way: its rows are copied at the end.
    "sqlite:DROP TRIGGER account_id_is_final",
    "sqlite:DROP INDEX membership_by_group",
    "sqlite:DROP INDEX credential_one_password",
    "sqlite:ALTER TABLE account RENAME TO account_1",
    "sqlite:ALTER TABLE identifier RENAME TO identifier_1",
    "sqlite:ALTER TABLE membership RENAME TO membership_1",
    "sqlite:ALTER TABLE credential RENAME TO credential_1",

    // "login" here and the row of kind 'login' in identifier name each other: every account has exactly one login,
    // taken
    // from the same set of unique names as all aliases and addresses. SQLite wants the key said here, PostgreSQL later.
    R"sql(sqlite:CREATE TABLE account (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
        login TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL CHECK (length(display_name) <= 256),
        language TEXT NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
        state TEXT NOT NULL CHECK (state IN ('imported', 'provisional', 'pending_mail', 'charter', 'active',
            'must_change', 'suspended', 'closed')),
        suspended_from TEXT CHECK (suspended_from IN ('imported', 'provisional', 'pending_mail', 'charter', 'active',
            'must_change')),
        epoch INTEGER NOT NULL DEFAULT 1,
        row_version INTEGER NOT NULL DEFAULT 1,
        valid_from INTEGER CHECK (valid_from > 0),
        valid_until INTEGER CHECK (valid_until > 0),
        is_visitor INTEGER NOT NULL DEFAULT 0 CHECK (is_visitor IN (0, 1)),
        sponsor_id INTEGER REFERENCES account (id),
        link_group INTEGER,
        link_primary INTEGER NOT NULL DEFAULT 0 CHECK (link_primary IN (0, 1)),
        birth_mac TEXT NOT NULL DEFAULT '' CHECK (length(birth_mac) IN (0, 43)),
        name_birth_mac TEXT NOT NULL DEFAULT '' CHECK (length(name_birth_mac) IN (0, 43)),
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL CHECK (changed_at >= created_at),
        CHECK ((state = 'suspended') = (suspended_from IS NOT NULL)),
        CHECK (valid_until IS NULL OR valid_from IS NULL OR valid_until > valid_from),
        CHECK (is_visitor = 0 OR (sponsor_id IS NOT NULL AND valid_until IS NOT NULL)),
        CHECK (sponsor_id IS NULL OR sponsor_id <> id),
        CHECK (link_primary = 0 OR link_group IS NOT NULL),
        FOREIGN KEY (id, login) REFERENCES identifier (account_id, value) DEFERRABLE INITIALLY DEFERRED
    ) STRICT)sql",
    R"sql(postgresql:CREATE TABLE account (
        id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
        login TEXT COLLATE "C" NOT NULL UNIQUE,
        display_name TEXT NOT NULL CHECK (length(display_name) <= 256),
        language TEXT NOT NULL DEFAULT 'fr' CHECK (language IN ('fr', 'en')),
        state TEXT NOT NULL CHECK (state IN ('imported', 'provisional', 'pending_mail', 'charter', 'active',
            'must_change', 'suspended', 'closed')),
        suspended_from TEXT CHECK (suspended_from IN ('imported', 'provisional', 'pending_mail', 'charter', 'active',
            'must_change')),
        epoch BIGINT NOT NULL DEFAULT 1,
        row_version BIGINT NOT NULL DEFAULT 1,
        valid_from BIGINT CHECK (valid_from > 0),
        valid_until BIGINT CHECK (valid_until > 0),
        is_visitor BIGINT NOT NULL DEFAULT 0 CHECK (is_visitor IN (0, 1)),
        sponsor_id BIGINT REFERENCES account (id),
        link_group BIGINT,
        link_primary BIGINT NOT NULL DEFAULT 0 CHECK (link_primary IN (0, 1)),
        birth_mac TEXT NOT NULL DEFAULT '' CHECK (length(birth_mac) IN (0, 43)),
        name_birth_mac TEXT NOT NULL DEFAULT '' CHECK (length(name_birth_mac) IN (0, 43)),
        created_at BIGINT NOT NULL,
        changed_at BIGINT NOT NULL CHECK (changed_at >= created_at),
        CHECK ((state = 'suspended') = (suspended_from IS NOT NULL)),
        CHECK (valid_until IS NULL OR valid_from IS NULL OR valid_until > valid_from),
        CHECK (is_visitor = 0 OR (sponsor_id IS NOT NULL AND valid_until IS NOT NULL)),
        CHECK (sponsor_id IS NULL OR sponsor_id <> id),
        CHECK (link_primary = 0 OR link_group IS NOT NULL)
    ))sql",
    "CREATE UNIQUE INDEX account_one_primary ON account (link_group) WHERE link_primary = 1",
    "CREATE INDEX account_by_link_group ON account (link_group) WHERE link_group IS NOT NULL",
    "CREATE INDEX account_by_name_birth ON account (name_birth_mac) WHERE name_birth_mac <> ''",
    "CREATE INDEX account_by_sponsor ON account (sponsor_id) WHERE sponsor_id IS NOT NULL",
    R"sql(sqlite:CREATE TRIGGER account_id_is_final BEFORE UPDATE OF id ON account
        BEGIN SELECT RAISE(ABORT, 'the number of an account never changes'); END)sql",

    R"sql(CREATE TABLE identifier (
        value {text} NOT NULL PRIMARY KEY CHECK (
            length(value) BETWEEN 1 AND 254 AND value = lower(value) AND {visible}),
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('login', 'mail', 'alias')),
        UNIQUE (account_id, value)
    ){strict})sql",
    "CREATE UNIQUE INDEX identifier_one_login ON identifier (account_id) WHERE kind = 'login'",
    "CREATE UNIQUE INDEX identifier_one_mail ON identifier (account_id) WHERE kind = 'mail'",
    R"sql(postgresql:ALTER TABLE account ADD FOREIGN KEY (id, login)
        REFERENCES identifier (account_id, value) DEFERRABLE INITIALLY DEFERRED)sql",

    // NUMEN, student and staff numbers: never in clear, because there is no column for that.
    R"sql(CREATE TABLE secret_identifier (
        kind TEXT NOT NULL CHECK (kind IN ('numen', 'student_number', 'staff_number')),
        mac {text} NOT NULL CHECK (length(mac) = 43),
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        PRIMARY KEY (kind, mac),
        UNIQUE (account_id, kind)
    ){strict})sql",

    R"sql(CREATE TABLE membership (
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        group_name {text} NOT NULL CHECK (length(group_name) BETWEEN 1 AND 254),
        PRIMARY KEY (account_id, group_name)
    ){strict})sql",
    "CREATE INDEX membership_by_group ON membership (group_name, account_id)",

    R"sql(CREATE TABLE affiliation (
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        profile TEXT NOT NULL CHECK (profile IN ('pupil', 'student', 'teacher', 'staff', 'administrative_staff',
            'researcher', 'doctoral', 'parent', 'alumni', 'visitor')),
        unit {text} NOT NULL CHECK (length(unit) BETWEEN 1 AND 64),
        valid_from {int} NOT NULL,
        valid_until {int},
        PRIMARY KEY (account_id, profile, unit),
        CHECK (valid_until IS NULL OR valid_until > valid_from)
    ){strict})sql",
    "CREATE INDEX affiliation_by_unit ON affiliation (unit, account_id)",

    R"sql(CREATE TABLE delegation (
        administrator_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        unit {text} NOT NULL CHECK (length(unit) BETWEEN 1 AND 64),
        may_reset {int} NOT NULL CHECK (may_reset IN (0, 1)),
        may_manage {int} NOT NULL CHECK (may_manage IN (0, 1)),
        may_hand_over_keys {int} NOT NULL CHECK (may_hand_over_keys IN (0, 1)),
        granted_by {int} REFERENCES account (id),
        valid_until {int} NOT NULL,
        PRIMARY KEY (administrator_id, unit),
        CHECK (granted_by IS NULL OR granted_by <> administrator_id)
    ){strict})sql",

    R"sql(CREATE TABLE credential (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('password', 'previous', 'provisional', 'temporary', 'app_password')),
        verifier TEXT NOT NULL CHECK (length(verifier) BETWEEN 20 AND 2048),
        scope TEXT NOT NULL DEFAULT '' CHECK (length(scope) <= 64),
        label TEXT NOT NULL DEFAULT '' CHECK (length(label) <= 64),
        created_at {int} NOT NULL,
        expires_at {int},
        last_used_at {int},
        last_used_from TEXT NOT NULL DEFAULT '' CHECK (length(last_used_from) <= 64),
        issued_by {int} REFERENCES account (id) ON DELETE SET NULL,
        CHECK (kind NOT IN ('provisional', 'temporary') OR expires_at IS NOT NULL),
        CHECK ((kind = 'app_password') = (scope <> ''))
    ){strict})sql",
    "CREATE UNIQUE INDEX credential_one_of_a_kind ON credential (account_id, kind) WHERE kind <> 'app_password'",
    "CREATE INDEX credential_by_account ON credential (account_id)",
    "CREATE INDEX credential_by_expiry ON credential (expires_at) WHERE expires_at IS NOT NULL",

    // Lockout. A key is the MAC of what is counted: an account, a name without account, a network, a browser ...
    R"sql(CREATE TABLE bucket (
        kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 16),
        key {text} NOT NULL CHECK (length(key) = 43),
        n {int} NOT NULL DEFAULT 0 CHECK (n >= 0),
        total {int} NOT NULL DEFAULT 0 CHECK (total >= 0),
        next_at {int} NOT NULL DEFAULT 0,
        tat {int} NOT NULL DEFAULT 0,
        at {int} NOT NULL,
        PRIMARY KEY (kind, key)
    ){strict})sql",
    "CREATE INDEX bucket_by_age ON bucket (at)",
    R"sql(CREATE TABLE wrong_password (
        subject {text} NOT NULL CHECK (length(subject) = 43),
        fingerprint {int} NOT NULL CHECK (fingerprint BETWEEN 0 AND 65535),
        at {int} NOT NULL,
        PRIMARY KEY (subject, fingerprint)
    ){strict})sql",
    "CREATE INDEX wrong_password_by_age ON wrong_password (at)",
    R"sql(CREATE TABLE known_context (
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('network', 'device')),
        mac {text} NOT NULL CHECK (length(mac) = 43),
        first_at {int} NOT NULL,
        last_at {int} NOT NULL,
        successes {int} NOT NULL DEFAULT 1,
        PRIMARY KEY (account_id, kind, mac)
    ){strict})sql",
    "CREATE INDEX known_context_by_mac ON known_context (mac, last_at)",

    R"sql(CREATE TABLE otp_key (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        serial {text} NOT NULL UNIQUE CHECK (length(serial) BETWEEN 1 AND 64),
        account_id {int} REFERENCES account (id) ON DELETE CASCADE,
        state TEXT NOT NULL CHECK (state IN ('stock', 'issued', 'pin_pending', 'pin_confirm', 'active', 'suspended',
            'lost', 'retired')),
        seed TEXT NOT NULL CHECK (length(seed) BETWEEN 1 AND 512),
        algorithm TEXT NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
        digits {int} NOT NULL CHECK (digits BETWEEN 6 AND 8),
        step_seconds {int} NOT NULL CHECK (step_seconds IN (30, 60)),
        last_step {int} NOT NULL DEFAULT -1,
        drift {int} NOT NULL DEFAULT 0 CHECK (drift BETWEEN -10 AND 10),
        pin TEXT CHECK (length(pin) <= 2048),
        pending_pin TEXT CHECK (length(pending_pin) <= 2048),
        enrol_until {int},
        enrol_tries {int} NOT NULL DEFAULT 0 CHECK (enrol_tries BETWEEN 0 AND 5),
        handed_by {int} REFERENCES account (id) ON DELETE SET NULL,
        handed_at {int},
        document TEXT NOT NULL DEFAULT '' CHECK (length(document) <= 128),
        created_at {int} NOT NULL,
        changed_at {int} NOT NULL,
        CHECK (state <> 'stock' OR account_id IS NULL),
        CHECK (state IN ('stock', 'retired') OR account_id IS NOT NULL),
        CHECK (state <> 'active' OR pin IS NOT NULL),
        CHECK (state <> 'pin_confirm' OR pending_pin IS NOT NULL)
    ){strict})sql",
    R"sql(CREATE UNIQUE INDEX otp_key_one_live ON otp_key (account_id)
        WHERE state IN ('issued', 'pin_pending', 'pin_confirm', 'active', 'suspended'))sql",

    R"sql(CREATE TABLE contact (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('mail', 'sms')),
        rank {int} NOT NULL CHECK (rank IN (1, 2)),
        address TEXT NOT NULL CHECK (length(address) BETWEEN 1 AND 1024),
        mac {text} NOT NULL CHECK (length(mac) = 43),
        created_at {int} NOT NULL,
        usable_from {int} NOT NULL,
        UNIQUE (account_id, kind, rank)
    ){strict})sql",
    R"sql(CREATE TABLE redirect (
        account_id {int} NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
        target TEXT NOT NULL CHECK (length(target) BETWEEN 1 AND 1024),
        mac {text} NOT NULL CHECK (length(mac) = 43),
        keep_copy {int} NOT NULL CHECK (keep_copy IN (0, 1)),
        state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'paused')),
        verified_at {int},
        CHECK (state <> 'active' OR verified_at IS NOT NULL)
    ){strict})sql",
    R"sql(CREATE TABLE charter (
        version {int} NOT NULL CHECK (version > 0),
        language TEXT NOT NULL CHECK (language IN ('fr', 'en')),
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        body TEXT NOT NULL CHECK (length(body) BETWEEN 1 AND 200000),
        valid_from {int} NOT NULL,
        PRIMARY KEY (version, language)
    ){strict})sql",
    R"sql(CREATE TABLE charter_acceptance (
        account_id {int} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        version {int} NOT NULL,
        language TEXT NOT NULL,
        at {int} NOT NULL,
        PRIMARY KEY (account_id, version),
        FOREIGN KEY (version, language) REFERENCES charter (version, language)
    ){strict})sql",

    R"sql(CREATE TABLE flow (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        kind TEXT NOT NULL CHECK (kind IN ('activation', 'recovery', 'code', 'screen', 'contact', 'undo', 'redirect')),
        account_id {int} REFERENCES account (id) ON DELETE CASCADE,
        step TEXT NOT NULL CHECK (length(step) BETWEEN 1 AND 32),
        handle {text} NOT NULL UNIQUE CHECK (length(handle) = 43),
        data TEXT NOT NULL DEFAULT '' CHECK (length(data) <= 16384),
        created_at {int} NOT NULL,
        expires_at {int} NOT NULL CHECK (expires_at > created_at),
        done_at {int}
    ){strict})sql",
    R"sql(CREATE UNIQUE INDEX flow_one_live ON flow (account_id, kind)
        WHERE done_at IS NULL AND account_id IS NOT NULL AND kind IN ('activation', 'recovery', 'redirect'))sql",
    "CREATE INDEX flow_by_expiry ON flow (expires_at)",
    R"sql(CREATE TABLE mailed_secret (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        flow_id {int} NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
        purpose TEXT NOT NULL CHECK (purpose IN ('link', 'code')),
        hash {text} NOT NULL UNIQUE CHECK (length(hash) = 43),
        destination {text} NOT NULL CHECK (length(destination) = 43),
        tries {int} NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
        created_at {int} NOT NULL,
        expires_at {int} NOT NULL CHECK (expires_at > created_at),
        used_at {int},
        superseded_at {int}
    ){strict})sql",
    R"sql(CREATE UNIQUE INDEX mailed_secret_one_live ON mailed_secret (flow_id, purpose)
        WHERE used_at IS NULL AND superseded_at IS NULL)sql",
    R"sql(CREATE TABLE send_budget (
        destination {text} NOT NULL CHECK (length(destination) = 43),
        day {int} NOT NULL,
        n {int} NOT NULL CHECK (n BETWEEN 1 AND 5),
        last_at {int} NOT NULL,
        PRIMARY KEY (destination, day)
    ){strict})sql",

    R"sql(CREATE TABLE outbox (
        id {int} NOT NULL PRIMARY KEY CHECK (id > 0),
        kind TEXT NOT NULL CHECK (kind IN ('mail', 'sms', 'hook')),
        payload TEXT NOT NULL CHECK (length(payload) BETWEEN 1 AND 200000),
        subject_id {int},
        correlation TEXT NOT NULL DEFAULT '' CHECK (length(correlation) <= 64),
        not_before {int} NOT NULL,
        not_after {int} NOT NULL CHECK (not_after > not_before),
        tries {int} NOT NULL DEFAULT 0,
        lease_until {int} NOT NULL DEFAULT 0,
        lease_owner TEXT NOT NULL DEFAULT '' CHECK (length(lease_owner) <= 64),
        created_at {int} NOT NULL,
        done_at {int},
        failed_at {int},
        last_error TEXT NOT NULL DEFAULT '' CHECK (length(last_error) <= 512),
        CHECK (done_at IS NULL OR failed_at IS NULL)
    ){strict})sql",
    "CREATE INDEX outbox_due ON outbox (not_before) WHERE done_at IS NULL AND failed_at IS NULL",

    R"sql(CREATE TABLE journal (
        seq {int} NOT NULL PRIMARY KEY CHECK (seq > 0),
        at {int} NOT NULL,
        actor TEXT NOT NULL CHECK (actor IN ('owner', 'stranger', 'administrator', 'operator', 'system')),
        actor_id {int},
        subject_id {int},
        channel TEXT NOT NULL CHECK (length(channel) BETWEEN 1 AND 32),
        action TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
        outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'fail', 'refused', 'error')),
        reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 64),
        network TEXT NOT NULL DEFAULT '' CHECK (length(network) <= 64),
        correlation {text} NOT NULL DEFAULT '' CHECK (length(correlation) <= 64),
        detail TEXT NOT NULL DEFAULT '' CHECK (length(detail) <= 2048),
        mac {text} NOT NULL UNIQUE CHECK (length(mac) = 43)
    ){strict})sql",
    "CREATE INDEX journal_by_subject ON journal (subject_id, seq) WHERE subject_id IS NOT NULL",
    "CREATE INDEX journal_by_correlation ON journal (correlation) WHERE correlation <> ''",
    "CREATE INDEX journal_by_age ON journal (at)",
    // The end of the chain, and where it begins after a purge. One row: whoever appends holds it until he commits.
    R"sql(CREATE TABLE journal_head (
        id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
        first_seq {int} NOT NULL,
        first_mac TEXT NOT NULL,
        last_seq {int} NOT NULL,
        last_mac TEXT NOT NULL
    ){strict})sql",
    "INSERT INTO journal_head (id, first_seq, first_mac, last_seq, last_mac) VALUES (1, 1, '', 0, '')",

    R"sql(CREATE TABLE fact (
        name TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
        value TEXT NOT NULL CHECK (length(value) <= 200)
    ){strict})sql",

    // What step 1 held. Verifiers move as they are; `postern store migrate` seals them afterwards.
    R"sql(sqlite:INSERT INTO account (id, login, display_name, state, suspended_from, created_at, changed_at)
        SELECT id, login, display_name, CASE state WHEN 'disabled' THEN 'suspended' ELSE 'active' END,
            CASE state WHEN 'disabled' THEN 'active' END, created_at, changed_at FROM account_1)sql",
    R"sql(sqlite:INSERT INTO identifier (value, account_id, kind)
        SELECT i.value, i.account_id, CASE WHEN a.login = i.value THEN 'login' ELSE 'alias' END
        FROM identifier_1 i JOIN account_1 a ON a.id = i.account_id)sql",
    "sqlite:INSERT INTO membership SELECT account_id, group_name FROM membership_1",
    R"sql(sqlite:INSERT INTO credential (id, account_id, kind, verifier, created_at)
        SELECT id, account_id, kind, verifier, created_at FROM credential_1)sql",
    "sqlite:DELETE FROM account_1",
    "sqlite:DROP TABLE credential_1",
    "sqlite:DROP TABLE membership_1",
    "sqlite:DROP TABLE identifier_1",
    "sqlite:DROP TABLE account_1",
};

}  // namespace

std::span<const std::string_view> schema_2_statements() {
    return statements;
}

}  // namespace postern::auth::store
