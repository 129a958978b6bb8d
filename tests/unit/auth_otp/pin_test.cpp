#include "auth/otp/pin.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::auth::otp {
namespace {

using namespace std::chrono_literals;

struct PinCase {
    std::string name, pin, want;
};
class Pin : public testing::TestWithParam<PinCase> {};

TEST_P(Pin, IsJudged) {
    const auto checked = check_pin(base::Secret(GetParam().pin), std::chrono::year_month_day(1984y / 3 / 17));
    EXPECT_EQ(checked ? "good" : std::string(describe(checked.error())), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Of,
                         Pin,
                         testing::ValuesIn(std::vector<PinCase>{
                             {"FourDigits", "2580", "good"},
                             {"FiveDigits", "25803", "good"},
                             {"SixDigits", "258036", "good"},
                             {"ThreeDigits", "258", "has fewer than 4 or more than 6 digits"},
                             {"SevenDigits", "2580369", "has fewer than 4 or more than 6 digits"},
                             {"Empty", "", "has fewer than 4 or more than 6 digits"},
                             {"Letters", "25a0", "contains something other than digits"},
                             {"Nul",
                              std::string("25\0"
                                          "0",
                                          4),
                              "contains something other than digits"},
                             {"OneDigit", "0000", "is the same digits over and over"},
                             {"OnePair", "121212", "is the same digits over and over"},
                             {"OneTriple", "123123", "is the same digits over and over"},
                             {"OneTripleCutShort", "25825", "good"},
                             {"Up", "1234", "is a sequence"},
                             {"Down", "654321", "is a sequence"},
                             {"YearOfBirth", "1984", "is part of your date of birth"},
                             {"DayAndMonth", "1703", "is part of your date of birth"},
                             {"MonthAndDay", "0317", "is part of your date of birth"},
                             {"MonthAndYear", "0384", "is part of your date of birth"},
                             {"YearAndMonth", "8403", "is part of your date of birth"},
                             {"FullYearAndMonth", "198403", "is part of your date of birth"},
                             {"MonthAndFullYear", "031984", "is part of your date of birth"},
                             {"WholeDate", "170384", "is part of your date of birth"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(PasscodeTest, IsAPinOfFourToSixDigitsAndThenTheCode) {
    for (const std::string pin : {"2580", "25803", "258036"}) {
        const auto passcode = split_passcode(base::Secret(pin + "123456"), 6);
        ASSERT_TRUE(passcode);
        EXPECT_EQ(passcode->pin.reveal(), pin);
        EXPECT_EQ(passcode->code.reveal(), "123456");
    }
    for (const std::string& text : {std::string("258123456"), std::string("2580369123456"), std::string("2580 123456"),
                                    std::string(), std::string(10'000, '1')}) {
        EXPECT_FALSE(split_passcode(base::Secret(text), 6)) << text.substr(0, 20);
    }
    EXPECT_TRUE(split_passcode(base::Secret("258012345678"), 8));
}

}  // namespace
}  // namespace postern::auth::otp
