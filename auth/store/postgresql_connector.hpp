/// Sessions with a PostgreSQL server. For the files of this folder only.
#pragma once

#include "auth/store/session_pool.hpp"
#include "config/settings.hpp"

#include <string>
#include <string_view>

namespace postern::auth::store {

/// How libpq is told where to go (its manual, "Connection Strings"): with bounds on every wait, so that a server that
/// hangs costs seconds and not for ever.
[[nodiscard]] std::string connection_string(const config::PostgresqlSettings& settings);

/// What an SQLSTATE (PostgreSQL's manual, appendix A) and the server's message mean for the operator.
[[nodiscard]] Trouble trouble_of_postgresql(std::string_view sqlstate,
                                            const std::string& message,
                                            const std::string& place);

class PostgresqlConnector final : public Connector {
public:
    explicit PostgresqlConnector(const config::PostgresqlSettings& settings);

    [[nodiscard]] Engine engine() const override { return Engine::postgresql; }
    [[nodiscard]] const std::string& place() const override { return place_; }
    void open(soci::session& session) const override;
    [[nodiscard]] int descriptor(soci::session& session) const override;
    [[nodiscard]] Trouble explain(std::exception_ptr thrown) const override;

private:
    std::string connection_;
    std::string place_;
};

}  // namespace postern::auth::store
