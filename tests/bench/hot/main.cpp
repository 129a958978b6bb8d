/// Times the hot functions with Google Benchmark; with --count, and under callgrind alone, has it write the
/// instructions of each into a file of its own. tests/bench/instructions.py runs that.
#include "tests/bench/hot/hot_function.hpp"

#include <benchmark/benchmark.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <iterator>
#include <string_view>

namespace postern::bench {
namespace {

std::vector<HotFunction> hot_functions() {
    std::vector<HotFunction> all;
    for (const auto& some :
         {reader_functions, guard_functions, settings_functions, authentication_functions, log_functions}) {
        std::ranges::move(some(), std::back_inserter(all));
    }
    return all;
}

/// Within what a mean hides: the calls that the ones behind them wait for.
void time(const HotFunction& function, benchmark::State& state) {
    using Clock = std::chrono::steady_clock;
    const Call call = function.prepare();
    std::vector<double> microseconds;
    microseconds.reserve(static_cast<std::size_t>(state.max_iterations));
    for ([[maybe_unused]] auto _ : state) {
        const Clock::time_point begun = Clock::now();
        call();
        microseconds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begun).count());
    }
    std::ranges::sort(microseconds);
    state.counters["p99_us"] = microseconds[(microseconds.size() - 1) * 99 / 100] / static_cast<double>(function.lines);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(function.lines));
    if (function.octets > 0) state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(function.octets));
}

/// What is looked up once is looked up before. Prints what the files need to be divided by.
void count(const HotFunction& function) {
    if (function.counted_calls == 0) return;
    const Call call = function.prepare();
    call();
    CALLGRIND_START_INSTRUMENTATION;
    call();
    CALLGRIND_ZERO_STATS;
    for (std::uint64_t i = 0; i < function.counted_calls; ++i) call();
    CALLGRIND_DUMP_STATS_AT(function.name.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
    std::cout << function.name << ' ' << function.counted_calls * function.lines << std::endl;
}

int run(int argc, char** argv) {
    const std::vector<HotFunction> all = hot_functions();
    if (argc == 2 && std::string_view(argv[1]) == "--count") {
        if (RUNNING_ON_VALGRIND == 0) throw std::runtime_error("--count is for callgrind");
        std::ranges::for_each(all, count);
        return 0;
    }
    for (const HotFunction& function : all) {
        benchmark::RegisterBenchmark(function.name.c_str(), [&function](benchmark::State& state) {
            time(function, state);
        })->Unit(benchmark::kMicrosecond);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) {
    try {
        return postern::bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "bench_hot_functions: " << error.what() << "\n";
        return 1;
    }
}
