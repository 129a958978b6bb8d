#include "auth/blocklist.hpp"

#include "auth/fold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::auth {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string default_list = POSTERN_SOURCE_DIR "/auth/data/common_passwords.txt";

Blocklist list_of(const std::string& lines) {
    std::istringstream in(lines);
    Blocklist::Counts counts;
    return Blocklist::read_lines(in, counts).value();
}

std::string folded_text(std::string_view text) {
    return std::string(base::view(folded(text)));
}

TEST(Fold, TakesCaseAndAccentsAway) {
    EXPECT_EQ(folded_text("\xC3\x89l\xC3\xA8VE"), "eleve");
    EXPECT_EQ(folded_text("E\xCC\x81le\xCC\x80ve"), "eleve");  // combining accents
    EXPECT_EQ(folded_text("\xC5\x92uf \xC3\xA7\xC3\xBF\xC3\x9F \xC3\x86"), "oeuf cyss ae");
    EXPECT_EQ(folded_text("\xC5\x81\xC3\xB3\xC4\x91\xC5\xBA \xC5\xBF"), "lodz s");
}

TEST(Fold, LeavesEverythingElse) {
    for (const std::string& text :
         {std::string(), std::string("a1 -_!"), std::string("\xD0\xBA\xE6\xBC\xA2\xF0\x9F\x98\x80"),
          std::string("\xC3\x97\xC3\xB7"), std::string("\xFF\xC3(\x80"), std::string("a\0b", 3)})
        EXPECT_EQ(folded_text(text), text);
}

TEST(Fold, ReadsDigitsAsLetters) {
    EXPECT_EQ(base::view(unleeted("m0td3p4$$e", 'i')), "motdepasse");
    EXPECT_EQ(base::view(unleeted("so1eil", 'l')), "soleil");
    EXPECT_EQ(base::view(unleeted("v1v3", 'i')), "vive");
}

TEST(Blocklist, ListsNothingWhenEmpty) {
    EXPECT_FALSE(Blocklist().contains(""));
    EXPECT_FALSE(Blocklist().contains("azerty"));
}

TEST(Blocklist, KnowsAWordInEveryDisguise) {
    const Blocklist list = list_of("azerty\nmotdepasse\nsoleil\nrentree\n123456\n");
    for (const std::string& password :
         {"azerty", "AZERTY", "4zerty", "azerty123456", "!!azerty!!", "AzErTy2026", "motdepasse", "M0tDeP4$$e",
          "m0tdep4sse1", "MotDePasse2026",
          "Rentr\xC3\xA9"
          "e2026!",
          "soleilsoleil", "SoleilSoleilSoleil", "so1eil", "5oleil", "soleilsoleil1", "123456"})
        EXPECT_TRUE(list.contains(password)) << password;
    for (const std::string& password : {"", "a", "azert", "zerty", "azertyx", "azerty1234567", "soleilbleu",
                                        "soleilsolei", "12345", "1234567", "unsoleil", "lemotdepassedelea"})
        EXPECT_FALSE(list.contains(password)) << password;
}

TEST(Blocklist, CountsLinesThatCannotBePasswords) {
    const std::string longest(max_blocklist_line_bytes, 'x');
    std::istringstream in("# comment\n\nazerty\r\nAZERTY\n" + longest + "\n" + longest + "x\n" +
                          std::string(5000, 'y') + "\n\xFF\xFE\n#hash\nlast");
    Blocklist::Counts counts;
    const auto list = Blocklist::read_lines(in, counts);
    ASSERT_TRUE(list);
    EXPECT_EQ(counts.listed, 4U);
    EXPECT_EQ(counts.skipped, 3U);
    for (const std::string& password : {std::string("azerty"), longest, std::string("#hash"), std::string("last")})
        EXPECT_TRUE(list->contains(password)) << password;
    EXPECT_FALSE(list->contains("# comment"));
}

class BlocklistFile : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "blocklist-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        path_ = (directory_ / "list").string();
    }
    void TearDown() override { fs::remove_all(directory_); }

    void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes; }

    [[nodiscard]] std::string why_not() const {
        const auto list = Blocklist::load(path_);
        return list ? "loaded" : list.error();
    }

    fs::path directory_;
    std::string path_;
};

