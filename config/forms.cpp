#include "config/forms.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"
#include "config/file_contents.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace postern::config {
namespace {

constexpr std::size_t longest_text = 255;
constexpr std::size_t longest_identifier = 64;
constexpr std::size_t longest_hostname = 253;  // RFC 1035 section 2.3.4, in its text form
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_separator = 8;
constexpr std::size_t longest_path = 4095;  // PATH_MAX of Linux without its NUL
constexpr std::size_t longest_url = 2000;

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t smallest_message_size = 64 * kibibyte;
constexpr std::uint64_t largest_message_size = kibibyte * kibibyte * kibibyte * kibibyte;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<Unit, 4> time_units{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> size_units{
    {{"", 1}, {"KiB", kibibyte}, {"MiB", kibibyte* kibibyte}, {"GiB", kibibyte* kibibyte* kibibyte}}};

bool is_alphanumeric(char c) {
    return base::is_alpha(c) || base::is_digit(c);
}

template <std::size_t count>
std::optional<std::uint64_t> read_measure(std::string_view text, const std::array<Unit, count>& units) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = read_digits(text.substr(0, digits));
    const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number || unit == units.end()) return std::nullopt;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit->factor) return std::nullopt;
    return *number * unit->factor;
}

bool has_control_characters(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = std::max<std::size_t>(base::utf8_character_length(text.substr(at)), 1);
        if (is_control_character(text.substr(at, length))) return true;
        at += length;
    }
    return false;
}

bool is_label(std::string_view label) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-'; };
    return !label.empty() && label.size() <= longest_label && std::ranges::all_of(label, allowed) &&
           label.front() != '-' && label.back() != '-';
}

/// The number of its labels; 0 for what is no host name. The last one must not be a number: `10.0.0.1` is an address.
std::size_t count_labels(std::string_view name) {
    if (name.size() > longest_hostname) return 0;
    std::size_t count = 1;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        if (!is_label(name.substr(0, dot))) return 0;
        name.remove_prefix(dot + 1);
        ++count;
    }
    return is_label(name) && !std::ranges::all_of(name, base::is_digit) ? count : 0;
}

bool is_url_character(char c) {
    return base::is_visible(c) && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

/// Host and optional port of a URL; an IPv6 address stands in brackets (RFC 3986 section 3.2).
bool is_authority(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos || !base::IpAddress::parse(authority.substr(1, end - 1))) return false;
        authority.remove_prefix(end + 1);
        return authority.empty() || (authority.front() == ':' && port_number(authority.substr(1)));
    }
    const auto colon = authority.find(':');
    if (colon != std::string_view::npos && !port_number(authority.substr(colon + 1))) return false;
    const std::string_view host = authority.substr(0, colon);
    return count_labels(host) > 0 || base::IpAddress::parse(host);
}

}  // namespace

std::unexpected<std::string> expected_but_found(const std::string& what, std::string_view text) {
    return std::unexpected("expected " + what + ", found " + (text.empty() ? "empty text" : in_quotes(text)));
}

std::expected<std::uint64_t, std::errc> read_digits(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::unexpected(std::errc::invalid_argument);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::unexpected(error);
    if (end != text.data() + text.size()) return std::unexpected(std::errc::invalid_argument);
    return number;
}

Formed<std::chrono::milliseconds> duration(std::string_view text) {
    constexpr std::uint64_t longest = 24ULL * 3'600'000;
    const auto milliseconds = read_measure(text, time_units);
    if (!milliseconds || *milliseconds == 0 || *milliseconds > longest)
        return expected_but_found("a duration from 1ms to 24h, a whole number with ms, s, m or h", text);
    return std::chrono::milliseconds(static_cast<std::int64_t>(*milliseconds));
}

Formed<std::uint64_t> message_size(std::string_view text) {
    const auto bytes = read_measure(text, size_units);
    if (!bytes || *bytes < smallest_message_size || *bytes > largest_message_size)
        return expected_but_found("a size from 64KiB to 1024GiB, a whole number alone or with KiB, MiB or GiB", text);
    return *bytes;
}

Formed<std::string> plain_text(std::string_view text) {
    if (text.empty() || text.size() > longest_text || has_control_characters(text))
        return expected_but_found("text of 1 to 255 bytes without control characters", text);
    return std::string(text);
}

Formed<std::string> announced_text(std::string_view text) {
    auto plain = plain_text(text);
    if (!plain) return plain;
    if (text.front() == ' ' || text.back() == ' ')
        return expected_but_found("text without a space at either end (Thunderbird for Android does not trim)", text);
    for (const std::string_view placeholder : {"%EMAILADDRESS%", "%EMAILLOCALPART%", "%EMAILDOMAIN%", "%REALNAME%"})
        if (text.contains(placeholder))
            return expected_but_found("text without placeholders (most clients replace them in user names only)", text);
    return plain;
}

Formed<std::string> identifier(std::string_view text) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
    if (text.empty() || text.size() > longest_identifier || !std::ranges::all_of(text, allowed))
        return expected_but_found("a name of 1 to 64 letters, digits, _ and -", text);
    return std::string(text);
}

