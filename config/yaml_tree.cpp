#include "config/yaml_tree.hpp"

#include "base/utf8.hpp"
#include "config/wording.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace postern::config {
namespace {

constexpr std::size_t deepest_nesting = 32;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr const char* no_aliases =
    "anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text";

/// The text and where its lines start, so that the parser's marks, which count bytes from 0, become positions.
class SourceText {
public:
    explicit SourceText(std::string_view text) : text_(text), line_starts_{0} {
        for (std::size_t at = 0; at < text.size(); ++at)
            if (text[at] == '\n') line_starts_.push_back(at + 1);
    }

    [[nodiscard]] std::size_t offset(const YAML::Mark& mark) const {
        if (mark.line < 0 || mark.column < 0) return 0;
        const auto line = std::min(static_cast<std::size_t>(mark.line), line_starts_.size() - 1);
        return std::min(line_starts_[line] + static_cast<std::size_t>(mark.column), text_.size());
    }

    [[nodiscard]] Position position(std::size_t offset) const {
        const auto next = std::ranges::upper_bound(line_starts_, offset);
        const std::size_t start = *(next - 1);
        const auto characters = std::ranges::count_if(text_.substr(start, offset - start), starts_character);
        return {.line = static_cast<std::size_t>(next - line_starts_.begin()),
                .column = static_cast<std::size_t>(characters) + 1};
    }

    [[nodiscard]] Position position(const YAML::Mark& mark) const { return position(offset(mark)); }

    [[nodiscard]] std::string_view from(const YAML::Mark& mark) const { return text_.substr(offset(mark)); }

    [[nodiscard]] bool is_indented_with_tab(std::size_t line) const {
        const std::string_view rest = text_.substr(line_starts_[line - 1]);
        const auto indentation = rest.substr(0, rest.find_first_not_of(" \t"));
        return indentation.find('\t') != std::string_view::npos;
    }

private:
    static bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

    std::string_view text_;
    std::vector<std::size_t> line_starts_;
};

/// yaml-cpp takes the end of the file for the end of an open quotation (0.7).
bool is_unclosed_quotation(std::string_view text) {
    const char quote = text.empty() ? '\0' : text.front();
    if (quote != '"' && quote != '\'') return false;
    for (std::size_t at = 1; at < text.size(); ++at) {
        const bool escapes_next = quote == '"' ? text[at] == '\\' : text.substr(at).starts_with("''");
        if (escapes_next)
            ++at;
        else if (text[at] == quote)
            return false;
    }
    return true;
}

/// Builds the tree. Throws YamlFault, which passes through the parser, at whatever is refused.
class TreeBuilder final : public YAML::EventHandler {
public:
    explicit TreeBuilder(const SourceText& source) : source_(source) {}

