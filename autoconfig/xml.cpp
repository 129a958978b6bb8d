#include "autoconfig/xml.hpp"

#include <cstddef>

namespace postern::autoconfig {
namespace {

class StringWriter final : public pugi::xml_writer {
public:
    explicit StringWriter(std::string& bytes) : bytes_(bytes) {}
    void write(const void* data, std::size_t size) override { bytes_.append(static_cast<const char*>(data), size); }

private:
    std::string& bytes_;
};

}  // namespace

void add_declaration(pugi::xml_document& document, const char* encoding) {
    pugi::xml_node declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = encoding;
}

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
    parent.append_child(name).text() = text.c_str();
}

std::string to_bytes(const pugi::xml_document& document) {
    std::string bytes;
    StringWriter writer(bytes);
    document.save(writer, "  ", pugi::format_default, pugi::encoding_utf8);
    return bytes;
}

}  // namespace postern::autoconfig
