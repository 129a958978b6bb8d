/// The forms of single values: each turns the text of a scalar into a value or says what would have been right.
#pragma once

#include "base/ip_network.hpp"
#include "config/wording.hpp"

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::config {

template <class T>
using Formed = std::expected<T, std::string>;

/// The error "expected `what`, found `text`".
[[nodiscard]] std::unexpected<std::string> expected_but_found(const std::string& what, std::string_view text);

/// Decimal digits only, without sign and leading zeros: 0143 would be 99 to some readers of YAML and 143 to others.
[[nodiscard]] std::expected<std::uint64_t, std::errc> read_digits(std::string_view text);

template <std::unsigned_integral T>
struct WholeNumber {
    T min;
    T max;

    Formed<T> operator()(std::string_view text) const {
        const auto number = read_digits(text);
        if (number && *number >= min && *number <= max) return static_cast<T>(*number);
        return expected_but_found("a whole number from " + std::to_string(min) + " to " + std::to_string(max), text);
    }
};

inline constexpr WholeNumber<std::uint16_t> port_number{.min = 1, .max = 65535};

/// A number of units, from 1 ms to 24 h: `500ms`, `15s`, `10m`, `2h`.
[[nodiscard]] Formed<std::chrono::milliseconds> duration(std::string_view text);

/// A number of bytes, plain or with a unit: `4096`, `50MiB`, `1GiB`. From 64 KiB, the least that RFC 5321
/// section 4.5.3.1.7 lets a server accept, to 1024 GiB.
[[nodiscard]] Formed<std::uint64_t> message_size(std::string_view text);

template <class Enum>
struct OneOf {
    std::vector<std::pair<std::string, Enum>> values;

    Formed<Enum> operator()(std::string_view text) const {
        std::vector<std::string> names;
        for (const auto& [name, value] : values) {
            if (name == text) return value;
            names.push_back(name);
        }
        return expected_but_found(one_of(names), text);
    }
};

/// 1 to 255 bytes without control characters.
[[nodiscard]] Formed<std::string> plain_text(std::string_view text);

/// As plain_text, and fit to be shown by every mail client: no space at an end (Thunderbird for Android does not trim)
/// and no placeholder such as %REALNAME% (most clients replace them in user names only).
[[nodiscard]] Formed<std::string> announced_text(std::string_view text);

/// A name that rules and logs use: 1 to 64 letters, digits, `_` and `-`.
[[nodiscard]] Formed<std::string> identifier(std::string_view text);

/// Host names as RFC 1123 section 2.1 has them, lowered; internationalised ones in their ASCII form.
[[nodiscard]] Formed<std::string> hostname(std::string_view text);
/// The same with at least two labels.
[[nodiscard]] Formed<std::string> full_hostname(std::string_view text);
[[nodiscard]] Formed<std::string> hostname_or_address(std::string_view text);

/// Whether a host as the form above gives it is this machine: 127.0.0.0/8, ::1 or localhost.
[[nodiscard]] bool is_loopback(const std::string& host);

/// A numeric address in its usual form.
[[nodiscard]] Formed<std::string> ip_address(std::string_view text);
[[nodiscard]] Formed<base::IpNetwork> ip_network(std::string_view text);

/// A pattern on logins; its domain is lowered, as that of logins is.
[[nodiscard]] Formed<std::string> login_pattern(std::string_view text);

/// An absolute http or https URL of visible ASCII characters (RFC 3986).
[[nodiscard]] Formed<std::string> web_url(std::string_view text);

/// A language tag (BCP 47) of a language and subtags: `fr`, `de-CH`.
[[nodiscard]] Formed<std::string> language_tag(std::string_view text);

/// The separator between user and master: 1 to 8 visible ASCII characters.
[[nodiscard]] Formed<std::string> separator(std::string_view text);

/// The name of an environment variable as POSIX recommends it. The error does not quote it: it may be a secret.
[[nodiscard]] Formed<std::string> variable_name(std::string_view text);

/// The pin of a public key (RFC 7469 section 2.4): base64 of a SHA-256.
[[nodiscard]] Formed<std::string> public_key_pin(std::string_view text);

/// A file name, made absolute or relative to the directory given.
struct FilePath {
    std::filesystem::path directory;

    Formed<std::string> operator()(std::string_view text) const;
};

/// The same, of a regular file that can be read.
struct ReadableFile {
    std::filesystem::path directory;

    Formed<std::string> operator()(std::string_view text) const;
};

}  // namespace postern::config