Formed<std::string> hostname(std::string_view text) {
    if (count_labels(text) == 0) return expected_but_found("a host name in ASCII (xn--... for others)", text);
    return base::to_lower(text);
}

Formed<std::string> full_hostname(std::string_view text) {
    if (count_labels(text) < 2)
        return expected_but_found("a fully qualified host name in ASCII, like mail.example.org", text);
    return base::to_lower(text);
}

Formed<std::string> hostname_or_address(std::string_view text) {
    if (const auto address = base::IpAddress::parse(text)) return address->text();
    if (count_labels(text) == 0) return expected_but_found("a host name or a numeric address", text);
    return base::to_lower(text);
}

bool is_loopback(const std::string& host) {
    if (host == "localhost") return true;
    const auto address = base::IpAddress::parse(host);
    static const std::array loopback{base::IpNetwork::parse("127.0.0.0/8"), base::IpNetwork::parse("::1")};
    return address && std::ranges::any_of(loopback, [&](const auto& network) { return network->contains(*address); });
}

Formed<std::string> ip_address(std::string_view text) {
    if (const auto address = base::IpAddress::parse(text)) return address->text();
    return expected_but_found("a numeric IPv4 or IPv6 address, like 192.0.2.1 or \"::\"", text);
}

Formed<base::IpNetwork> ip_network(std::string_view text) {
    if (const auto network = base::IpNetwork::parse(text)) return *network;
    return expected_but_found("a network like 10.0.0.0/8 or 2001:db8::/32, with no bits set behind its prefix", text);
}

Formed<std::string> login_pattern(std::string_view text) {
    const auto pattern = plain_text(text);
    if (!pattern || pattern->find(' ') != std::string::npos)
        return expected_but_found("a pattern of 1 to 255 bytes without spaces, like *@example.org", text);
    const std::size_t domain = std::min(pattern->rfind('@'), pattern->size());
    return pattern->substr(0, domain) + base::to_lower(std::string_view(*pattern).substr(domain));
}

Formed<std::string> web_url(std::string_view text) {
    constexpr std::array<std::string_view, 2> schemes{"https://", "http://"};
    const auto* const scheme = std::ranges::find_if(schemes, [text](auto s) { return text.starts_with(s); });
    const bool right =
        scheme != schemes.end() && text.size() <= longest_url && std::ranges::all_of(text, is_url_character) &&
        is_authority(text.substr(scheme->size(), text.find_first_of("/?#", scheme->size()) - scheme->size()));
    if (!right) return expected_but_found("a URL like https://www.example.org/help", text);
    return std::string(text);
}

Formed<std::string> language_tag(std::string_view text) {
    std::string_view rest = text;
    for (bool first = true;; first = false) {
        const std::string_view subtag = rest.substr(0, rest.find('-'));
        const bool right = first ? subtag.size() >= 2 && subtag.size() <= 3 : !subtag.empty() && subtag.size() <= 8;
        const auto allowed = [first](char c) { return base::is_alpha(c) || (!first && base::is_digit(c)); };
        if (!right || !std::ranges::all_of(subtag, allowed))
            return expected_but_found("a language tag like fr or de-CH", text);
        if (subtag.size() == rest.size()) return std::string(text);
        rest.remove_prefix(subtag.size() + 1);
    }
}

Formed<std::string> separator(std::string_view text) {
    // None of these can be in an account's name: else a name could end in a separator and a master of its own choice.
    const bool allowed = text.find_first_not_of("*%/|:;") == std::string_view::npos;
    if (text.empty() || text.size() > longest_separator || !allowed)
        return expected_but_found("one to eight of * % / | : and ;", text);
    return std::string(text);
}

Formed<std::string> variable_name(std::string_view text) {
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_'; };
    if (text.empty() || text.size() > longest_text || base::is_digit(text.front()) ||
        !std::ranges::all_of(text, allowed))
        return std::unexpected("expected the name of an environment variable: letters, digits and _, no digit first");
    return std::string(text);
}

Formed<std::string> public_key_pin(std::string_view text) {
    constexpr std::size_t sha256_size = 32;
    const auto hash = base::base64_decode(text);
    if (!hash || hash->size() != sha256_size)
        return expected_but_found("the SHA-256 of a public key in base64: 44 characters, the last of them =", text);
    return std::string(text);
}

Formed<std::string> FilePath::operator()(std::string_view text) const {
    if (text.empty() || text.size() > longest_path || has_control_characters(text))
        return expected_but_found("a file name without control characters", text);
    return (directory / text).lexically_normal().string();
}

Formed<std::string> ReadableFile::operator()(std::string_view text) const {
    auto path = FilePath{directory}(text);
    if (!path) return path;
    if (auto readable = check_readable(*path); !readable)
        return std::unexpected(in_quotes(*path) + " cannot be read: " + readable.error());
    return path;
}

}  // namespace postern::config
