// What a login costs where something is hashed, on a real SQLite store, beside the bare library in the same run.
// bench_hot_functions has the ways in that hash nothing.
#include "tests/bench/hot/house.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace postern::auth {
namespace {

using bench::House;

constexpr config::PasswordHashSettings cost{.memory_kib = 19'456, .passes = 2};

/// An address that was never seen.
std::string elsewhere() {
    static int number = 0;
    ++number;
    return "10." + std::to_string(number / 65536) + '.' + std::to_string(number / 256 % 256) + '.' +
           std::to_string(number % 256);
}

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
    House house(cost);
    for ([[maybe_unused]] auto _ : state) {
        if (!house.log_in("anna@example.org", "right", elsewhere())) state.SkipWithError("refused");
    }
}
BENCHMARK(argon2_by_the_authenticator)->Unit(benchmark::kMillisecond)->MinTime(2);

void wrong_password(benchmark::State& state, const char* name) {
    House house(cost);
    int guess = 0;
    for ([[maybe_unused]] auto _ : state) {
        // A month on, so that every guess is looked at.
        house.store.clock.seconds += 40LL * 86'400;
        house.log_in(name, "wrong" + std::to_string(++guess), elsewhere());
    }
}
BENCHMARK_CAPTURE(wrong_password, known_account, "anna@example.org")->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK_CAPTURE(wrong_password, unknown_account, "nobody@example.org")->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace
}  // namespace postern::auth
