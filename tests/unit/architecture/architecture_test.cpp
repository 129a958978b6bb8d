#include "house_rules.hpp"
#include "source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace postern::architecture {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

TEST(House, KeepsItsRules) {
    const SourceTree tree = read_source_tree(POSTERN_SOURCE_DIR);
    ASSERT_GT(tree.size(), 10U) << "the sources were not found";
    for (const std::string& breach : breaches(tree)) ADD_FAILURE() << breach;
}

TEST(House, HasFilesInEveryRoomThatIsBuilt) {
    const SourceTree tree = read_source_tree(POSTERN_SOURCE_DIR);
    for (const std::string room : {"base/", "config/", "auth/", "auth/store/", "net/", "proxy/imap/", "proxy/smtp/",
                                   "proxy/routing/", "autoconfig/", "app/"}) {
        const auto first = tree.lower_bound(room);
        EXPECT_TRUE(first != tree.end() && first->first.starts_with(room)) << room;
    }
}

/// A made-up tree in a folder of its own, gone with the object.
class MadeUpTree {
public:
    explicit MadeUpTree(const Files& files) {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        std::string name = std::string(test->test_suite_name()) + "." + test->name();
        std::ranges::replace(name, '/', '_');
        root_ = std::filesystem::path(testing::TempDir()) / ("postern-" + name);
        std::filesystem::remove_all(root_);
        for (const auto& [path, text] : files) write(path, text);
    }
    MadeUpTree(const MadeUpTree&) = delete;
    MadeUpTree& operator=(const MadeUpTree&) = delete;
    ~MadeUpTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] std::vector<std::string> found() const { return breaches(read_source_tree(root_)); }

private:
    void write(const std::filesystem::path& path, const std::string& text) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream stream(root_ / path);
        stream << (path.extension() == ".hpp" ? "#pragma once\n" : "") << text << '\n';
    }

    std::filesystem::path root_;
};

struct TreeCase {
    std::string name;
    Files files;
    std::string breach;  ///< how the only one begins; empty if there must be none
};

class MadeUpHouse : public testing::TestWithParam<TreeCase> {};

TEST_P(MadeUpHouse, IsJudgedByFileLineAndRule) {
    const auto found = MadeUpTree(GetParam().files).found();
    if (GetParam().breach.empty()) {
        EXPECT_THAT(found, testing::IsEmpty());
    } else {
        EXPECT_THAT(found, testing::ElementsAre(testing::StartsWith(GetParam().breach)));
    }
}

// Files that others may point to, so that a case shows one edge alone.
Files with(const Files& own) {
    Files files{{"base/secret.hpp", ""},
                {"config/settings.hpp", ""},
                {"config/load.hpp", ""},
                {"auth/verdict.hpp", ""},
                {"auth/authenticator.hpp", ""},
                {"auth/store/sqlite_store.hpp", ""},
                {"net/http.hpp", ""},
                {"net/stream.hpp", ""},
                {"proxy/login_dialogue.hpp", ""},
                {"proxy/imap/login_dialogue.hpp", ""},
                {"proxy/smtp/login_dialogue.hpp", ""},
                {"proxy/routing/router.hpp", ""},
                {"proxy/relay.hpp", ""},
                {"autoconfig/site.hpp", ""},
                {"autoconfig/mail_services.hpp", ""},
                {"portal/pages.hpp", ""},
                {"app/server.hpp", ""}};
    files.insert(files.end(), own.begin(), own.end());  // behind, so that they may replace furniture
    return files;
}

// One file with one include: in the third line of a header, behind its guard, in the second of a source.
Files one(const std::string& file, const std::string& include) {
    return with({{file, "\n#include " + include}});
}

