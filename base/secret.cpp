#include "base/secret.hpp"

#include <cstring>

namespace postern::base {

void wipe(std::span<char> bytes) noexcept {
    if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace postern::base
