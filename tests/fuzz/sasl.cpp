/// Any bytes as a PLAIN message, and as an exchange: the mechanism on the first line, "-" or the initial response on
/// the second, then a response on each.
#include "proxy/sasl.hpp"

#include "base/base64.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern;

void check(bool holds) {
    if (!holds) std::abort();
}

void check_credentials(const auth::Credentials& credentials) {
    for (const std::string_view text :
         {std::string_view(credentials.name), std::string_view(credentials.act_as), credentials.password.reveal()})
        check(base::is_utf8(text) && !text.contains('\0'));
    check(!credentials.name.empty() && !credentials.password.empty());
}

/// What is read from PLAIN and written again is what came, but for an authzid that says nothing new.
void check_plain(std::string_view message) {
    const auto credentials = proxy::decode_sasl_plain(message);
    if (!credentials) return;
    check_credentials(*credentials);
    const bool authzid_was_dropped = credentials->act_as.empty() && !message.starts_with('\0');
    const std::string_view authzid = authzid_was_dropped ? credentials->name : credentials->act_as;
    const auto again =
        base::base64_decode(base::view(proxy::encode_sasl_plain(authzid, credentials->name, credentials->password)));
    check(again && base::view(*again) == message);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void check_exchange(std::string_view input) {
    proxy::SaslExchange exchange;
    const std::string_view mechanism = take_line(input);
    const std::string_view initial = take_line(input);
    auto step = initial == "-" ? exchange.start(mechanism, std::nullopt) : exchange.start(mechanism, initial);
    int challenges = 0;
    while (step && std::holds_alternative<proxy::SaslChallenge>(*step)) {
        check(exchange.in_progress() && ++challenges <= 2);
        step = exchange.respond(take_line(input));
    }
    check(!exchange.in_progress());
    if (step) check_credentials(std::get<auth::Credentials>(*step));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_plain(input);
    check_exchange(input);
    return 0;
}
