#include "auth/password_policy.hpp"

#include "auth/fold.hpp"
#include "auth/password.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <zxcvbn.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace postern::auth {

namespace {

constexpr std::size_t min_context_characters = 4;  // shorter words are in too many good passwords

// zxcvbn takes quadratic time and more, and looks at user words at every place. Measured with these bounds: at most
// some milliseconds. What is cut off can only make a password stronger.
constexpr std::size_t max_measured_characters = 64;
constexpr std::size_t max_measured_words = 32;
constexpr std::size_t max_measured_word_bytes = 32;

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

std::size_t length_of(std::string_view text) {
    std::size_t count = 0;
    while (base::take_code_point(text)) ++count;
    return count;
}

/// What forbids even to look at the rest.
std::optional<PolicyFault> form_fault(std::string_view password, std::size_t max_bytes) {
    if (password.size() > max_bytes) return PolicyFault{PolicyFaultKind::too_long, max_bytes};
    while (!password.empty()) {
        const auto c = base::take_code_point(password);
        if (!c) return PolicyFault{PolicyFaultKind::not_utf8};
        if (is_control(*c)) return PolicyFault{PolicyFaultKind::control_character};
    }
    return std::nullopt;
}

bool is_word_byte(char c) {
    return base::is_alpha(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// The words of `text`, folded: "Jean-Noël.Petit@lycee" has jean, noel, petit and lycee.
void append_words(std::vector<std::string>& words, std::string_view text) {
    const auto plain = folded(text);
    std::string word;
    for (const char c : plain) {
        if (is_word_byte(c)) {
            word.push_back(c);
        } else if (!word.empty()) {
            words.push_back(std::exchange(word, {}));
        }
    }
    if (!word.empty()) words.push_back(std::move(word));
}

/// Those long enough to matter; the owner's first, because only the first are measured with.
std::vector<std::string> context_words(const PasswordOwner& owner, const PasswordPolicy& policy) {
    std::vector<std::string> words;
    for (const std::string& text : owner.words) append_words(words, text);
    for (const std::string& text : policy.site_words) append_words(words, text);
    std::erase_if(words, [](const std::string& word) { return length_of(word) < min_context_characters; });
    return words;
}

bool contains_any(std::string_view text, const std::vector<std::string>& words) {
    return std::ranges::any_of(words, [text](const std::string& word) { return text.contains(word); });
}

bool contains_context(std::string_view password, const std::vector<std::string>& words) {
    const auto plain = folded(password);
    return contains_any(base::view(plain), words) ||
           contains_any(base::view(unleeted(base::view(plain), 'i')), words) ||
           contains_any(base::view(unleeted(base::view(plain), 'l')), words);
}

/// One byte for each character, because zxcvbn counts bytes: Latin letters without their accents, every other one a
/// byte above ASCII. Ends in NUL.
base::WipingBuffer measurable(std::string_view password) {
    base::WipingBuffer bytes;
    for (std::size_t i = 0; i < max_measured_characters && !password.empty(); ++i) {
        const std::string_view before = password;
        const auto c = base::take_code_point(password);
        if (!c) break;
        const auto plain = folded(before.substr(0, before.size() - password.size()));
        if (*c < 0x80) {
            bytes.push_back(before.front());
        } else if (!plain.empty() && static_cast<unsigned char>(plain.front()) < 0x80) {
            bytes.push_back(plain.front());
        } else {
            bytes.push_back(static_cast<char>(0x80U | (*c & 0x7FU)));
        }
    }
    bytes.push_back('\0');
    return bytes;
}

double guess_bits(std::string_view password, const std::vector<std::string>& words) {
    std::vector<const char*> dictionary;
    for (const std::string& word : words) {
        if (dictionary.size() == max_measured_words) break;
        if (word.size() <= max_measured_word_bytes) dictionary.push_back(word.c_str());
    }
    dictionary.push_back(nullptr);
    return ZxcvbnMatch(measurable(password).data(), dictionary.data(), nullptr);
}

}  // namespace

std::string describe(const PolicyFault& fault) {
    switch (fault.kind) {
        case PolicyFaultKind::too_long:
            return "is longer than " + std::to_string(fault.limit) + " bytes";
        case PolicyFaultKind::not_utf8:
            return "is not UTF-8";
        case PolicyFaultKind::control_character:
            return "contains a control character";
        case PolicyFaultKind::too_short:
            return "has fewer than " + std::to_string(fault.limit) + " characters";
        case PolicyFaultKind::contains_context:
            return "contains a name or another word that is known of its owner";
        case PolicyFaultKind::common:
            return "is one of those that are tried first";
        case PolicyFaultKind::guessable:
            return "is too easy to guess: make it longer or less regular";
    }
    return "cannot be used";
}

PasswordJudge::PasswordJudge(PasswordPolicy policy, Blocklist blocklist)
    : policy_(std::move(policy)), blocklist_(std::move(blocklist)) {
    assert(policy_.max_bytes <= max_password_bytes);
}

std::vector<PolicyFault> PasswordJudge::judge(const base::Secret& password, const PasswordOwner& owner) const {
    const std::string_view text = password.reveal();
    if (const auto fault = form_fault(text, policy_.max_bytes)) return {*fault};

    const PasswordRules& rules = owner.is_pupil ? policy_.pupils : policy_.others;
    const std::size_t min_characters = owner.has_active_otp ? rules.min_characters_with_otp : rules.min_characters;
    const auto words = context_words(owner, policy_);
    std::vector<PolicyFault> faults;
    if (length_of(text) < min_characters) faults.push_back({PolicyFaultKind::too_short, min_characters});
    if (contains_context(text, words)) faults.push_back({PolicyFaultKind::contains_context});
    if (blocklist_.contains(text)) faults.push_back({PolicyFaultKind::common});
    if (guess_bits(text, words) < rules.min_guess_bits) faults.push_back({PolicyFaultKind::guessable});
    return faults;
}

}  // namespace postern::auth
