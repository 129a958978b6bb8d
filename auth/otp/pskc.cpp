#include "auth/otp/pskc.hpp"

#include "auth/otp/pskc_cipher.hpp"
#include "base/ascii.hpp"
#include "base/base64.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace postern::auth::otp {

namespace {

constexpr std::size_t most_faults = 100;
constexpr std::size_t max_serial_bytes = 64;
constexpr std::size_t max_value_bytes = 1024;

/// Names of elements bear prefixes of their maker's choice; only what is behind the colon tells them apart here.
std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const std::size_t colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    return node.find_child([name](const pugi::xml_node& each) { return local_name(each) == name; });
}

/// The node at the end of a path of children; an empty one where it breaks off.
pugi::xml_node at(pugi::xml_node node, std::initializer_list<std::string_view> path) {
    for (const std::string_view name : path) node = child(node, name);
    return node;
}

std::string_view text_of(const pugi::xml_node& node) {
    std::string_view text = node.child_value();
    while (!text.empty() && (base::is_control(text.front()) || text.front() == ' ')) text.remove_prefix(1);
    while (!text.empty() && (base::is_control(text.back()) || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::string_view algorithm_of(const pugi::xml_node& node) {
    return node.attribute("Algorithm").value();
}

/// Base64 with the white space that XML lets makers put anywhere.
std::optional<base::WipingBuffer> bytes_of(const pugi::xml_node& node) {
    const std::string_view text = text_of(node);
    if (text.empty() || text.size() > 2 * max_value_bytes) return std::nullopt;
    base::WipingBuffer packed;
    packed.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(packed), [](char c) { return c != ' ' && !base::is_control(c); });
    return base::base64_decode(base::view(packed));
}

std::optional<unsigned> number_of(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<HashAlgorithm> suite_named(std::string_view name) {
    if (name.empty() || name == "HMAC-SHA1" || name == "SHA1") return HashAlgorithm::sha1;
    if (name == "HMAC-SHA256" || name == "SHA256") return HashAlgorithm::sha256;
    if (name == "HMAC-SHA512" || name == "SHA512") return HashAlgorithm::sha512;
    return std::nullopt;
}

template <class T>
using Read = std::expected<T, std::string>;

std::unexpected<std::string> wrong(std::string what) {
    return std::unexpected(std::move(what));
}

/// One container.
class Reader {
public:
    Reader(const pugi::xml_node& container, const PskcUnlock& unlock) : container_(container), unlock_(unlock) {}

    std::expected<std::vector<ImportedKey>, std::vector<std::string>> read() {
        if (auto opened = open(); !opened) return std::unexpected(std::vector{opened.error()});
        std::vector<ImportedKey> keys;
        std::size_t position = 0;
        for (const pugi::xml_node& package : container_.children()) {
            if (local_name(package) != "KeyPackage") continue;
            ++position;
            if (position > max_pskc_keys)
                return std::unexpected(std::vector{std::string("there are more than 100000 keys")});
            auto key = read_key(package);
            if (key) {
                keys.push_back(std::move(*key));
            } else if (faults_.size() < most_faults) {
                faults_.push_back("key " + std::to_string(position) + ": " + key.error());
            }
        }
        if (position == 0) faults_.emplace_back("there are no keys");
        if (!faults_.empty()) return std::unexpected(std::move(faults_));
        return keys;
    }

private:
    /// The keys that encrypted values need; nothing where no key is said to be used.
    Read<void> open() {
        const pugi::xml_node encryption = child(container_, "EncryptionKey");
        if (!encryption) return {};
        const pugi::xml_node derived = child(encryption, "DerivedKey");
        if (derived) {
            if (auto done = derive(derived); !done) return done;
        } else if (unlock_.key.empty()) {
            return wrong("it is encrypted: give the key it was encrypted with");
        } else {
            key_ = unlock_.key.clone();
        }
        return open_mac();
    }

    Read<void> derive(const pugi::xml_node& derived) {
        if (unlock_.password.empty()) return wrong("it is encrypted: give the password it was encrypted with");
        const pugi::xml_node method = child(derived, "KeyDerivationMethod");
        if (!algorithm_of(method).ends_with("pbkdf2"))
            return wrong("its key is derived by something other than PBKDF2");
        const pugi::xml_node parameters = child(method, "PBKDF2-params");
        const auto salt = bytes_of(at(parameters, {"Salt", "Specified"}));
        const auto iterations = number_of(text_of(child(parameters, "IterationCount")));
        const auto key_bytes = number_of(text_of(child(parameters, "KeyLength")));
        if (!salt || !iterations || *iterations == 0 || !key_bytes)
            return wrong("the derivation of its key is not described wholly");
        if (*iterations > max_pskc_iterations) return wrong("its key asks for more than a million iterations");
        if (*key_bytes != 16 && *key_bytes != 24 && *key_bytes != 32)
            return wrong("its key has not 16, 24 or 32 bytes");
        auto key = pskc_derive(unlock_.password, base::view(*salt), *iterations, *key_bytes,
                               algorithm_of(child(parameters, "PRF")));
        if (!key) return wrong("its key is derived with an unknown function");
        key_ = std::move(*key);
        return {};
    }

    Read<void> open_mac() {
        const pugi::xml_node method = child(container_, "MACMethod");
        mac_algorithm_ = algorithm_of(method);
        if (!is_pskc_mac(mac_algorithm_)) return wrong("its values are not authenticated by HMAC");
        const pugi::xml_node mac_key = child(method, "MACKey");
        if (!mac_key) {
            mac_key_ = key_.clone();  // section 6.1.1
            return {};
        }
        const auto bytes = bytes_of(at(mac_key, {"CipherData", "CipherValue"}));
        auto opened = bytes ? pskc_decrypt(algorithm_of(child(mac_key, "EncryptionMethod")), key_, base::view(*bytes))
                            : std::nullopt;
        if (!opened) return wrong("the key or password does not open it");
        mac_key_ = std::move(*opened);
        return {};
    }

    Read<base::Secret> read_secret(const pugi::xml_node& secret) const {
        if (const pugi::xml_node plain = child(secret, "PlainValue")) {
            auto bytes = bytes_of(plain);
            if (!bytes) return wrong("the seed is no base64");
            return base::Secret(std::move(*bytes));
        }
        const pugi::xml_node value = child(secret, "EncryptedValue");
        if (!value) return wrong("there is no seed");
        if (key_.empty()) return wrong("the seed is encrypted, but nothing says with which key");
        const std::string_view algorithm = algorithm_of(child(value, "EncryptionMethod"));
        if (!is_pskc_cipher(algorithm)) return wrong("the seed is encrypted by something other than AES-CBC");
        const auto bytes = bytes_of(at(value, {"CipherData", "CipherValue"}));
        const auto mac = bytes_of(child(secret, "ValueMAC"));
        if (!bytes || !mac) return wrong("the encrypted seed or its MAC is missing");
        if (!is_pskc_mac_of(base::view(*mac), mac_algorithm_, mac_key_, base::view(*bytes)))
            return wrong("the MAC of the seed is wrong: another key, or the file was changed");
        auto seed = pskc_decrypt(algorithm, key_, base::view(*bytes));
        if (!seed) return wrong("the seed cannot be decrypted");
        return std::move(*seed);
    }

    Read<ImportedKey> read_key(const pugi::xml_node& package) {
        const pugi::xml_node key = child(package, "Key");
        if (!algorithm_of(key).ends_with(":totp")) return wrong("it is no TOTP key");
        const pugi::xml_node data = child(key, "Data");
        const pugi::xml_node parameters = child(key, "AlgorithmParameters");
        const pugi::xml_node format = child(parameters, "ResponseFormat");
        if (std::string_view(format.attribute("Encoding").value()) != "DECIMAL")
            return wrong("its codes are not decimal");
        const auto digits = number_of(format.attribute("Length").value());
        const auto suite = suite_named(text_of(child(parameters, "Suite")));
        const std::string_view interval = text_of(at(data, {"TimeInterval", "PlainValue"}));
        const auto step = interval.empty() ? std::optional(30U) : number_of(interval);
        if (!digits || *digits > 99 || !suite || !step || *step > 3600)
            return wrong("its parameters are not understood");
        const std::string_view start = text_of(at(data, {"Time", "PlainValue"}));
        if (!start.empty() && number_of(start) != 0U) return wrong("its time does not begin in 1970");
        auto seed = read_secret(child(data, "Secret"));
        if (!seed) return wrong(seed.error());
        ImportedKey imported{
            .serial = std::string(text_of(at(package, {"DeviceInfo", "SerialNo"})).substr(0, max_serial_bytes + 1)),
            .seed = std::move(*seed),
            .algorithm = *suite,
            .digits = static_cast<int>(*digits),
            .step_seconds = static_cast<int>(*step)};
        if (const std::string fault = fault_of(imported); !fault.empty()) return wrong(fault);
        if (!serials_.insert(imported.serial).second) return wrong("the serial is there twice");
        return imported;
    }

    pugi::xml_node container_;
    const PskcUnlock& unlock_;
    base::Secret key_, mac_key_;
    std::string_view mac_algorithm_;
    std::set<std::string> serials_;
    std::vector<std::string> faults_;
};

}  // namespace

std::expected<std::vector<ImportedKey>, std::vector<std::string>> read_pskc(base::WipingBuffer text,
                                                                            const PskcUnlock& unlock) {
    const auto refuse = [](std::string why) { return std::unexpected(std::vector{std::move(why)}); };
    if (text.size() > max_pskc_bytes) return refuse("it is larger than 10 MiB");
    if (base::view(text).contains("<!DOCTYPE") || base::view(text).contains("<!ENTITY"))
        return refuse("it declares a document type or entities");
    pugi::xml_document document;
    // In place, so that no copy of a seed is left unwiped.
    const auto parsed =
        document.load_buffer_inplace(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) return refuse("it is no XML");
    const pugi::xml_node container = document.document_element();
    if (local_name(container) != "KeyContainer") return refuse("it is no KeyContainer of RFC 6030");
    return Reader(container, unlock).read();
}

}  // namespace postern::auth::otp
