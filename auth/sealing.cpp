#include "auth/sealing.hpp"

#include <string>

namespace postern::auth {

namespace {

constexpr std::string_view key_check = "key_check";
constexpr std::size_t page_rows = 200;

std::string check_value(const Keyring& keyring) {
    return keyring.mac(MacUse::key_check, {"postern"});
}

StoreError fault_of(const std::optional<std::string>& known) {
    if (!known) return {StoreFault::unavailable, "the store knows no keys yet: run `postern store migrate`"};
    return {StoreFault::unavailable,
            "the key file is not the one this store was written with: put the right one back (auth.key_file)"};
}

/// The text of a cell under the newest key. Rows of an older store that were not sealed yet are taken as they are.
StoreResult<std::string> sealed_anew(const Keyring& keyring, const SealedCell& cell, std::string_view place) {
    if (cell.text.starts_with('$')) return keyring.seal(base::Secret(cell.text), cell.context);
    const auto plain = keyring.unseal(cell.text, cell.context);
    if (plain) return keyring.seal(*plain, cell.context);
    return std::unexpected(StoreError{
        StoreFault::unavailable,
        "row " + std::to_string(cell.row) + " of " + std::string(place) + ' ' + std::string(describe(plain.error()))});
}

struct Page {
    std::size_t rows = 0;
    std::size_t sealed = 0;
    std::int64_t last_row = 0;
};

/// Seals the next page of one column.
StoreResult<Page> seal_page(Transaction& transaction, const Keyring& keyring, std::size_t place, std::int64_t after) {
    const std::string name(transaction.sealed().places()[place]);
    Page page{.last_row = after};
    for (const SealedCell& cell :
         transaction.sealed().without_prefix(place, keyring.current_prefix(), after, page_rows)) {
        const auto fresh = sealed_anew(keyring, cell, name);
        if (!fresh) return std::unexpected(fresh.error());
        page.sealed += transaction.sealed().replace(cell, *fresh) ? 1 : 0;
        page.last_row = cell.row;
        ++page.rows;
    }
    return page;
}

}  // namespace

StoreResult<bool> knows_keys(Store& store) {
    return store.read([](Transaction& transaction) { return transaction.fact(key_check).has_value(); });
}

StoreResult<void> check_keys(Store& store, const Keyring& keyring) {
    const auto known = store.read([](Transaction& transaction) { return transaction.fact(key_check); });
    if (!known) return std::unexpected(known.error());
    if (*known != check_value(keyring)) return std::unexpected(fault_of(*known));
    return {};
}

StoreResult<void> adopt_keys(Store& store, const Keyring& keyring) {
    const auto adopted = store.change([&](Transaction& transaction) {
        if (!transaction.fact(key_check)) transaction.set_fact(key_check, check_value(keyring));
    });
    if (!adopted) return adopted;
    return check_keys(store, keyring);
}

StoreResult<std::size_t> seal_anew(Store& store,
                                   const Keyring& keyring,
                                   const std::function<void(std::size_t)>& progress) {
    const auto places = store.read([](Transaction& transaction) { return transaction.sealed().places().size(); });
    if (!places) return std::unexpected(places.error());
    std::size_t seen = 0;
    std::size_t sealed = 0;
    std::int64_t last_row = 0;
    for (std::size_t place = 0; place < *places;) {
        const auto page =
            store.change([&](Transaction& transaction) { return seal_page(transaction, keyring, place, last_row); });
        if (!page) return std::unexpected(page.error());
        if (!*page) return std::unexpected(page->error());
        seen += (*page)->rows;
        sealed += (*page)->sealed;
        progress(seen);
        last_row = (*page)->last_row;
        if ((*page)->rows == page_rows) continue;
        last_row = 0;
        ++place;
    }
    return sealed;
}

StoreResult<std::size_t> count_older_seals(Store& store, const Keyring& keyring) {
    return store.read(
        [&](Transaction& transaction) { return transaction.sealed().count_without_prefix(keyring.current_prefix()); });
}

}  // namespace postern::auth
