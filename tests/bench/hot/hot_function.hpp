/// The functions that every login, session or request runs, each with all it needs: what Google Benchmark times and
/// tests/bench/instructions.py counts the instructions of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace postern::bench {

/// Called over and over; what it needs lives and dies with it.
using Call = std::function<void()>;

struct HotFunction {
    std::string name;  ///< "room/what"
    std::function<Call()> prepare;
    std::uint64_t counted_calls = 0;  ///< of which callgrind counts the instructions; 0: it is there to compare with
    std::size_t octets = 0;           ///< that pass in one call
    std::uint64_t lines = 1;          ///< or other things of one kind that one call is about; the count is for each
};

[[nodiscard]] std::vector<HotFunction> reader_functions();
[[nodiscard]] std::vector<HotFunction> guard_functions();
[[nodiscard]] std::vector<HotFunction> settings_functions();
[[nodiscard]] std::vector<HotFunction> authentication_functions();
[[nodiscard]] std::vector<HotFunction> log_functions();

/// A figure of something that was not done is worth nothing.
inline void require(bool is_done, const char* what) {
    if (!is_done) throw std::runtime_error(what);
}

}  // namespace postern::bench
