#include "auth/store/database.hpp"

namespace postern::auth::store {

std::string Database::lines_of(std::string_view expression) const {
    const std::string text(expression);
    return engine() == Engine::sqlite ? "group_concat(" + text + ", char(10))" : "string_agg(" + text + ", chr(10))";
}

std::string Database::contains(std::string_view whole, std::string_view part) const {
    const std::string function = engine() == Engine::sqlite ? "instr" : "strpos";
    return function + '(' + std::string(whole) + ", " + std::string(part) + ") > 0";
}

}  // namespace postern::auth::store
