/// Any bytes as a submission server. The first byte chooses the login and the pieces; a NUL ends what comes at once.
#include "tests/unit/proxy_smtp/backend_conversation.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace postern;
using namespace postern::proxy::smtp;

// libFuzzer takes an abort for a finding; assert would be gone in an optimised build.
void demand(bool holds) {
    if (!holds) std::abort();
}

void play(Conversation& conversation, std::string_view replies, std::size_t piece) {
    while (!replies.empty()) {
        const std::size_t end = std::min(replies.find('\0'), replies.size());
        conversation.receive(replies.substr(0, end), piece);
        replies.remove_prefix(std::min(end + 1, replies.size()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    Somebody somebody;
    somebody.login = (data[0] & 1U) != 0 ? config::BackendLogin::xclient : config::BackendLogin::password;
    if ((data[0] & 2U) != 0) somebody.password.append(500, 'p');
    const std::string_view replies(reinterpret_cast<const char*>(data) + 1, size - 1);

    Conversation whole(somebody);
    play(whole, replies, size);
    if (const auto& failure = whole.failure()) {
        demand(failure->detail.size() <= 200);
        demand(std::ranges::all_of(failure->detail, [](char c) { return c >= ' ' && c <= '~'; }));
        if (failure->detail.starts_with("AUTH: "))
            demand(failure->detail.find(somebody.password.substr(0, 8)) == std::string::npos);
    }

    // A server that talks out of turn is caught at once in one case and later in the other.
    if (whole.failure() && whole.failure()->detail == "reply to a command that was not sent yet") return 0;
    Conversation chunked(somebody);
    play(chunked, replies, (data[0] >> 2U) + 1U);
    demand(chunked.over() == whole.over() && chunked.ready() == whole.ready());
    demand(chunked.text_without_rest() == whole.text_without_rest());
    return 0;
}
