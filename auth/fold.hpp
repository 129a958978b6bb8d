/// Passwords and words as guessers see them: without case, accents and digits in the place of letters. For comparing
/// only; what is hashed is the password as it is.
#pragma once

#include "base/secret.hpp"

#include <string_view>

namespace postern::auth {

/// In lower case and, for Latin letters (the Unicode blocks Latin-1 Supplement and Latin Extended-A), without accents:
/// "Élève" gives "eleve", "Œuf" "oeuf". Combining accents go. Everything else stays, bytes that are no UTF-8 too.
[[nodiscard]] base::WipingBuffer folded(std::string_view text);

/// With the letters that digits and signs stand for: "m0tdep4$$e" gives "motdepasse". 1 stands for i or l: `one` says
/// which.
[[nodiscard]] base::WipingBuffer unleeted(std::string_view folded_text, char one);

}  // namespace postern::auth
