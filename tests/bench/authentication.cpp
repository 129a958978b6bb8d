// What a login costs by each way in, on a real SQLite store: a remembered password, an app password, and a password
// that must be hashed, beside the bare library in the same run.
#include "auth/argon2id_hasher.hpp"
#include "auth/authenticator.hpp"
#include "tests/support/test_store.hpp"

#include <benchmark/benchmark.h>

#include <span>
#include <string>

namespace postern::auth {
namespace {

constexpr config::PasswordHashSettings cost{.memory_kib = 19'456, .passes = 2};

/// One account with a password and an app password.
struct House {
    House() {
        const AccountWithPassword anna{test::new_account("anna@example.org"),
                                       std::move(*hasher.hash(base::Secret("right")))};
        (void)store.accounts().add(std::span(&anna, 1));
        app_password = std::string(
            store.accounts().add_app_password(anna.account.id, AppScopes::all(), "phone", std::nullopt)->reveal());
    }
    bool log_in(const std::string& name, std::string_view password, const std::string& address) {
        const AttemptContext context{.client = base::IpAddress::parse(address).value()};
        return authenticator.authenticate({name, "", base::Secret(password)}, context).has_value();
    }

    test::TestStore store;
    Argon2idHasher hasher{cost};
    config::AuthSettings settings;
    Authenticator authenticator{store.store(), hasher, store.keyring, store.clock, settings};
    std::string app_password;
    int number = 0;

    /// An address that was never seen.
    std::string elsewhere() {
        ++number;
        return "10." + std::to_string(number / 65536) + '.' + std::to_string(number / 256 % 256) + '.' +
               std::to_string(number % 256);
    }
};

void remembered_password(benchmark::State& state) {
    House house;
    house.log_in("anna@example.org", "right", "192.0.2.1");
    for ([[maybe_unused]] auto _ : state) {
        if (!house.log_in("anna@example.org", "right", "192.0.2.1")) state.SkipWithError("refused");
    }
}
BENCHMARK(remembered_password)->Unit(benchmark::kMicrosecond);

void app_password(benchmark::State& state) {
    House house;
    for ([[maybe_unused]] auto _ : state) {
        if (!house.log_in("anna@example.org", house.app_password, "192.0.2.1")) state.SkipWithError("refused");
    }
}
BENCHMARK(app_password)->Unit(benchmark::kMicrosecond);

void app_password_mac_alone(benchmark::State& state) {
    const Keyring keyring = Keyring::ephemeral();
    const AppPassword made = generate_app_password(4711);
    const std::string verifier = app_password_verifier(keyring, made);
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(is_app_password(keyring, verifier, made));
}
BENCHMARK(app_password_mac_alone)->Unit(benchmark::kMicrosecond);

void argon2_by_the_bare_library(benchmark::State& state) {
    const Argon2idHasher hasher(cost);
    const base::Secret stored = std::move(*hasher.hash(base::Secret("right")));
    const base::Secret password("right");
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(hasher.verify(stored, password));
}
BENCHMARK(argon2_by_the_bare_library)->Unit(benchmark::kMillisecond)->MinTime(2);

void argon2_by_the_authenticator(benchmark::State& state) {
    House house;
    for ([[maybe_unused]] auto _ : state) {
        if (!house.log_in("anna@example.org", "right", house.elsewhere())) state.SkipWithError("refused");
    }
}
BENCHMARK(argon2_by_the_authenticator)->Unit(benchmark::kMillisecond)->MinTime(2);

void wrong_password(benchmark::State& state, const char* name) {
    House house;
    int guess = 0;
    for ([[maybe_unused]] auto _ : state) {
        // A month on, so that every guess is looked at.
        house.store.clock.seconds += 40LL * 86'400;
        house.log_in(name, "wrong" + std::to_string(++guess), house.elsewhere());
    }
}
BENCHMARK_CAPTURE(wrong_password, known_account, "anna@example.org")->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK_CAPTURE(wrong_password, unknown_account, "nobody@example.org")->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace
}  // namespace postern::auth
