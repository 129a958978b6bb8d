/// Any bytes as a submission client. The first byte is the size of the pieces, the second says how logins are answered.
#include "tests/unit/proxy_smtp/login_transcript.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace postern::proxy::smtp;

// libFuzzer takes an abort for a finding; assert would be gone in an optimised build.
void demand(bool holds) {
    if (!holds) std::abort();
}

std::vector<Answer> answers_of(std::uint8_t choice) {
    using postern::auth::Refusal;
    const std::array<Answer, 4> kinds{Refusal::wrong_credentials, Refusal::busy, BackendDown{}, LetIn{}};
    std::vector<Answer> answers;
    for (unsigned i = 0; i < 4; ++i) answers.push_back(kinds[choice >> (2 * i) & 3U]);
    return answers;
}

/// Before TLS nobody is asked about, and TLS begins only with nothing behind STARTTLS.
void check_plaintext(std::string_view input, std::size_t piece) {
    LoginDialogueOptions options = usual_options;
    options.transport = postern::proxy::Transport::plaintext;
    Transcript whole(options);
    whole.send(input);
    Transcript chunked(options);
    chunked.send_in_pieces(input, piece);
    for (const Transcript* transcript : {&whole, &chunked}) demand(!transcript->text().contains('{'));
    const bool starts_tls = whole.text().ends_with("[tls]");
    if (starts_tls) demand(input.ends_with("\r\n"));
    if (starts_tls || !chunked.text().ends_with("[tls]")) demand(whole.text() == chunked.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    constexpr std::size_t most_commands = 100;
    constexpr std::size_t longest_reply = 512;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

    // One half of all inputs with every mechanism.
    LoginDialogueOptions options = usual_options;
    if (data[0] >= 128) options.sasl = {.certificate_name = "carol@example.org", .takes_tokens = true};
    Transcript whole(options, answers_of(data[1]));
    whole.send(input);
    demand(whole.said_bytes() <= most_commands * longest_reply);
    demand(input.ends_with(whole.rest()));

    Transcript chunked(options, answers_of(data[1]));
    chunked.send_in_pieces(input, data[0] + 1U);
    demand(chunked.text_without_rest() == whole.text_without_rest());
    demand(chunked.let_in() == whole.let_in());
    demand(whole.rest().starts_with(chunked.rest()));

    check_plaintext(input, data[0] + 1U);

    const auto greeting = whole.dialogue().client_greeting();
    demand(greeting.name.size() <= 255);
    for (const char c : greeting.name) demand(c > ' ' && c <= '~');
    return 0;
}
