#include "auth/delivery/mail_text.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace postern::auth::delivery {

namespace {

constexpr std::size_t longest_line = 76;
// Base64 of so many bytes, between "=?UTF-8?B?" and "?=", is a word of at most 75 characters.
constexpr std::size_t bytes_in_encoded_word = 45;

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == ' ' || base::is_visible(c); }) && !text.contains("=?") &&
           text.size() < longest_line && base::trim(text) == text;
}

bool is_literal_in_quoted_printable(char c) {
    return c == ' ' || c == '\t' || (base::is_visible(c) && c != '=');
}

std::string escaped(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    return {'=', digits[byte >> 4U], digits[byte & 0x0FU]};
}

/// One line without its end. A space or tab at the end would be lost.
std::string encoded_line(std::string_view line) {
    std::string result;
    std::size_t width = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool is_last = i + 1 == line.size();
        const bool is_space = line[i] == ' ' || line[i] == '\t';
        const bool is_literal = is_literal_in_quoted_printable(line[i]) && !(is_space && is_last);
        const std::string next = is_literal ? std::string(1, line[i]) : escaped(line[i]);
        if (width + next.size() > longest_line - 1) {
            result += "=\r\n";
            width = 0;
        }
        result += next;
        width += next.size();
    }
    return result;
}

std::string domain_of(std::string_view address) {
    return std::string(address.substr(address.rfind('@') + 1));
}

}  // namespace

std::string header_text(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string result;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size()) {
            const std::size_t character = std::max<std::size_t>(base::utf8_character_length(text.substr(size)), 1);
            if (size + character > bytes_in_encoded_word) break;
            size += character;
        }
        result += (result.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        result += base::view(base::base64_encode(text.substr(0, size)));
        result += "?=";
        text.remove_prefix(size);
    }
    return result;
}

std::string quoted_printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        result += encoded_line(text.substr(0, end)) + "\r\n";
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return result;
}

std::string date_text(Time time) {
    constexpr std::array<const char*, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                  day_names.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                  month_names.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string mail_text(const MailMessage& mail, const Sender& sender, const Posting& posting) {
    const std::string from =
        sender.name.empty() ? sender.address : header_text(sender.name) + " <" + sender.address + '>';
    return "Date: " + date_text(posting.created_at) + "\r\nFrom: " + from + "\r\nTo: " + mail.to + "\r\nMessage-ID: <" +
           std::to_string(posting.id) + ".postern@" + domain_of(sender.address) +
           ">\r\nSubject: " + header_text(mail.subject) +
           "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
           "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
           quoted_printable(mail.text);
}

}  // namespace postern::auth::delivery
