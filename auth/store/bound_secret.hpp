/// A secret on its way into a statement. For the files of this folder only.
#pragma once

#include "base/secret.hpp"

#include <string>

namespace postern::auth::store {

/// Binds one secret to a statement for as long as this object lives, and wipes the copy afterwards: SOCI takes only
/// std::string.
class BoundSecret {
public:
    explicit BoundSecret(const base::Secret& secret) : text_(secret.reveal()) {}
    BoundSecret(const BoundSecret&) = delete;
    BoundSecret& operator=(const BoundSecret&) = delete;
    BoundSecret(BoundSecret&&) = delete;
    BoundSecret& operator=(BoundSecret&&) = delete;
    ~BoundSecret() { base::wipe(text_); }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace postern::auth::store
