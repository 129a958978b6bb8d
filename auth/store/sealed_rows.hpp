/// Sealed columns, all alike. For the files of this folder only.
#pragma once

#include "auth/records/sealed_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class SealedRows final : public SealedRecords {
public:
    explicit SealedRows(Database& database) : database_(database) {}

    [[nodiscard]] std::span<const std::string_view> places() const override;
    [[nodiscard]] std::vector<SealedCell> without_prefix(std::size_t place,
                                                         std::string_view prefix,
                                                         std::int64_t after,
                                                         std::size_t limit) override;
    [[nodiscard]] std::size_t count_without_prefix(std::string_view prefix) override;
    [[nodiscard]] bool replace(const SealedCell& cell, std::string_view fresh) override;

private:
    Database& database_;
};

}  // namespace postern::auth::store
