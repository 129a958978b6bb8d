/// Any bytes as an IMAP backend. The first byte chooses how we log in.
#include "proxy/imap/capabilities.hpp"
#include "tests/unit/proxy_imap/backend_driver.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern::proxy::imap;

void check(bool holds) {
    if (!holds) std::abort();
}

/// What every login must have sent before it may be over: the password, as text or in base64.
bool holds_credentials(std::string_view written) {
    return written.contains("secret") || written.contains("x\xC3\xA9") || written.contains("AGFsaWNlAHNlY3JldA==") ||
           written.contains("AGFsaWNlKm1hc3RlcgBtLXNlY3JldA==") || written.contains("YWxpY2UAbWFzdGVyAG0tc2VjcmV0") ||
           written.contains("AGFsaWNlAHjDqQ==");
}

/// The first arrow is that of the driver: we never write one.
bool is_ready(std::string_view played) {
    return played.substr(played.find(" => ")).starts_with(" => ready");
}

void check_end(std::string_view played, std::string_view password) {
    const std::size_t arrow = played.find(" => ");
    const std::string_view written = played.substr(0, arrow);
    const std::string_view end = played.substr(arrow + 4);
    check(written.size() < 512);
    check(!end.contains('\r') && !end.contains('\n'));
    check(end.size() <= max_capability_list + 16);
    if (end.starts_with("failed")) check(!end.contains(password));
    if (end.starts_with("ready")) check(holds_credentials(written));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    using Kind = postern::config::BackendLogin;
    constexpr Kind kinds[] = {Kind::password, Kind::master_user, Kind::authzid};
    const fakes::Visitor visitor(kinds[data[0] % 3], "alice", data[0] / 3 % 2 == 0 ? "secret" : "x\xC3\xA9");
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

    std::string unread;
    const std::string whole = fakes::play(input, size + 1, visitor, unread);
    check_end(whole, data[0] % 3 == 0 ? visitor.password.reveal() : visitor.backend.master_password.reveal());
    for (const std::size_t piece_bytes : {std::size_t{1}, 2 + size % 7}) {
        std::string unread_in_pieces;
        check(fakes::play(input, piece_bytes, visitor, unread_in_pieces) == whole);
        check(unread_in_pieces == unread || !is_ready(whole));
    }
    return 0;
}
