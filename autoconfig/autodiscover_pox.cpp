#include "autoconfig/autodiscover_pox.hpp"

#include "autoconfig/xml.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cassert>

namespace postern::autoconfig {
namespace {

constexpr const char* answer_schema = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
constexpr const char* outlook_schema =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

constexpr int max_depth = 16;
// Tags and attributes together. They cost the parser more memory than text of the same length.
constexpr int max_marks = 256;

// XML 1.0 section 2.2 without the parts of it that no request needs.
bool is_plain_text(std::string_view body) {
    return base::is_utf8(body) && std::ranges::none_of(body, [](char c) {
               return base::is_control(c) && c != '\t' && c != '\n' && c != '\r';
           });
}

// "<!" begins a comment, a CDATA section, or a declaration: DOCTYPE, ENTITY and their kin.
bool has_declarations(std::string_view body) {
    for (auto at = body.find("<!"); at != std::string_view::npos; at = body.find("<!", at + 1)) {
        const std::string_view rest = body.substr(at + 2);
        if (!rest.starts_with("--") && !rest.starts_with("[CDATA[")) return true;
    }
    return false;
}

bool is_worth_parsing(std::string_view body) {
    return body.size() <= max_autodiscover_request && is_plain_text(body) && !has_declarations(body) &&
           std::ranges::count_if(body, [](char c) { return c == '<' || c == '='; }) <= max_marks;
}

bool is_encoding_utf8(const pugi::xml_document& document) {
    const pugi::xml_node first = document.first_child();
    if (first.type() != pugi::node_declaration) return true;
    const pugi::xml_attribute encoding = first.attribute("encoding");
    return !encoding || base::iequals(encoding.value(), "utf-8");
}

// Stops the walk at the first node that stands too deep. Neither pugixml's parser nor its walk recurses.
class DepthLimit final : public pugi::xml_tree_walker {
public:
    bool for_each(pugi::xml_node& /*node*/) override { return depth() < max_depth; }
};

// The first element among the children that has this name behind its namespace prefix, if any.
pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name) {
    return parent.find_child([name](const pugi::xml_node& child) {
        const std::string_view qualified = child.name();
        return child.type() == pugi::node_element && qualified.substr(qualified.rfind(':') + 1) == name;
    });
}

std::string_view text_of(const pugi::xml_node& element) {
    constexpr std::string_view white_space = " \t\r\n";
    const std::string_view text = element.child_value();
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

pugi::xml_node add_answer(pugi::xml_document& document) {
    add_declaration(document, "utf-8");
    pugi::xml_node root = document.append_child("Autodiscover");
    root.append_attribute("xmlns") = answer_schema;
    return root.append_child("Response");
}

// In the order of Microsoft's table of elements, which Outlook validates.
pugi::xml_node add_protocol(pugi::xml_node account,
                            const char* type,
                            const MailService& service,
                            const std::optional<MailAddress>& address) {
    pugi::xml_node protocol = account.append_child("Protocol");
    add_text(protocol, "Type", type);
    add_text(protocol, "Server", service.hostname);
    add_text(protocol, "Port", std::to_string(service.port));
    if (address) add_text(protocol, "LoginName", address->text);
    add_text(protocol, "DomainRequired", "off");
    add_text(protocol, "SPA", "off");
    add_text(protocol, "SSL", "on");
    // What Outlook calls TLS is STARTTLS.
    add_text(protocol, "Encryption", service.security == SocketSecurity::implicit_tls ? "SSL" : "TLS");
    add_text(protocol, "AuthRequired", "on");
    return protocol;
}

}  // namespace

std::expected<AutodiscoverRequest, AutodiscoverError> read_autodiscover_request(std::string_view body) {
    const auto invalid = std::unexpected(AutodiscoverError::invalid_request);
    if (!is_worth_parsing(body)) return invalid;
    pugi::xml_document document;
    // The encoding is forced, or pugixml would guess UTF-16 and UTF-32 from the first bytes.
    const unsigned options = pugi::parse_default | pugi::parse_declaration;
    if (!document.load_buffer(body.data(), body.size(), options, pugi::encoding_utf8)) return invalid;
    DepthLimit depth_limit;
    if (!is_encoding_utf8(document) || !document.traverse(depth_limit)) return invalid;

    const pugi::xml_node request = child_named(child_named(document, "Autodiscover"), "Request");
    const pugi::xml_node schema = child_named(request, "AcceptableResponseSchema");
    if (!schema) return invalid;
    if (text_of(schema) != outlook_schema) return std::unexpected(AutodiscoverError::provider_is_not_available);
    return AutodiscoverRequest{.address = MailAddress::parse(text_of(child_named(request, "EMailAddress")))};
}

std::string autodiscover_settings(const MailServices& services, const std::optional<MailAddress>& address) {
    assert(!address || address->domain == services.domain);
    pugi::xml_document document;
    pugi::xml_node response = add_answer(document);
    response.append_attribute("xmlns") = outlook_schema;
    const pugi::xml_node account = response.append_child("Account");
    add_text(account, "AccountType", "email");
    add_text(account, "Action", "settings");
    add_protocol(account, "IMAP", services.imap, address);
    const pugi::xml_node smtp = add_protocol(account, "SMTP", services.submission, address);
    add_text(smtp, "UsePOPAuth", "off");
    add_text(smtp, "SMTPLast", "off");
    return to_bytes(document);
}

std::string autodiscover_error(AutodiscoverError error) {
    pugi::xml_document document;
    pugi::xml_node element = add_answer(document).append_child("Error");
    // Exchange writes its time of day and a number for its log. No client reads either; as constants they keep the
    // answer one document for everybody, which tells nothing about this machine.
    element.append_attribute("Time") = "12:00:00";
    element.append_attribute("Id") = "0";
    add_text(element, "ErrorCode", std::to_string(static_cast<unsigned>(error)));
    add_text(element, "Message",
             error == AutodiscoverError::invalid_request ? "Invalid Request" : "Provider is not available");
    element.append_child("DebugData");
    return to_bytes(document);
}

}  // namespace postern::autoconfig
