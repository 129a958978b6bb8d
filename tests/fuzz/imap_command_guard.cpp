/// Any bytes as an IMAP client after login, and any as its backend. The first byte is the size of the pieces; a 0xFF
/// changes sides. Whatever way the client's bytes come, the same ones leave. (What the backend says answers the command
/// that has reached it by then, so its bytes come in one piece here.)
#include "base/ascii.hpp"
#include "proxy/imap/command_guard.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern::proxy::imap;

// libFuzzer takes an abort for a finding; assert would be gone in an optimised build.
void demand(bool holds) {
    if (!holds) std::abort();
}

struct Passed {
    std::string up, said_up, down, said_down;
    bool is_broken = false;
};

Passed run(std::string_view input, std::size_t piece, postern::config::Compression compress) {
    CommandGuard guard(true, compress);
    Passed passed;
    std::string waiting;  // what the relay would not have read yet
    bool is_client = true;
    while (!input.empty()) {
        const auto side = input.substr(0, input.find('\xFF'));
        if (is_client) waiting += side;
        passed.said_up += is_client ? side : std::string_view();
        if (!is_client) {
            passed.down += guard.from_backend(side);
            passed.said_down += side;
            passed.up += guard.from_client({});
        }
        while (!waiting.empty() && !guard.awaits_backend() && !guard.is_broken()) {
            passed.up += guard.from_client(std::string_view(waiting).substr(0, piece));
            waiting.erase(0, piece);
        }
        input.remove_prefix(std::min(side.size() + 1, input.size()));
        is_client = !is_client;
    }
    passed.is_broken = guard.is_broken();
    return passed;
}

void check(std::string_view input, std::size_t piece, postern::config::Compression compress) {
    const Passed whole = run(input, input.size() + 1, compress);
    const Passed chunked = run(input, piece, compress);
    // A list of capabilities is written anew; everything else passes.
    if (!postern::base::to_lower(whole.said_down).contains("* capability "))
        demand(whole.down.size() <= whole.said_down.size() && whole.said_down.starts_with(whole.down));
    demand(whole.is_broken == chunked.is_broken);
    if (!whole.is_broken) demand(whole.up == chunked.up);
    // Byte by byte what was said, but for letters that became an X.
    demand(whole.up.size() <= whole.said_up.size());
    for (std::size_t i = 0; i < whole.up.size(); ++i) demand(whole.up[i] == whole.said_up[i] || whole.up[i] == 'X');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    using postern::config::Compression;
    for (const Compression compress : {Compression::strip, Compression::pass}) check(input, data[0] + 1U, compress);
    return 0;
}
