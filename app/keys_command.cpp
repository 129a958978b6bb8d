#include "app/keys_command.hpp"

#include "auth/keyring.hpp"
#include "auth/sealing.hpp"
#include "auth/store/sql_store.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <string>

#include <unistd.h>

namespace postern::app {

namespace {

int fail(std::ostream& err, const std::string& why) {
    err << why << '\n';
    return 1;
}

std::function<void(std::size_t)> progress_on(std::ostream& err) {
    if (isatty(STDERR_FILENO) != 1) return [](std::size_t) {};
    return [&err](std::size_t seen) { err << "\rsealing: " << seen << " rows seen" << std::flush; };
}

}  // namespace

int keys_status(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto store = auth::store::open_store(settings.store);
    if (!store) return fail(err, store.error().detail);
    const auto keyring = auth::Keyring::load(settings.auth.key_file);
    if (!keyring) return fail(err, keyring.error());
    const auto fits = auth::check_keys(**store, *keyring);
    if (!fits && !json) return fail(err, fits.error().detail);
    const auto older = auth::count_older_seals(**store, *keyring);
    if (!older) return fail(err, older.error().detail);
    if (json) {
        out << boost::json::serialize(boost::json::object{{"key_file", settings.auth.key_file},
                                                          {"fits", fits.has_value()},
                                                          {"newest", keyring->current_seal_key()},
                                                          {"older", *older}})
            << '\n';
    } else {
        out << settings.auth.key_file << " fits the store; its newest key is number " << keyring->current_seal_key()
            << '\n';
        if (*older > 0) out << *older << " rows are sealed with older keys: `postern store migrate` seals them anew\n";
    }
    return fits ? 0 : 1;
}

int keys_rotate(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err) {
    const auto store = auth::store::open_store(settings.store);
    if (!store) return fail(err, store.error().detail);
    const auto before = auth::Keyring::load(settings.auth.key_file);
    if (!before) return fail(err, before.error());
    // A key that was added to the wrong file would be lost with it.
    if (const auto fits = auth::check_keys(**store, *before); !fits) return fail(err, fits.error().detail);
    if (const auto added = auth::Keyring::add_seal_key(settings.auth.key_file); !added) return fail(err, added.error());
    const auto keyring = auth::Keyring::load(settings.auth.key_file);
    if (!keyring) return fail(err, keyring.error());
    const auto sealed = auth::seal_anew(**store, *keyring, progress_on(err));
    if (!sealed) return fail(err, sealed.error().detail + "; `postern store migrate` goes on with it");
    if (isatty(STDERR_FILENO) == 1) err << '\n';
    if (json) {
        out << boost::json::serialize(boost::json::object{
                   {"key_file", settings.auth.key_file}, {"newest", keyring->current_seal_key()}, {"sealed", *sealed}})
            << '\n';
    } else {
        out << "key " << keyring->current_seal_key() << " added to " << settings.auth.key_file << "; " << *sealed
            << " rows sealed with it. Back the file up now\n";
    }
    return 0;
}

}  // namespace postern::app
