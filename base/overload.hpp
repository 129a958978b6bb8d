#pragma once

namespace postern::base {

/// For std::visit: one lambda for each alternative of a variant.
template <class... Cases>
struct Overload : Cases... {
    using Cases::operator()...;
};

}  // namespace postern::base