INSTANTIATE_TEST_SUITE_P(Allowed,
                         MadeUpHouse,
                         testing::ValuesIn(std::vector<TreeCase>{
                             {"TheFurnitureAlone", with({}), ""},
                             {"BaseByAnybody", one("proxy/imap/a.hpp", "\"base/secret.hpp\""), ""},
                             {"SettingsByDocuments", one("autoconfig/a.hpp", "\"config/settings.hpp\""), ""},
                             {"VerdictByDialogues", one("proxy/smtp/a.hpp", "\"auth/verdict.hpp\""), ""},
                             {"HttpValuesByTheSite", one("autoconfig/site.cpp", "\"net/http.hpp\""), ""},
                             {"DocumentsByTheSite", one("autoconfig/site.cpp", "\"autoconfig/mail_services.hpp\""), ""},
                             {"NetBySessions", one("proxy/mail_session.cpp", "\"net/stream.hpp\""), ""},
                             {"DialoguesBySessions", one("proxy/protocols.cpp", "\"proxy/imap/login_dialogue.hpp\""),
                              ""},
                             {"AuthByTheStore", one("auth/store/a.hpp", "\"auth/authenticator.hpp\""), ""},
                             {"TheLoaderByApp", one("app/a.hpp", "\"config/load.hpp\""), ""},
                             {"TheStoreByApp", one("app/a.hpp", "\"auth/store/sqlite_store.hpp\""), ""},
                             {"AppByApp", one("app/a.hpp", "\"app/server.hpp\""), ""},
                             {"AsioInSessions", one("proxy/mail_session.hpp", "<boost/asio.hpp>"), ""},
                             {"YamlInTheLoader", one("config/load.cpp", "<yaml-cpp/yaml.h>"), ""},
                             {"StandardHeaders", one("proxy/imap/a.hpp", "<string_view>"), ""},
                             {"InetPtonForAddresses", one("base/ip_network.cpp", "<arpa/inet.h>"), ""},
                         }),
                         [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Zones,
    MadeUpHouse,
    testing::ValuesIn(std::vector<TreeCase>{
        {"BaseKnowsNobody", one("base/a.hpp", "\"config/settings.hpp\""),
         "base/a.hpp:3: zones: includes config/settings.hpp of settings; base may include nothing"},
        {"SettingsDoNotKnowTheLoader", with({{"config/settings.hpp", "#include \"config/load.hpp\""}}),
         "config/settings.hpp:2: zones: "},
        {"OnlyAppKnowsTheLoader", one("net/a.hpp", "\"config/load.hpp\""),
         "net/a.hpp:3: zones: includes config/load.hpp of loader"},
        {"AuthDoesNotKnowNet", one("auth/a.hpp", "\"net/stream.hpp\""), "auth/a.hpp:3: zones: "},
        {"AuthDoesNotKnowItsStore", one("auth/a.hpp", "\"auth/store/sqlite_store.hpp\""), "auth/a.hpp:3: zones: "},
        {"NetDoesNotKnowAuth", one("net/a.hpp", "\"auth/verdict.hpp\""), "net/a.hpp:3: zones: "},
        {"NetDoesNotKnowMail", one("net/a.hpp", "\"proxy/login_dialogue.hpp\""), "net/a.hpp:3: zones: "},
        {"ImapKnowsNoSocket", one("proxy/imap/a.cpp", "\"net/stream.hpp\""), "proxy/imap/a.cpp:2: zones: "},
        {"ImapDoesNotKnowSmtp", one("proxy/imap/a.hpp", "\"proxy/smtp/login_dialogue.hpp\""),
         "proxy/imap/a.hpp:3: zones: "},
        {"SmtpDoesNotKnowTheAuthenticator", one("proxy/smtp/a.hpp", "\"auth/authenticator.hpp\""),
         "proxy/smtp/a.hpp:3: zones: "},
        {"RoutingIsPure", one("proxy/routing/a.hpp", "\"net/http.hpp\""), "proxy/routing/a.hpp:3: zones: "},
        {"SaslIsPure", one("proxy/sasl.cpp", "\"net/stream.hpp\""), "proxy/sasl.cpp:2: zones: "},
        {"DialoguesDoNotKnowSessions", one("proxy/imap/a.hpp", "\"proxy/relay.hpp\""), "proxy/imap/a.hpp:3: zones: "},
        {"SessionsDoNotKnowTheStore", one("proxy/mail_session.cpp", "\"auth/store/sqlite_store.hpp\""),
         "proxy/mail_session.cpp:2: zones: "},
        {"DocumentsKnowNoHttp", one("autoconfig/a.hpp", "\"net/http.hpp\""), "autoconfig/a.hpp:3: zones: "},
        {"DocumentsNeedNoAccount", one("autoconfig/a.hpp", "\"auth/verdict.hpp\""), "autoconfig/a.hpp:3: zones: "},
        {"TheSiteKnowsNoSocket", one("autoconfig/site.cpp", "\"net/stream.hpp\""), "autoconfig/site.cpp:2: zones: "},
        {"SiblingsDoNotKnowEachOther", one("portal/a.hpp", "\"autoconfig/mail_services.hpp\""),
         "portal/a.hpp:3: zones: "},
        {"AutoconfigDoesNotKnowTheProxy", one("autoconfig/site.cpp", "\"proxy/routing/router.hpp\""),
         "autoconfig/site.cpp:2: zones: "},
        {"NobodyKnowsApp", one("portal/a.hpp", "\"app/server.hpp\""), "portal/a.hpp:3: zones: "},
        {"AFolderOfNoRoomIsNoticed", with({{"proxy/pop3/a.hpp", ""}}), "proxy/pop3/a.hpp:1: zones: no zone"},
    }),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Libraries,
    MadeUpHouse,
    testing::ValuesIn(std::vector<TreeCase>{
        {"NoAsioInDialogues", one("proxy/imap/a.hpp", "<boost/asio.hpp>"),
         "proxy/imap/a.hpp:3: libraries: includes <boost/asio.hpp> of Boost, which is confined to net/*, "},
        {"NoAsioInContracts", one("proxy/backend_login.hpp", "<boost/asio.hpp>"),
         "proxy/backend_login.hpp:3: libraries: "},
        {"NoBeastInTheSite", one("autoconfig/site.cpp", "<boost/beast/http.hpp>"),
         "autoconfig/site.cpp:2: libraries: "},
        {"NoOpenSslInAuth", one("auth/a.cpp", "<openssl/evp.h>"), "auth/a.cpp:2: libraries: "},
        {"NoYamlInHeaders", one("config/load.hpp", "<yaml-cpp/yaml.h>"), "config/load.hpp:3: libraries: "},
        {"NoYamlInApp", one("app/a.cpp", "<yaml-cpp/yaml.h>"), "app/a.cpp:2: libraries: "},
        {"NoPugixmlInNet", one("net/a.cpp", "<pugixml.hpp>"), "net/a.cpp:2: libraries: "},
        {"NoSociInAuth", one("auth/a.cpp", "<soci/soci.h>"), "auth/a.cpp:2: libraries: "},
        {"NoSodiumInHeaders", one("auth/a.hpp", "<sodium.h>"), "auth/a.hpp:3: libraries: "},
        {"NoSodiumInTheStore", one("auth/store/a.cpp", "<sodium.h>"), "auth/store/a.cpp:2: libraries: "},
        {"NoJsonInNet", one("net/a.cpp", "<boost/json.hpp>"), "net/a.cpp:2: libraries: "},
        {"NoCommandLineInNet", one("net/a.cpp", "<CLI/CLI.hpp>"), "net/a.cpp:2: libraries: "},
        {"NoCsvInAuth", one("auth/a.cpp", "<csv.h>"), "auth/a.cpp:2: libraries: "},
        {"NoJsonInSessions", one("proxy/mail_session.cpp", "<boost/json.hpp>"),
         "proxy/mail_session.cpp:2: libraries: "},
        {"NoSocketsInRouting", one("proxy/routing/a.cpp", "<sys/socket.h>"), "proxy/routing/a.cpp:2: libraries: "},
        {"NoSystemCallsInDocuments", one("autoconfig/a.cpp", "<unistd.h>"), "autoconfig/a.cpp:2: libraries: "},
        {"NoFilesInDialogues", one("proxy/imap/a.cpp", "<fstream>"), "proxy/imap/a.cpp:2: libraries: "},
        {"NoUnknownHeaderOfC", one("app/a.cpp", "<zlib.h>"), "app/a.cpp:2: libraries: <zlib.h> is of no library"},
        {"NoUnknownLibrary", one("app/a.cpp", "<nlohmann/json.hpp>"),
         "app/a.cpp:2: libraries: <nlohmann/json.hpp> is of no library"},
        {"SpacesInTheDirectiveHideNothing", with({{"base/a.cpp", "  #  include   <pugixml.hpp> // x"}}),
         "base/a.cpp:1: libraries: "},
    }),
    [](const auto& test) { return test.param.name; });

std::string lines(std::size_t count) {
    return std::string(count - 1, '\n');
}

INSTANTIATE_TEST_SUITE_P(
    Files,
    MadeUpHouse,
    testing::ValuesIn(std::vector<TreeCase>{
        {"ASourceIsNotIncluded", with({{"base/a.cpp", ""}, {"base/b.cpp", "#include \"base/a.cpp\""}}),
         "base/b.cpp:1: sources: includes base/a.cpp"},
        {"IncludesStartFromTheRoot", one("base/a.hpp", "\"secret.hpp\""), "base/a.hpp:3: form: no file secret.hpp"},
        {"IncludesAreNotComputed", one("base/a.hpp", "HEADER"), "base/a.hpp:3: form: "},
        {"AFileOf500LinesIsAllowed", with({{"base/a.cpp", lines(500)}}), ""},
        {"AFileOf501LinesIsNot", with({{"base/a.cpp", lines(501)}}), "base/a.cpp:501: size: 501 lines"},
        {"ACycleOfTwo", with({{"base/a.hpp", "#include \"base/b.hpp\""}, {"base/b.hpp", "#include \"base/a.hpp\""}}),
         "base/b.hpp:2: cycles: base/a.hpp, base/b.hpp and again base/a.hpp"},
        {"ACycleOfThree",
         with({{"base/a.hpp", "#include \"base/b.hpp\""},
               {"base/b.hpp", "#include \"base/c.hpp\""},
               {"base/c.hpp", "\n#include \"base/a.hpp\""}}),
         "base/c.hpp:3: cycles: base/a.hpp, base/b.hpp, base/c.hpp and again base/a.hpp"},
        {"AFileThatIncludesItself", with({{"base/a.hpp", "#include \"base/a.hpp\""}}), "base/a.hpp:2: cycles: "},
        {"ADiamondIsNoCycle",
         with({{"base/a.hpp", "#include \"base/b.hpp\"\n#include \"base/c.hpp\""},
               {"base/b.hpp", "#include \"base/d.hpp\""},
               {"base/c.hpp", "#include \"base/d.hpp\""},
               {"base/d.hpp", ""}}),
         ""},
    }),
    [](const auto& test) { return test.param.name; });

TEST(MadeUpHeader, NeedsItsGuard) {
    SourceTree tree;
    tree["base/a.hpp"].lines = 3;
    EXPECT_THAT(breaches(tree), testing::ElementsAre("base/a.hpp:1: guards: a header needs #pragma once"));
    tree["base/a.hpp"].has_pragma_once = true;
    EXPECT_THAT(breaches(tree), testing::IsEmpty());
}

}  // namespace
}  // namespace postern::architecture
