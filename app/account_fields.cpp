#include "app/account_fields.hpp"

#include "app/account_text.hpp"
#include "auth/display_name.hpp"

#include <algorithm>

namespace postern::app {

std::expected<auth::Identifier, std::string> read_name(std::string_view text, std::string_view what) {
    auto name = auth::Identifier::parse(text);
    if (name) return std::move(*name);
    return std::unexpected("the " + std::string(what) + ' ' + in_quotes(text) + ' ' +
                           std::string(auth::describe(name.error())));
}

std::expected<std::vector<auth::Identifier>, std::string> read_aliases(std::span<const std::string> texts,
                                                                       const auth::Identifier& login) {
    if (texts.size() > max_aliases) return std::unexpected("there are more than 64 aliases");
    std::vector<auth::Identifier> aliases;
    for (const std::string& text : texts) {
        auto alias = read_name(text, "alias");
        if (!alias) return std::unexpected(alias.error());
        if (*alias == login)
            return std::unexpected("the alias " + in_quotes(text) + " is the login itself: leave it out");
        aliases.push_back(std::move(*alias));
    }
    std::ranges::sort(aliases);
    const auto twice = std::ranges::adjacent_find(aliases);
    if (twice != aliases.end()) return std::unexpected("the alias " + in_quotes(twice->text()) + " is given twice");
    return aliases;
}

std::expected<std::vector<std::string>, std::string> read_groups(std::span<const std::string> texts,
                                                                 std::span<const std::string> known) {
    std::vector<std::string> groups(texts.begin(), texts.end());
    for (const std::string& group : groups) {
        if (std::ranges::find(known, group) != known.end()) continue;
        const std::string choice = known.empty() ? "it lists none" : "it lists " + joined(known);
        return std::unexpected("the group " + in_quotes(group) + " is not in the configuration (" + choice +
                               "): add it to `groups` there first");
    }
    std::ranges::sort(groups);
    groups.erase(std::ranges::unique(groups).begin(), groups.end());
    return groups;
}

std::expected<std::string, std::string> read_display_name(std::string_view text) {
    const auto checked = auth::check_display_name(text);
    if (checked) return std::string(text);
    return std::unexpected("the display name " + in_quotes(text) + ' ' + std::string(auth::describe(checked.error())));
}

}  // namespace postern::app
