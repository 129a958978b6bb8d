/// Any bytes as an IMAP client of the whole dialogue before login, within TLS and before it: the replies must not
/// depend on how the bytes are cut, and must stay bounded; before TLS nobody is asked about. A second question before
/// the first is answered would hit an assertion of the dialogue.
#include "tests/unit/proxy_imap/dialogue_driver.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

namespace {

using namespace postern::proxy::imap;

void check(bool holds) {
    if (!holds) std::abort();
}

bool same(const fakes::Played& a, const fakes::Played& b) {
    return a.output == b.output && a.asked == b.asked && a.closed == b.closed && a.welcomed == b.welcomed &&
           a.unread == b.unread;
}

const postern::proxy::SaslTerms everything{.certificate_name = "carol@example.org", .takes_tokens = true};

/// Where STARTTLS comes with something behind it, cuts decide between TLS and the end; else nothing depends on them.
void check_plaintext(std::string_view input) {
    DialogueLimits limits = fakes::patient();
    limits.output = std::numeric_limits<std::size_t>::max();
    using postern::proxy::Transport;
    const fakes::Played whole = fakes::play(input, input.size() + 1, limits, Transport::plaintext);
    const fakes::Played bytes = fakes::play(input, 1, limits, Transport::plaintext);
    for (const fakes::Played& played : {whole, bytes}) {
        check(played.asked.empty() && !played.welcomed);
        check(!played.output.starts_with("+ ") && !played.output.contains("\n+ "));
    }
    if (whole.starts_tls) check(input.ends_with('\n') && whole.most_held == 0);
    if (whole.starts_tls || !bytes.starts_tls) check(same(whole, bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    for (DialogueLimits limits : {DialogueLimits{}, fakes::patient()}) {
        // A flood is what comes at once, so only without that bound are pieces and whole the same.
        limits.output = std::numeric_limits<std::size_t>::max();
        const fakes::Played whole = fakes::play(input, limits);
        check(same(fakes::play(input, 1, limits), whole));
        check(same(fakes::play(input, 2 + size % 7, limits), whole));
        using postern::proxy::Transport;
        check(same(fakes::play(input, input.size() + 1, limits, Transport::tls, everything),
                   fakes::play(input, 1, limits, Transport::tls, everything)));
    }

    const fakes::Played bounded = fakes::play(input, fakes::patient());
    check(bounded.output.size() <= DialogueLimits{}.output + 512);
    check(bounded.closed + bounded.welcomed <= 1);
    if (!bounded.closed) check(bounded.most_held <= ReaderLimits{}.command + 2);
    check_plaintext(input);
    return 0;
}
