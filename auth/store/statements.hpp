/// The statements that one session has prepared. For the files of this folder only.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace postern::auth::store {

enum class Engine { sqlite, postgresql };

/// To understand an SQL text costs more than to run it, so whoever runs one for the second time in a session has it
/// prepared, and runs it prepared from then on. The first time it is sent and executed at once, because preparing costs
/// PostgreSQL a round trip of its own. Everything here throws soci_error. Thread rule: one thread at a time, as for the
/// session.
class Statements {
    struct Known {
        std::optional<soci::statement> statement;
        std::uint64_t last_use = 0;
        bool is_lent = false;
    };

public:
    /// How many texts are remembered; the one that was not run for longest gives way.
    static constexpr std::size_t most = 64;

    /// `session` is open, and outlives this or `forget`.
    Statements(soci::session& session, Engine engine) : session_(session), engine_(engine) {}
    Statements(const Statements&) = delete;
    Statements& operator=(const Statements&) = delete;
    Statements(Statements&&) = delete;
    Statements& operator=(Statements&&) = delete;
    ~Statements() = default;

    /// A statement to bind and to run once. When it goes, it holds neither values nor rows nor a lock any more.
    class Lent {
    public:
        Lent(Statements& home, std::string_view query);
        Lent(const Lent&) = delete;
        Lent& operator=(const Lent&) = delete;
        Lent(Lent&&) = delete;
        Lent& operator=(Lent&&) = delete;
        ~Lent();

        [[nodiscard]] soci::statement& operator*() noexcept { return *statement_; }
        [[nodiscard]] soci::statement* operator->() noexcept { return statement_; }

    private:
        void prepare(soci::statement& statement, std::string_view query, soci::details::statement_type type);

        Engine engine_;
        Known* known_ = nullptr;              // whose statement it is
        std::optional<soci::statement> own_;  // where it is nobody's
        soci::statement* statement_ = nullptr;
    };

    /// Runs a statement that takes and gives no values.
    void run(std::string_view query);

    [[nodiscard]] soci::session& session() const noexcept { return session_; }
    [[nodiscard]] Engine engine() const noexcept { return engine_; }

    [[nodiscard]] bool empty() const noexcept { return known_.empty(); }
    /// Before the session is closed.
    void forget() { known_.clear(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    /// Null: this is the first time, or somebody is at its rows.
    [[nodiscard]] Known* find(std::string_view query);
    void remember(std::string_view query);

    soci::session& session_;
    Engine engine_;
    std::uint64_t uses_ = 0;
    std::unordered_map<std::string, Known, Hash, std::equal_to<>> known_;
};

}  // namespace postern::auth::store
