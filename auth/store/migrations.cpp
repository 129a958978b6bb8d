#include "auth/store/migrations.hpp"

#include "auth/store/schema_1.hpp"
#include "auth/store/schema_2.hpp"

#include <array>
#include <utility>

namespace postern::auth::store {

namespace {

const std::array<Migration, 2> steps = {{
    {1, "accounts, their names, groups and passwords", schema_1_statements()},
    {2, "states, affiliations, credentials of every kind, lockout, OTP keys, procedures, outbox, journal",
     schema_2_statements()},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> sqlite_words{{
    {"{int}", "INTEGER"},
    {"{text}", "TEXT"},
    {"{strict}", " STRICT"},
    {"{visible}", "value NOT GLOB '*[^!-~]*'"},
}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> postgresql_words{{
    {"{int}", "BIGINT"},
    {"{text}", "TEXT COLLATE \"C\""},
    {"{strict}", ""},
    {"{visible}", "value ~ '^[!-~]*$'"},
}};

constexpr std::string_view for_sqlite = "sqlite:";
constexpr std::string_view for_postgresql = "postgresql:";

}  // namespace

std::span<const Migration> migrations() {
    return steps;
}

int schema_version() {
    return steps.back().version;
}

std::string statement_for(Engine engine, std::string_view statement) {
    const bool is_sqlite = engine == Engine::sqlite;
    if (statement.starts_with(is_sqlite ? for_postgresql : for_sqlite)) return {};
    const std::string_view prefix = is_sqlite ? for_sqlite : for_postgresql;
    if (statement.starts_with(prefix)) statement.remove_prefix(prefix.size());
    std::string text(statement);
    for (const auto& [word, meaning] : is_sqlite ? sqlite_words : postgresql_words) {
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + meaning.size()))
            text.replace(at, word.size(), meaning);
    }
    return text;
}

}  // namespace postern::auth::store
