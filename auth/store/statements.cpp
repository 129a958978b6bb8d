#include "auth/store/statements.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>

namespace postern::auth::store {

namespace {

/// A statement at a row keeps SQLite's transaction open, and one that has run keeps the rows PostgreSQL sent. SOCI lets
/// go of neither, and exports no type information for a dynamic_cast.
void let_go(soci::statement& statement, Engine engine) {
    if (engine == Engine::sqlite) {
        auto* const prepared = static_cast<soci::sqlite3_statement_backend*>(statement.get_backend())->stmt_;
        sqlite_api::sqlite3_reset(prepared);  // what it says has been said by the step before
        sqlite_api::sqlite3_clear_bindings(prepared);
    } else {
        static_cast<soci::postgresql_statement_backend*>(statement.get_backend())->result_.reset();
    }
}

}  // namespace

Statements::Lent::Lent(Statements& home, std::string_view query) : engine_(home.engine_) {
    known_ = home.find(query);
    if (known_ == nullptr) {
        own_.emplace(home.session_);
        statement_ = &*own_;
        prepare(*own_, query, soci::details::st_one_time_query);
        home.remember(query);
        return;
    }
    if (!known_->statement) {
        soci::statement fresh(home.session_);
        prepare(fresh, query, soci::details::st_repeatable_query);
        known_->statement = fresh;
    }
    known_->is_lent = true;
    statement_ = &*known_->statement;
}

Statements::Lent::~Lent() {
    if (known_ == nullptr) return;
    statement_->bind_clean_up();
    let_go(*statement_, engine_);
    known_->is_lent = false;
}

void Statements::Lent::prepare(soci::statement& statement, std::string_view query, soci::details::statement_type type) {
    statement.alloc();
    statement.prepare(std::string(query), type);
}

void Statements::run(std::string_view query) {
    Lent statement(*this, query);
    statement->define_and_bind();
    statement->execute(true);
}

Statements::Known* Statements::find(std::string_view query) {
    const auto found = known_.find(query);
    if (found == known_.end() || found->second.is_lent) return nullptr;
    found->second.last_use = ++uses_;
    return &found->second;
}

void Statements::remember(std::string_view query) {
    if (known_.contains(query)) return;
    if (known_.size() == most) {
        const auto idle_longest = std::ranges::min_element(
            known_, {}, [](const auto& entry) { return std::pair(entry.second.is_lent, entry.second.last_use); });
        if (idle_longest->second.is_lent) return;
        known_.erase(idle_longest);
    }
    known_[std::string(query)].last_use = ++uses_;
}

}  // namespace postern::auth::store