    [[nodiscard]] YamlNode take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(started_, true))
            refuse(mark,
                   "a second document starts here (---, or a line indented less than the first one); "
                   "the file must be one document");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check(mark, "?", anchor);
        add(make_node(YamlNode::Kind::nothing, key_ ? key_->position : source_.position(mark)));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, no_aliases); }

    void OnScalar(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  const std::string& value) override {
        check(mark, tag, anchor);
        if (tag == "!" && is_unclosed_quotation(source_.from(mark))) refuse(mark, "this quotation is never closed");
        if (is_key_expected() && tag == "?" && value == "<<")
            refuse(mark, "merge keys (<<) are not accepted: write the keys out");
        YamlNode scalar = make_node(YamlNode::Kind::scalar, source_.position(mark));
        scalar.scalar = value;
        add(std::move(scalar));
    }

    void OnSequenceStart(const YAML::Mark& mark,
                         const std::string& tag,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlNode::Kind::list);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark,
                    const std::string& tag,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlNode::Kind::mapping);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or mapping that is not complete yet, with the key it will stand under.
    struct Open {
        YamlNode node;
        std::optional<YamlEntry> own_key;
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) const {
        throw YamlFault{source_.position(mark), std::move(message)};
    }

    void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
        if (anchor != 0) refuse(mark, no_aliases);
        // "?" is the parser's word for no tag, "!" its word for quoted.
        if (!tag.empty() && tag != "?" && tag != "!")
            refuse(mark, "tags (!) are not accepted: leave it out, or quote the value if it is text");
    }

    [[nodiscard]] bool is_key_expected() const {
        return !open_.empty() && open_.back().node.kind == YamlNode::Kind::mapping && !key_;
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
        check(mark, tag, anchor);
        if (is_key_expected()) refuse(mark, "a key must be text");
        if (open_.size() == deepest_nesting)
            refuse(mark, "nested too deeply (more than " + std::to_string(deepest_nesting) + " levels)");
        open_.push_back({make_node(kind, source_.position(mark)), std::exchange(key_, std::nullopt)});
    }

    void close() {
        Open finished = std::move(open_.back());
        open_.pop_back();
        key_ = std::move(finished.own_key);
        add(std::move(finished.node));
    }

    void add(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
        } else if (open_.back().node.kind == YamlNode::Kind::list) {
            open_.back().node.items.push_back(std::move(node));
        } else if (key_) {
            key_->value = std::move(node);
            open_.back().node.entries.push_back(std::move(*std::exchange(key_, std::nullopt)));
        } else if (node.kind == YamlNode::Kind::scalar) {
            key_ = YamlEntry{.key = std::move(node.scalar), .position = node.position, .value = {}};
        } else {
            throw YamlFault{node.position, "a key must be text"};
        }
    }

    const SourceText& source_;
    bool started_ = false;
    YamlNode root_;
    std::vector<Open> open_;
    std::optional<YamlEntry> key_;  // read, and waiting for its value
};

/// What YAML does not allow anywhere. Carriage returns are accepted only in front of a line feed.
std::optional<YamlFault> find_bad_character(std::string_view text, const SourceText& source) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = base::utf8_character_length(text.substr(at));
        if (length == 0) return YamlFault{source.position(at), "not UTF-8 text"};
        const bool line_end = text.substr(at).starts_with("\r\n") || text[at] == '\n' || text[at] == '\t';
        if (!line_end && is_control_character(text.substr(at, length)))
            return YamlFault{source.position(at), "a control character (" + shown(text.substr(at, length)) + ')'};
        at += length;
    }
    return std::nullopt;
}

/// What the parser's own words for common mistakes mean to somebody who wrote one.
std::string in_plain_words(const std::string& message) {
    using namespace YAML::ErrorMsg;
    static const std::map<std::string_view, std::string_view> plain_words{
        {MAP_VALUE, "a colon that ends no key here (text with a colon in it must be quoted)"},
        {END_OF_MAP, "expected the next key or the end of the section (a quotation may have ended too early)"},
        {END_OF_MAP_FLOW, "expected , or } before this"},
        {END_OF_SEQ_FLOW, "expected , or ] before this"},
        {FLOW_END, "nothing was opened that this closes"},
        {UNKNOWN_TOKEN, "text that starts with this character must be quoted"},
    };
    const auto found = plain_words.find(message);
    return found == plain_words.end() ? shown(message) : std::string(found->second);
}

std::string explain(const YAML::Exception& exception, const SourceText& source, Position position) {
    if (exception.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR) return no_aliases;
    if (source.is_indented_with_tab(position.line)) return "not valid YAML: indented with a tab, which must be spaces";
    return "not valid YAML: " + in_plain_words(exception.msg);
}

}  // namespace

YamlNode make_node(YamlNode::Kind kind, Position position) {
    YamlNode node;
    node.kind = kind;
    node.position = position;
    return node;
}

std::expected<YamlNode, YamlFault> parse_yaml(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const SourceText source(text);
    if (auto fault = find_bad_character(text, source)) return std::unexpected(std::move(*fault));
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        TreeBuilder builder(source);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take_root();
    } catch (const YamlFault& fault) {
        return std::unexpected(fault);
    } catch (const YAML::Exception& exception) {
        const Position position = source.position(exception.mark);
        return std::unexpected(YamlFault{position, explain(exception, source, position)});
    }
}

}  // namespace postern::config
