/// The two ways in that hash nothing, each with its read of SQLite. tests/bench/authentication.cpp has the others.
#include "tests/bench/hot/hot_function.hpp"
#include "tests/bench/hot/house.hpp"

#include <memory>

namespace postern::bench {
namespace {

/// Nothing here hashes but the first log-in: as cheap as may be.
constexpr config::PasswordHashSettings cheap{.memory_kib = 8192, .passes = 1};

/// The first log-in is the one whose password is hashed and then remembered.
Call log_in(bool by_app_password) {
    const auto house = std::make_shared<House>(cheap);
    const std::string password = by_app_password ? house->app_password : "right";
    const Call call = [house, password] {
        require(house->log_in("anna@example.org", password, "192.0.2.1"), "refused");
    };
    call();
    return call;
}

}  // namespace

std::vector<HotFunction> authentication_functions() {
    return {
        {.name = "auth/remembered_password", .prepare = [] { return log_in(false); }, .counted_calls = 200},
        {.name = "auth/app_password", .prepare = [] { return log_in(true); }, .counted_calls = 200},
    };
}

}  // namespace postern::bench
