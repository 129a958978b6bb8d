/// The journal as rows. For the files of this folder only.
#pragma once

#include "auth/records/journal_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class JournalRows final : public JournalRecords {
public:
    explicit JournalRows(Database& database) : database_(database) {}

    [[nodiscard]] JournalHead head() override;
    [[nodiscard]] JournalHead take_head() override;
    void append(const JournalRow& row) override;
    [[nodiscard]] std::vector<JournalRow> after(std::int64_t seq, std::size_t limit) override;
    [[nodiscard]] std::vector<JournalRow> find(const JournalFilter& filter) override;
    std::size_t purge(Time before) override;

private:
    template <class... Bound>
    std::vector<JournalRow> select(const std::string& rest, Bound&&... bound);
    [[nodiscard]] JournalHead read_head(const std::string& query);

    Database& database_;
};

}  // namespace postern::auth::store
