// How long one Argon2id hash takes with libsodium and with Debian's libargon2. Only the ratio of the two means anything
// on a machine that others use too; run the pairs alternately:
//
//     bench_password_hash --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
#include <argon2.h>
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace {

constexpr std::string_view password = "correct horse battery staple";
using Salt = std::array<unsigned char, crypto_pwhash_SALTBYTES>;
using Tag = std::array<unsigned char, 32>;
constexpr Salt salt = {'s', 'o', 'm', 'e', 's', 'a', 'l', 't', 's', 'o', 'm', 'e', 's', 'a', 'l', 't'};

Tag hash_with_libsodium(std::uint32_t memory_kib, std::uint32_t passes) {
    Tag tag{};
    const int failed = crypto_pwhash(tag.data(), tag.size(), password.data(), password.size(), salt.data(), passes,
                                     std::size_t{memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
    return failed == 0 ? tag : Tag{};
}

Tag hash_with_libargon2(std::uint32_t memory_kib, std::uint32_t passes) {
    Tag tag{};
    const int failed = argon2id_hash_raw(passes, memory_kib, 1, password.data(), password.size(), salt.data(),
                                         salt.size(), tag.data(), tag.size());
    return failed == ARGON2_OK ? tag : Tag{};
}

template <Tag (*hash)(std::uint32_t, std::uint32_t)>
void one_hash(benchmark::State& state) {
    const auto memory_kib = static_cast<std::uint32_t>(state.range(0));
    const auto passes = static_cast<std::uint32_t>(state.range(1));
    if (sodium_init() < 0 || hash(memory_kib, passes) != hash_with_libargon2(memory_kib, passes)) {
        state.SkipWithError("the two libraries disagree");
        return;
    }
    for (auto iteration : state) {
        static_cast<void>(iteration);
        benchmark::DoNotOptimize(hash(memory_kib, passes));
    }
}

// The default cost, and one for accounts that are worth more.
#define POSTERN_COSTS Args({19'456, 2})->Args({65'536, 3})->ArgNames({"KiB", "passes"})->Unit(benchmark::kMillisecond)
BENCHMARK(one_hash<hash_with_libsodium>)->Name("libsodium")->POSTERN_COSTS;
BENCHMARK(one_hash<hash_with_libargon2>)->Name("libargon2")->POSTERN_COSTS;

}  // namespace