TEST_F(BlocklistFile, IsBuiltOnceAndLoaded) {
    std::string lines;
    for (int i = 0; i < 5000; ++i) lines += "word" + std::to_string(i) + "x\n";
    std::istringstream in(lines + lines);
    std::ostringstream out;
    const auto counts = build_blocklist(in, out);
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->listed, 5000U);
    EXPECT_EQ(out.str().size(), 16U + 5U * 5000U);
    write(out.str());
    const auto list = Blocklist::load(path_);
    ASSERT_TRUE(list) << list.error();
    EXPECT_EQ(list->size(), 5000U);
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(list->contains("word" + std::to_string(i) + "x")) << i;
    for (int i = 5000; i < 10000; ++i) ASSERT_FALSE(list->contains("word" + std::to_string(i) + "x")) << i;
}

TEST_F(BlocklistFile, KeepsTheFormatOfFilesBuiltBefore) {
    // The hash by another implementation of SipHash-2-4: its first 5 bytes.
    std::istringstream in("azerty\n");
    std::ostringstream out;
    ASSERT_TRUE(build_blocklist(in, out));
    EXPECT_EQ(out.str(), std::string("pstblk1\n\1\0\0\0\0\0\0\0\xCC\xA4\xB0\xD2\x82", 21));
}

TEST_F(BlocklistFile, IsRefusedWhenDamaged) {
    std::istringstream in("azerty\nsoleil\nmarseille\n");
    std::ostringstream out;
    ASSERT_TRUE(build_blocklist(in, out));
    const std::string good = out.str();
    for (std::size_t size = 8; size < good.size(); ++size) {
        write(good.substr(0, size));
        EXPECT_THAT(why_not(), HasSubstr(size < 16 ? "is cut off" : "its size is not")) << size;
    }
    write(good + "x");
    EXPECT_THAT(why_not(), HasSubstr("its size is not"));
    write(good.substr(0, 8) + std::string(8, '\xFF') + good.substr(16));
    EXPECT_THAT(why_not(), HasSubstr("its size is not"));
    write(good.substr(0, 16) + good.substr(21, 5) + good.substr(16, 5) + good.substr(26));
    EXPECT_THAT(why_not(), HasSubstr("not in order"));
    write(good.substr(0, 16) + good.substr(16, 5) + good.substr(16, 5) + good.substr(26));
    EXPECT_THAT(why_not(), HasSubstr("not in order"));
    write(good);
    EXPECT_EQ(why_not(), "loaded");
}

TEST_F(BlocklistFile, MustBeAFileOfBoundedSize) {
    EXPECT_THAT(why_not(), HasSubstr("is not a file"));
    EXPECT_FALSE(Blocklist::load(directory_.string()));
    EXPECT_FALSE(Blocklist::load("/dev/zero"));
    write("");
    fs::resize_file(path_, 60'000'000);
    EXPECT_THAT(why_not(), HasSubstr("is larger than"));
    write("");
    EXPECT_EQ(why_not(), "loaded");
}

TEST(DefaultBlocklist, HoldsWhatFrenchSchoolsSeeFirst) {
    const auto list = Blocklist::load(default_list);
    ASSERT_TRUE(list) << list.error();
    EXPECT_GT(list->size(), 500U);
    for (const std::string& password : {"azerty123", "MotDePasse1", "Soleil!", "marseille13", "doudou", "P4ssw0rd",
                                        "123456", "rentree2026", "Bonjour1", "loulou80", "jetaime", "Camille2008"})
        EXPECT_TRUE(list->contains(password)) << password;
    EXPECT_FALSE(list->contains("tracteur sous la pluie"));
}

TEST(DefaultBlocklist, HasEveryLineInTheFormThatIsCompared) {
    std::ifstream file(default_list);
    ASSERT_TRUE(file);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("# ")) EXPECT_EQ(folded_text(line), line);
    }
}

}  // namespace
}  // namespace postern::auth
