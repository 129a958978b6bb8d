#include "app/otp_csv.hpp"

#include "app/account_text.hpp"
#include "app/csv_reader.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

namespace postern::app {

namespace {

constexpr std::size_t columns = 5;
constexpr std::size_t max_hex_digits = 128;

std::optional<unsigned> hex_digit(char c) {
    if (base::is_digit(c)) return static_cast<unsigned>(c - '0');
    const char lower = base::to_lower(c);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
    return std::nullopt;
}

/// A number of at most four digits; 0 for anything else, which no rule takes.
int small_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc{} && end == text.data() + text.size() && text.size() <= 4;
    return is_number ? number : 0;
}

/// Collects the rows of one file.
class Delivery {
public:
    explicit Delivery(LineErrors& errors) : errors_(errors) {}

    void add(std::size_t line, std::span<base::WipingBuffer> fields) {
        if (keys_.size() >= max_otp_keys) return add_once(line);
        if (fields.size() != columns) {
            return errors_.add(line, "the row has " + std::to_string(fields.size()) +
                                         " fields instead of serial,hexseed,type,digits,step");
        }
        const auto text = [&](std::size_t i) { return base::trim(base::view(fields[i])); };
        if (base::to_lower(text(2)) != "totp") return errors_.add(line, "the type is not totp");
        auto seed = from_hex(text(1));
        if (!seed) return errors_.add(line, "the seed is not 20 to 128 hexadecimal digits");
        auth::otp::ImportedKey key{.serial = std::string(text(0).substr(0, max_field_bytes)),
                                   .seed = std::move(*seed),
                                   .digits = small_number(text(3)),
                                   .step_seconds = small_number(text(4))};
        if (const std::string fault = auth::otp::fault_of(key); !fault.empty()) return errors_.add(line, fault);
        const auto [first, is_new] = lines_.emplace(key.serial, line);
        if (!is_new)
            return errors_.add(line, "the serial " + in_quotes(key.serial) + " is on line " +
                                         std::to_string(first->second) + " already");
        keys_.push_back(std::move(key));
    }

    [[nodiscard]] std::vector<auth::otp::ImportedKey> take() { return std::move(keys_); }

private:
    void add_once(std::size_t line) {
        if (!is_full_) errors_.add(line, "the file has more than 100000 keys: import it in parts");
        is_full_ = true;
    }

    LineErrors& errors_;
    std::vector<auth::otp::ImportedKey> keys_;
    std::map<std::string, std::size_t> lines_;
    bool is_full_ = false;
};

}  // namespace

std::optional<base::Secret> from_hex(std::string_view text) {
    if (text.empty() || text.size() % 2 != 0 || text.size() > max_hex_digits) return std::nullopt;
    base::WipingBuffer bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex_digit(text[i]);
        const auto low = hex_digit(text[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes.push_back(static_cast<char>(*high << 4U | *low));
    }
    return base::Secret(std::move(bytes));
}

std::vector<auth::otp::ImportedKey> read_otp_csv(std::string_view text, LineErrors& errors) {
    Delivery delivery(errors);
    read_csv(text, {[&](std::size_t line, std::span<base::WipingBuffer> fields) { delivery.add(line, fields); },
                    [&](std::size_t line, std::string what) { errors.add(line, std::move(what)); }});
    return delivery.take();
}

}  // namespace postern::app
