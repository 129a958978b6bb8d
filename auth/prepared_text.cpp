#include "auth/prepared_text.hpp"

#include "base/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/usprep.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace postern::auth {

namespace {

constexpr std::size_t max_name_bytes = 1024;

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

struct CloseProfile {
    void operator()(UStringPrepProfile* profile) const noexcept { usprep_close(profile); }
};

/// Immutable once it is open, so threads may share it.
const UStringPrepProfile& saslprep() {
    static const std::unique_ptr<UStringPrepProfile, CloseProfile> profile = [] {
        UErrorCode status = U_ZERO_ERROR;
        std::unique_ptr<UStringPrepProfile, CloseProfile> opened(usprep_openByType(USPREP_RFC4013_SASLPREP, &status));
        if (U_FAILURE(status) != 0) throw std::runtime_error("ICU does not know SASLprep");
        return opened;
    }();
    return *profile;
}

const icu::Normalizer2& nfc() {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status) != 0) throw std::runtime_error("ICU does not know NFC");
    return *normalizer;
}

/// Appends to a buffer that is wiped.
class WipingSink final : public icu::ByteSink {
public:
    explicit WipingSink(base::WipingBuffer& buffer) : buffer_(buffer) {}
    void Append(const char* bytes, std::int32_t count) override {
        base::append(buffer_, {bytes, static_cast<std::size_t>(count)});
    }

private:
    base::WipingBuffer& buffer_;
};

base::WipingBuffer with_plain_spaces(std::string_view text) {
    base::WipingBuffer result;
    while (!text.empty()) {
        const std::size_t length = base::utf8_character_length(text);
        std::string_view rest = text;
        const auto code_point = base::take_code_point(rest);
        const bool is_space = code_point && u_charType(static_cast<UChar32>(*code_point)) == U_SPACE_SEPARATOR;
        base::append(result, is_space ? " " : text.substr(0, length));
        text.remove_prefix(length);
    }
    return result;
}

}  // namespace

std::optional<std::string> prepared_name(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    if (text.size() > max_name_bytes || !base::is_utf8(text)) return std::nullopt;
    const icu::UnicodeString source = icu::UnicodeString::fromUTF8(std::string(text));
    // NFKC makes no character longer than eighteen.
    icu::UnicodeString target;
    const std::int32_t capacity = source.length() * 18;
    UErrorCode status = U_ZERO_ERROR;
    const std::int32_t length = usprep_prepare(&saslprep(), source.getBuffer(), source.length(),
                                               target.getBuffer(capacity), capacity, USPREP_DEFAULT, nullptr, &status);
    target.releaseBuffer(U_SUCCESS(status) != 0 ? length : 0);
    if (U_FAILURE(status) != 0) return std::nullopt;
    std::string result;
    target.toUTF8String(result);
    return result;
}

base::Secret prepared_password(const base::Secret& password) {
    const std::string_view text = password.reveal();
    if (is_ascii(text) || !base::is_utf8(text)) return password.clone();
    const base::WipingBuffer spaced = with_plain_spaces(text);
    base::WipingBuffer composed;
    composed.reserve(text.size());
    WipingSink sink(composed);
    UErrorCode status = U_ZERO_ERROR;
    nfc().normalizeUTF8(0, icu::StringPiece(spaced.data(), static_cast<std::int32_t>(spaced.size())), sink, nullptr,
                        status);
    if (U_FAILURE(status) != 0) return password.clone();
    return base::Secret(std::move(composed));
}

}  // namespace postern::auth
