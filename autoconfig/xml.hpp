/// The few things every XML writer of this room does with pugixml, which escapes all text and attributes.
#pragma once

#include <pugixml.hpp>

#include <string>

namespace postern::autoconfig {

/// Adds `<?xml version="1.0" encoding="..."?>`. The bytes are UTF-8 in any case; only how it is spelt is chosen here.
void add_declaration(pugi::xml_document& document, const char* encoding);

/// Adds `<name>text</name>` with no white space around the text: several clients do not trim.
void add_text(pugi::xml_node parent, const char* name, const std::string& text);

/// The document in UTF-8, two spaces for each level, ending in a line feed. The same document gives the same bytes.
[[nodiscard]] std::string to_bytes(const pugi::xml_document& document);

}  // namespace postern::autoconfig
