#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace postern::base {
namespace {

std::optional<std::string> decoded(std::string_view text) {
    const auto bytes = base64_decode(text);
    if (!bytes) return std::nullopt;
    return std::string(view(*bytes));
}

std::string encoded(std::string_view bytes) {
    return std::string(view(base64_encode(bytes)));
}

struct VectorCase {
    std::string name;
    std::string bytes;
    std::string text;
};
class Base64Vector : public testing::TestWithParam<VectorCase> {};

TEST_P(Base64Vector, GoesBothWays) {
    EXPECT_EQ(encoded(GetParam().bytes), GetParam().text);
    EXPECT_EQ(decoded(GetParam().text), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(Rfc4648Section10,
                         Base64Vector,
                         testing::ValuesIn(std::vector<VectorCase>{
                             {"Nothing", "", ""},
                             {"OneByte", "f", "Zg=="},
                             {"TwoBytes", "fo", "Zm8="},
                             {"ThreeBytes", "foo", "Zm9v"},
                             {"FourBytes", "foob", "Zm9vYg=="},
                             {"FiveBytes", "fooba", "Zm9vYmE="},
                             {"SixBytes", "foobar", "Zm9vYmFy"},
                             {"BothSpecialDigits", "\xFB\xFF\xBF", "+/+/"},
                             {"Nul", std::string(1, '\0'), "AA=="},
                             {"AllOnes", "\xFF\xFF\xFF", "////"},
                         }),
                         [](const auto& test) { return test.param.name; });

struct RefusedCase {
    std::string name;
    std::string text;
};
class Base64Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Base64Refused, IsNotForgiven) {
    EXPECT_EQ(decoded(GetParam().text), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Rfc4648Section3,
                         Base64Refused,
                         testing::ValuesIn(std::vector<RefusedCase>{
                             {"NoPadding", "Zg"},
                             {"HalfThePadding", "Zg="},
                             {"TooMuchPadding", "Zg==="},
                             {"AWholeGroupOfPadding", "Zm9v===="},
                             {"OnlyPadding", "===="},
                             {"OnlyOnePad", "="},
                             {"ThreePads", "Z==="},
                             {"PaddingInside", "Zg==Zm9v"},
                             {"PaddingInsideAGroup", "Z=g="},
                             {"PaddingFirst", "=Zg="},
                             {"BitsBehindTheLastByte", "Zh=="},
                             {"BitsBehindTheLastTwoBytes", "Zm9="},
                             {"SpaceBehind", "Zm9v "},
                             {"SpaceInside", "Zm 9v"},
                             {"FourSpaces", "    "},
                             {"LineEnd", "Zm9v\r\n"},
                             {"UrlAlphabet", "-_-_"},
                             {"NulInside", std::string("Zm\0v", 4)},
                             {"ByteOutsideAscii", "Zm9\xC3"},
                             {"LastByteOfAll", "Zm9\xFF"},
                             {"CancelOfSasl", "*"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Base64, EveryByteAtEveryPlaceOfAGroupGoesBothWays) {
    for (std::size_t size = 1; size <= 4; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string bytes(size, 'x');
                bytes[place] = static_cast<char>(static_cast<unsigned char>(byte));
                EXPECT_EQ(decoded(encoded(bytes)), bytes);
            }
        }
    }
}

TEST(Base64, EveryTextOfOneGroupThatDecodesIsTheOnlyTextOfItsBytes) {
    // All pairs of digits with full padding: 4096 texts, of which only those without stray bits may pass.
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::size_t accepted = 0;
    for (const char first : digits) {
        for (const char second : digits) {
            const std::string text{first, second, '=', '='};
            const auto bytes = decoded(text);
            if (!bytes) continue;
            ++accepted;
            EXPECT_EQ(encoded(*bytes), text);
        }
    }
    EXPECT_EQ(accepted, 256U);
}

TEST(Base64, LongInputGoesBothWays) {
    std::string bytes;
    for (std::size_t i = 0; i < 100'003; ++i) bytes += static_cast<char>(i * 7 % 256);
    EXPECT_EQ(decoded(encoded(bytes)), bytes);
}

}  // namespace
}  // namespace postern::base
