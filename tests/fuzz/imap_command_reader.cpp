/// Any bytes as an IMAP client: the events must not depend on how the bytes are cut, and what is held must stay
/// bounded.
#include "base/overload.hpp"
#include "proxy/imap/command_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern::proxy::imap;

std::string describe(const CommandEvent& event) {
    return std::visit(postern::base::Overload{
                          [](const NeedBytes&) { return std::string("need"); },
                          [](const SendContinuation&) { return std::string("continue"); },
                          [](const Command& c) {
                              return std::string(c.tag) + ',' + std::string(c.name) + ',' + std::string(c.arguments);
                          },
                          [](const BadCommand& c) {
                              return "bad " + std::to_string(static_cast<int>(c.fault)) + ' ' + std::string(c.tag);
                          },
                          [](const SaslResponse& r) { return "sasl " + std::string(r.text); },
                          [](const Unusable& u) { return "unusable " + std::to_string(static_cast<int>(u.fault)); },
                      },
                      event);
}

void check(bool holds) {
    if (!holds) std::abort();
}

/// Behind AUTHENTICATE one line is read as a response.
std::string transcript(std::string_view input, std::size_t piece_bytes, ReaderLimits limits) {
    CommandReader reader(limits);
    std::string log;
    bool in_exchange = false;
    for (std::size_t at = 0; at < input.size(); at += piece_bytes) {
        reader.receive(input.substr(at, piece_bytes));
        for (;;) {
            const CommandEvent event = in_exchange ? reader.next_sasl_response() : reader.next();
            if (std::holds_alternative<NeedBytes>(event)) break;
            log += describe(event) + '\n';
            if (std::holds_alternative<Unusable>(event)) return log;
            if (!std::holds_alternative<SendContinuation>(event)) in_exchange = false;
            if (const auto* command = std::get_if<Command>(&event)) in_exchange = command->name == "AUTHENTICATE";
        }
        check(reader.bytes_held() <= limits.command + limits.sasl_response + piece_bytes);
    }
    return log + std::string(postern::base::view(reader.take_rest()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    constexpr ReaderLimits small{.line = 48, .literal = 20, .command = 96, .tag = 8, .sasl_response = 32};
    for (const ReaderLimits limits : {ReaderLimits{}, small}) {
        const std::string whole = transcript(input, size + 1, limits);
        check(transcript(input, 1, limits) == whole);
        check(transcript(input, 2 + size % 7, limits) == whole);
    }
    return 0;
}
