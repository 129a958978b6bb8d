#include "auth/password_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace postern::auth {
namespace {

using base::Secret;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using Kind = PolicyFaultKind;

Blocklist some_words() {
    std::istringstream lines("azerty\nmotdepasse\nrentree\ntournesolrouge\n");
    Blocklist::Counts counts;
    return Blocklist::read_lines(lines, counts).value();
}

class Judge : public testing::Test {
protected:
    [[nodiscard]] std::vector<PolicyFault> judge(const std::string& password) const {
        return judge_.judge(Secret(password), owner_);
    }
    [[nodiscard]] std::vector<Kind> kinds(const std::string& password) const {
        std::vector<Kind> found;
        for (const PolicyFault& fault : judge(password)) found.push_back(fault.kind);
        return found;
    }

    PasswordPolicy policy_{.site_words = {"ac-amiens.fr", "Coll\xC3\xA8ge Marcel Sire"}};
    PasswordJudge judge_{policy_, some_words()};
    PasswordOwner owner_{.words = {"jean-noel.durand@ac-amiens.fr", "Jean-No\xC3\xABl DURAND", "U123456"}};
};

TEST_F(Judge, AcceptsGoodPasswords) {
    for (const std::string& password : {"tournesol vert 12", "k7wmt-3f9qz-hdr4x", "Le chat dort sous la pluie",
                                        "\xC3\xA9t\xC3\xA9 pluvieux \xC3\xA0 Brest",
                                        "\xD0\xBA\xD1\x80\xD0\xB0\xD1\x81\xD0\xBD\xD1\x8B\xD0\xB9 "
                                        "\xD1\x82\xD1\x80\xD0\xB0\xD0\xBA\xD1\x82\xD0\xBE\xD1\x80"})
        EXPECT_THAT(kinds(password), IsEmpty()) << password;
}

TEST_F(Judge, CountsCharactersAndNotBytes) {
    // Eleven and twelve characters, 22 and 24 bytes.
    const std::string eleven =
        "\xC3\xA9\xC3\xB9\xC3\xA0\xC3\xA7\xC3\xAA\xC3\xB4\xC3\xBB\xC3\xAE\xC3\xAB\xC3\xA8\xC3\xBC";
    EXPECT_THAT(judge(eleven), Contains(PolicyFault{Kind::too_short, 12}));
    EXPECT_THAT(kinds(eleven + "\xC3\xB1"), Not(Contains(Kind::too_short)));
}

TEST_F(Judge, AsksForLessWhereTheProfileDoes) {
    struct Case {
        bool is_pupil;
        bool has_active_otp;
        std::size_t needed;
    };
    for (const Case& c : {Case{false, false, 12}, Case{false, true, 8}, Case{true, false, 6}, Case{true, true, 6}}) {
        owner_.is_pupil = c.is_pupil;
        owner_.has_active_otp = c.has_active_otp;
        const std::string letters = "kw7mtq3fzhdx";
        EXPECT_THAT(judge(letters.substr(0, c.needed)), IsEmpty()) << c.needed;
        EXPECT_THAT(judge(letters.substr(0, c.needed - 1)), Contains(PolicyFault{Kind::too_short, c.needed}));
    }
}

TEST_F(Judge, NeverCutsALongPassword) {
    std::string longest;
    for (int i = 0; longest.size() < 256; ++i) longest += static_cast<char>('!' + i * 37 % 90);
    EXPECT_THAT(judge(longest), IsEmpty());
    EXPECT_THAT(judge(longest + "x"), ElementsAre(PolicyFault{Kind::too_long, 256}));
    EXPECT_THAT(judge(std::string(1'000'000, 'x')), ElementsAre(PolicyFault{Kind::too_long, 256}));
}

TEST_F(Judge, RefusesWhatIsNoText) {
    EXPECT_THAT(kinds("tournesol vert \xFF"), ElementsAre(Kind::not_utf8));
    EXPECT_THAT(kinds("tournesol vert \xC3"), ElementsAre(Kind::not_utf8));
    for (const std::string& password : {std::string("tournesol\0vert 12", 17), std::string("tournesol vert\n12"),
                                        std::string("tournesol vert\x7F"
                                                    "12"),
                                        std::string("tournesol vert\xC2\x85"
                                                    "12")})
        EXPECT_THAT(kinds(password), ElementsAre(Kind::control_character));
}

TEST_F(Judge, RefusesTheEmptyPassword) {
    EXPECT_THAT(kinds(""), ElementsAre(Kind::too_short, Kind::guessable));
}

TEST_F(Judge, RefusesWordsOfTheOwnerAndTheSite) {
    for (const std::string& password : {"tournesol durand 12", "tournesol DURAND 12", "tournesolD\xC3\xBBrand12",
                                        "tournesol dur4nd 12", "n0el tournesol vert", "No\xC3\xABl sous la pluie",
                                        "amiens tournesol 12", "le college vert 12", "tournesol u123456"})
        EXPECT_THAT(kinds(password), Contains(Kind::contains_context)) << password;
    EXPECT_THAT(kinds("dur and tournesol 12"), Not(Contains(Kind::contains_context)));
    EXPECT_THAT(kinds("ac fr tournesol 12"), Not(Contains(Kind::contains_context)));  // too short to be a word
}

TEST_F(Judge, RefusesListedPasswords) {
    EXPECT_THAT(kinds("TournesolRouge1"), ElementsAre(Kind::common));
    EXPECT_THAT(kinds("Rentr\xC3\xA9"
                      "e2026"),
                Contains(Kind::common));
    owner_.is_pupil = true;
    EXPECT_THAT(kinds("azerty1"), Contains(Kind::common));
}

TEST_F(Judge, RefusesForeseeablePatterns) {
    for (const std::string& password :
         {"aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "1234567890123456", "qwertyuiop123", "password password",
          "passwordpassword1987", "abcdefghijkl1234",
          "\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA\xD0\xBA"})
        EXPECT_THAT(kinds(password), Contains(Kind::guessable)) << password;
    owner_.is_pupil = true;
    for (const std::string& password : {"aaaaaa", "abcdef", "123456", "monkey", "dragon1"})
        EXPECT_THAT(kinds(password), Contains(Kind::guessable)) << password;
}

TEST_F(Judge, MeasuresWithTheWordsOfTheOwner) {
    owner_.is_pupil = true;
    owner_.words = {"kwimto"};
    EXPECT_THAT(kinds("kwimto1"), ElementsAre(Kind::contains_context, Kind::guessable));
    EXPECT_THAT(kinds("otmiwk1"), ElementsAre(Kind::guessable));  // turned round
    owner_.words = {};
    EXPECT_THAT(kinds("otmiwk1"), IsEmpty());
}

TEST_F(Judge, TakesAnyNumberOfWords) {
    owner_.words.assign(200, std::string(1000, 'a'));
    owner_.words.emplace_back("\xFF\xFE\x80 - --");
    EXPECT_THAT(kinds("tournesol vert 12"), IsEmpty());
}

TEST_F(Judge, DescribesFaultsWithoutThePassword) {
    owner_.words.emplace_back("canary");
    for (const std::string& password :
         {std::string("canary"), std::string("canary\n"), std::string("canary\xFF"), std::string(300, 'c') + "canary",
          std::string("canarycanarycanary"), std::string("azerty canary")}) {
        const auto faults = judge(password);
        EXPECT_THAT(faults, Not(IsEmpty()));
        for (const PolicyFault& fault : faults) {
            EXPECT_THAT(describe(fault), Not(testing::HasSubstr("canary")));
            EXPECT_THAT(describe(fault), Not(IsEmpty()));
        }
    }
    EXPECT_EQ(describe({Kind::too_short, 12}), "has fewer than 12 characters");
}

}  // namespace
}  // namespace postern::auth
