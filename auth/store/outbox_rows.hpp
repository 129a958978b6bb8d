/// What leaves the house as rows. For the files of this folder only.
#pragma once

#include "auth/records/outbox_records.hpp"
#include "auth/store/database.hpp"

#include <utility>

namespace postern::auth::store {

class OutboxRows final : public OutboxRecords {
public:
    explicit OutboxRows(Database& database) : database_(database) {}

    void put(const OutboxItem& item) override;
    [[nodiscard]] bool is_due(Time now) override;
    [[nodiscard]] std::optional<OutboxItem> lease(std::string_view owner, Time now, Time until) override;
    [[nodiscard]] bool sent(std::int64_t id, std::string_view owner, Time now) override;
    [[nodiscard]] bool postpone(std::int64_t id,
                                std::string_view owner,
                                Time not_before,
                                std::string_view error) override;
    [[nodiscard]] bool fail(std::int64_t id, std::string_view owner, Time now, std::string_view error) override;
    [[nodiscard]] std::vector<OutboxItem> list(const OutboxFilter& filter) override;
    [[nodiscard]] OutboxBacklog backlog() override;
    std::size_t hurry(Time now) override;
    std::size_t purge(Time before) override;

private:
    template <class... Bound>
    std::vector<OutboxItem> select(const std::string& query, Bound&&... bound);
    bool finish(std::int64_t id, std::string_view owner, std::string_view column, Time now, std::string_view error);

    Database& database_;
};

}  // namespace postern::auth::store
