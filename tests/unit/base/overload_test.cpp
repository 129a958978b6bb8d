#include "base/overload.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace postern::base {
namespace {

TEST(Overload, PicksTheCaseOfTheAlternative) {
    const auto name = Overload{[](int) { return "int"; }, [](const std::string&) { return "text"; }};
    EXPECT_STREQ(std::visit(name, std::variant<int, std::string>(1)), "int");
    EXPECT_STREQ(std::visit(name, std::variant<int, std::string>("a")), "text");
}

}  // namespace
}  // namespace postern::base
