#include "proxy/smtp/xclient.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

constexpr std::string_view all_attributes = "NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";

Extensions offering(std::string_view attributes) {
    return Extensions(Reply{.code = 250, .lines = {"relay", "XCLIENT " + std::string(attributes)}});
}

struct XclientCase {
    std::string name;
    std::string login;
    std::string client;
    ClientGreeting greeting;
    std::string offered;
    std::string want;  // without CRLF; what the error says if it does not begin with XCLIENT
};
class Xclient : public testing::TestWithParam<XclientCase> {};

TEST_P(Xclient, IsOneLineOfOfferedAttributes) {
    const config::BackendSettings backend;
    const base::Secret password("never said");
    const BackendUser user{.backend = backend,
                           .login = GetParam().login,
                           .password = password,
                           .client_address = base::IpAddress::parse(GetParam().client).value(),
                           .client_port = 50123,
                           .client_greeting = GetParam().greeting,
                           .hostname = "mail.example.org"};
    const auto command = xclient_command(offering(GetParam().offered), user);
    if (!command) {
        EXPECT_EQ(command.error(), GetParam().want);
        return;
    }
    EXPECT_EQ(*command, GetParam().want + "\r\n");
    EXPECT_LE(command->size(), longest_command_line);
    EXPECT_EQ(command->find_first_of("\r\n"), command->size() - 2);
}

std::string text(std::size_t size) {
    return std::string(size, 'x');
}

std::vector<XclientCase> xclient_cases() {
    const ClientGreeting greeting{.name = "[192.168.1.2]", .extended = true};
    const std::string all(all_attributes);
    const std::string plain =
        "XCLIENT NAME=[UNAVAILABLE] ADDR=10.1.2.3 PORT=50123 PROTO=ESMTP HELO=[192.168.1.2] LOGIN=";
    return {
        {"AllAttributes", "alice@example.org", "10.1.2.3", greeting, all, plain + "alice@example.org"},
        {"Ipv6IsMarked", "alice", "2001:db8::1", greeting, all,
         "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=50123 PROTO=ESMTP HELO=[192.168.1.2] LOGIN=alice"},
        {"MappedIpv4IsIpv4", "alice", "::ffff:10.1.2.3", greeting, all, plain + "alice"},
        {"HeloIsPlainSmtp",
         "alice",
         "10.1.2.3",
         {.name = "pc", .extended = false},
         all,
         "XCLIENT NAME=[UNAVAILABLE] ADDR=10.1.2.3 PORT=50123 PROTO=SMTP HELO=pc LOGIN=alice"},
        {"NoGreeting",
         "alice",
         "10.1.2.3",
         {},
         all,
         "XCLIENT NAME=[UNAVAILABLE] ADDR=10.1.2.3 PORT=50123 PROTO=SMTP HELO=[UNAVAILABLE] LOGIN=alice"},
        {"OnlyWhatIsOffered", "alice", "10.1.2.3", greeting, "addr login port",
         "XCLIENT ADDR=10.1.2.3 PORT=50123 LOGIN=alice"},
        {"ASpaceAddsNoAttribute", "a NAME=evil ADDR=1.2.3.4", "10.1.2.3", greeting, all,
         plain + "a+20NAME+3Devil+20ADDR+3D1.2.3.4"},
        {"PlusAndEquals", "a+b=c", "10.1.2.3", greeting, all, plain + "a+2Bb+3Dc"},
        {"Utf8", "\xC3\xA9", "10.1.2.3", greeting, all, plain + "+C3+A9"},
        {"Tab", "a\tb", "10.1.2.3", greeting, all, plain + "a+09b"},
        {"LineEndAddsNoCommand", "a\r\nXCLIENT LOGIN=boss", "10.1.2.3", greeting, all,
         plain + "a+0D+0AXCLIENT+20LOGIN+3Dboss"},
        {"AGreetingIsEncodedToo",
         "alice",
         "10.1.2.3",
         {.name = "a+b=c", .extended = true},
         all,
         "XCLIENT NAME=[UNAVAILABLE] ADDR=10.1.2.3 PORT=50123 PROTO=ESMTP HELO=a+2Bb+3Dc LOGIN=alice"},
        {"ALongGreetingIsLeftOutFirst",
         text(200),
         "10.1.2.3",
         {.name = text(255), .extended = true},
         all,
         "XCLIENT NAME=[UNAVAILABLE] ADDR=10.1.2.3 PORT=50123 PROTO=ESMTP LOGIN=" + text(200)},
        {"ThenTheName", text(450), "10.1.2.3", greeting, all,
         "XCLIENT ADDR=10.1.2.3 PORT=50123 PROTO=ESMTP LOGIN=" + text(450)},
        {"TheLongestLoginOfAll", text(482), "10.1.2.3", greeting, all, "XCLIENT ADDR=10.1.2.3 LOGIN=" + text(482)},
        {"TooLongALogin", text(483), "10.1.2.3", greeting, all, "the login name is too long for XCLIENT"},
        {"TooLongOnceItIsEncoded", std::string(161, '='), "10.1.2.3", greeting, all,
         "the login name is too long for XCLIENT"},
        {"NoLogin", "", "10.1.2.3", greeting, all, "XCLIENT would take the login name for a missing one"},
        {"UnavailableIsNotALogin", "[unavailable]", "10.1.2.3", greeting, all,
         "XCLIENT would take the login name for a missing one"},
    };
}

INSTANTIATE_TEST_SUITE_P(Commands, Xclient, testing::ValuesIn(xclient_cases()), [](const auto& test) {
    return test.param.name;
});

TEST(XclientOffer, NeedsAddressAndLogin) {
    EXPECT_TRUE(offers_xclient_login(offering(all_attributes)));
    EXPECT_TRUE(offers_xclient_login(offering("LOGIN ADDR")));
    EXPECT_FALSE(offers_xclient_login(offering("NAME ADDR PROTO HELO PORT")));
    EXPECT_FALSE(offers_xclient_login(offering("NAME LOGIN")));
    EXPECT_FALSE(offers_xclient_login(Extensions()));
}

}  // namespace
}  // namespace postern::proxy::smtp
