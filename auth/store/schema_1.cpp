// Accounts with names, groups and one password, as the first stores had them. Only SQLite: step 2 made PostgreSQL's
// schema from nothing.
#include "auth/store/schema_1.hpp"

#include <array>

namespace postern::auth::store {

namespace {

// Times are whole seconds of UTC. An account names its login and the login's row names the account: the pair of foreign
// keys is what gives every account exactly one login, taken from the same set of unique names as all aliases.
constexpr std::array<std::string_view, 8> statements = {
    R"sql(sqlite:CREATE TABLE account (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        login TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL CHECK (length(CAST(display_name AS BLOB)) <= 256),
        state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL CHECK (changed_at >= created_at),
        FOREIGN KEY (id, login) REFERENCES identifier (account_id, value) DEFERRABLE INITIALLY DEFERRED
    ) STRICT)sql",

    R"sql(sqlite:CREATE TABLE identifier (
        value TEXT NOT NULL PRIMARY KEY CHECK (
            length(value) BETWEEN 1 AND 254 AND value = lower(value) AND value NOT GLOB '*[^!-~]*'),
        account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        UNIQUE (account_id, value)
    ) STRICT, WITHOUT ROWID)sql",

    R"sql(sqlite:CREATE TABLE membership (
        account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        group_name TEXT NOT NULL CHECK (length(group_name) BETWEEN 1 AND 254 AND instr(group_name, char(10)) = 0),
        PRIMARY KEY (account_id, group_name)
    ) STRICT, WITHOUT ROWID)sql",

    "sqlite:CREATE INDEX membership_by_group ON membership (group_name, account_id)",

    R"sql(sqlite:CREATE TABLE credential (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('password')),
        verifier TEXT NOT NULL CHECK (length(verifier) <= 127 AND verifier GLOB '$argon2id$v=19$m=*,t=*,p=1$*$*'),
        created_at INTEGER NOT NULL
    ) STRICT)sql",

    "sqlite:CREATE UNIQUE INDEX credential_one_password ON credential (account_id) WHERE kind = 'password'",

    // The login of an account may change in a later version; its number never does, because journals will refer to it.
    R"sql(sqlite:CREATE TRIGGER account_id_is_final BEFORE UPDATE OF id ON account
        BEGIN SELECT RAISE(ABORT, 'the number of an account never changes'); END)sql",

    // "post" in ASCII: tells a postern store from any other SQLite file.
    "sqlite:PRAGMA application_id = 1886352244",
};

}  // namespace

std::span<const std::string_view> schema_1_statements() {
    return statements;
}

}  // namespace postern::auth::store
