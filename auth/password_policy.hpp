/// What a password that somebody chooses must be. Passwords that exist already are not measured again.
#pragma once

#include "auth/blocklist.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// Lengths are counted in characters (Unicode code points). `min_guess_bits` is the logarithm to base 2 of the number
/// of guesses that zxcvbn says are needed.
struct PasswordRules {
    std::size_t min_characters = 12;
    std::size_t min_characters_with_otp = 8;  ///< while an OTP key is active
    int min_guess_bits = 33;                  ///< 10 billion: what zxcvbn calls "safely unguessable"

    friend bool operator==(const PasswordRules&, const PasswordRules&) = default;
};

/// No character classes are asked for and no periodic change (NIST SP 800-63B section 5.1.1.2; CNIL 2022-100): length,
/// no known password and no foreseeable pattern do more.
struct PasswordPolicy {
    /// Six characters, because children type them; 20 bits are a million guesses, of which the lockout grants few.
    PasswordRules pupils{.min_characters = 6, .min_characters_with_otp = 6, .min_guess_bits = 20};
    PasswordRules others;
    std::size_t max_bytes = 256;          ///< at most max_password_bytes
    std::vector<std::string> site_words;  ///< the names of the site, its towns and its services

    friend bool operator==(const PasswordPolicy&, const PasswordPolicy&) = default;
};

/// Whom the password is for.
struct PasswordOwner {
    bool is_pupil = false;  ///< and nothing else: a pupil who is staff too is staff here
    bool has_active_otp = false;
    std::vector<std::string> words;  ///< identifiers, names, school, unit; UTF-8, split into words here
};

/// In the order in which they are found. The enumerators are the keys under which a page has its own texts.
enum class PolicyFaultKind {
    too_long,  ///< `limit` bytes are allowed
    not_utf8,
    control_character,  ///< could not be typed again everywhere
    too_short,          ///< `limit` characters are needed
    contains_context,   ///< a word of its owner or of the site
    common,             ///< listed
    guessable,
};

struct PolicyFault {
    PolicyFaultKind kind = PolicyFaultKind::too_long;
    std::size_t limit = 0;

    friend bool operator==(const PolicyFault&, const PolicyFault&) = default;
};

/// Why the password is refused, as the end of a sentence: "the password ...". Holds nothing of the password, and not
/// how far it was from being accepted.
[[nodiscard]] std::string describe(const PolicyFault& fault);

/// Thread rule: may be asked by any number of threads at once.
class PasswordJudge {
public:
    PasswordJudge(PasswordPolicy policy, Blocklist blocklist);

    /// Every fault of the password, at most one of each kind; none means accepted. A password that is too long, not
    /// UTF-8 or has control characters is not looked at further. Whether it is the provisional, temporary or previous
    /// password again, only the caller knows. Takes at most some milliseconds, whatever the password.
    [[nodiscard]] std::vector<PolicyFault> judge(const base::Secret& password, const PasswordOwner& owner) const;

private:
    PasswordPolicy policy_;
    Blocklist blocklist_;
};

}  // namespace postern::auth
