#include "base/ip_network.hpp"

#include <gtest/gtest.h>

namespace postern::base {
namespace {

struct AddressCase {
    std::string name;
    std::string text;
    std::string want;  // its usual text; empty: refused
    bool is_v4 = false;
};
class IpAddressText : public testing::TestWithParam<AddressCase> {};

TEST_P(IpAddressText, IsReadAndWritten) {
    const auto address = IpAddress::parse(GetParam().text);
    ASSERT_EQ(address.has_value(), !GetParam().want.empty());
    if (!address) return;
    EXPECT_EQ(address->text(), GetParam().want);
    EXPECT_EQ(address->is_v4(), GetParam().is_v4);
    EXPECT_EQ(IpAddress::parse(address->text()), address) << "its text is read back";
}

INSTANTIATE_TEST_SUITE_P(Addresses,
                         IpAddressText,
                         testing::ValuesIn(std::vector<AddressCase>{
                             {"Ipv4", "10.1.2.3", "10.1.2.3", true},
                             {"LowestIpv4", "0.0.0.0", "0.0.0.0", true},
                             {"HighestIpv4", "255.255.255.255", "255.255.255.255", true},
                             {"MappedDotted", "::ffff:10.1.2.3", "10.1.2.3", true},
                             {"MappedInHexadecimal", "::FFFF:0a01:0203", "10.1.2.3", true},
                             {"Ipv6", "2001:db8::1", "2001:db8::1"},
                             {"Ipv6InCapitals", "2001:DB8::A", "2001:db8::a"},
                             {"Ipv6WithLeadingZeros", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
                             {"LongestRunIsShortened", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
                             {"OneZeroGroupIsNotShortened", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
                             {"Unspecified", "::", "::"},
                             {"Loopback", "::1", "::1"},
                             {"Empty", "", ""},
                             {"Word", "localhost", ""},
                             {"ThreeParts", "10.1.2", ""},
                             {"FiveParts", "10.1.2.3.4", ""},
                             {"PartTooBig", "10.1.2.256", ""},
                             {"OctalLookAlike", "010.1.2.3", ""},
                             {"HexadecimalPart", "0x0a.1.2.3", ""},
                             {"OneNumber", "167838211", ""},
                             {"SpaceBefore", " 10.1.2.3", ""},
                             {"SpaceBehind", "10.1.2.3 ", ""},
                             {"LineEnd", "10.1.2.3\r\n", ""},
                             {"Port", "10.1.2.3:25", ""},
                             {"Prefix", "10.1.2.3/8", ""},
                             {"Zone", "fe80::1%eth0", ""},
                             {"Brackets", "[::1]", ""},
                             {"TwoGaps", "1::2::3", ""},
                             {"NineGroups", "1:2:3:4:5:6:7:8:9", ""},
                             {"NulBehind", std::string("10.1.2.3\0", 9), ""},
                             {"NulAndMore", std::string("10.1.2.3\0.evil", 14), ""},
                         }),
                         [](const auto& test) { return test.param.name; });

struct NetworkCase {
    std::string name;
    std::string text;
    std::string want;  // its usual text; empty: refused
};
class IpNetworkText : public testing::TestWithParam<NetworkCase> {};

TEST_P(IpNetworkText, IsReadAndWritten) {
    const auto network = IpNetwork::parse(GetParam().text);
    ASSERT_EQ(network.has_value(), !GetParam().want.empty());
    if (!network) return;
    EXPECT_EQ(network->text(), GetParam().want);
    EXPECT_EQ(IpNetwork::parse(network->text()), network) << "its text is read back";
}

INSTANTIATE_TEST_SUITE_P(Networks,
                         IpNetworkText,
                         testing::ValuesIn(std::vector<NetworkCase>{
                             {"Ipv4", "10.0.0.0/8", "10.0.0.0/8"},
                             {"Ipv4NotOnAByte", "172.16.0.0/12", "172.16.0.0/12"},
                             {"Ipv4All", "0.0.0.0/0", "0.0.0.0/0"},
                             {"Ipv4One", "10.1.2.3/32", "10.1.2.3/32"},
                             {"Ipv4WithoutPrefix", "10.1.2.3", "10.1.2.3/32"},
                             {"Ipv6", "2001:db8::/32", "2001:db8::/32"},
                             {"Ipv6All", "::/0", "::/0"},
                             {"Ipv6WithoutPrefix", "2001:db8::1", "2001:db8::1/128"},
                             {"Mapped", "::ffff:10.0.0.0/104", "10.0.0.0/8"},
                             {"MappedAll", "::ffff:0:0/96", "0.0.0.0/0"},
                             {"BitsBehindThePrefix", "10.1.2.3/8", ""},
                             {"OneBitBehindThePrefix", "10.0.0.1/31", ""},
                             {"Ipv6BitsBehindThePrefix", "2001:db8::1/64", ""},
                             {"MappedWithTooShortAPrefix", "::ffff:10.0.0.0/90", ""},
                             {"PrefixTooLongForIpv4", "10.0.0.0/33", ""},
                             {"PrefixTooLongForIpv6", "2001:db8::/129", ""},
                             {"PrefixOutOfEveryNumber", "10.0.0.0/99999999999999999999", ""},
                             {"PrefixThatWouldWrap", "10.0.0.0/264", ""},
                             {"NoPrefix", "10.0.0.0/", ""},
                             {"NegativePrefix", "10.0.0.0/-8", ""},
                             {"SignedPrefix", "10.0.0.0/+8", ""},
                             {"PrefixWithLeadingZero", "10.0.0.0/08", ""},
                             {"TwoZeros", "0.0.0.0/00", ""},
                             {"HexadecimalPrefix", "10.0.0.0/0x8", ""},
                             {"Netmask", "10.0.0.0/255.0.0.0", ""},
                             {"TwoPrefixes", "10.0.0.0/8/8", ""},
                             {"SpaceBehind", "10.0.0.0/8 ", ""},
                             {"NoAddress", "/8", ""},
                             {"Empty", "", ""},
                             {"ShortForm", "10/8", ""},
                         }),
                         [](const auto& test) { return test.param.name; });

struct ContainsCase {
    std::string name;
    std::string network;
    std::string address;
    bool want;
};
class IpNetworkContains : public testing::TestWithParam<ContainsCase> {};

TEST_P(IpNetworkContains, AsTheCaseSays) {
    const auto network = IpNetwork::parse(GetParam().network);
    const auto address = IpAddress::parse(GetParam().address);
    ASSERT_TRUE(network && address);
    EXPECT_EQ(network->contains(*address), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Membership,
                         IpNetworkContains,
                         testing::ValuesIn(std::vector<ContainsCase>{
                             {"FirstAddress", "10.0.0.0/8", "10.0.0.0", true},
                             {"LastAddress", "10.0.0.0/8", "10.255.255.255", true},
                             {"OneBefore", "10.0.0.0/8", "9.255.255.255", false},
                             {"OneBehind", "10.0.0.0/8", "11.0.0.0", false},
                             {"LastNotOnAByte", "172.16.0.0/12", "172.31.255.255", true},
                             {"BehindNotOnAByte", "172.16.0.0/12", "172.32.0.0", false},
                             {"TheOne", "10.1.2.3", "10.1.2.3", true},
                             {"AnotherOne", "10.1.2.3", "10.1.2.2", false},
                             {"MappedClientOfAnIpv4Network", "10.0.0.0/8", "::ffff:10.1.2.3", true},
                             {"Ipv4ClientOfAMappedNetwork", "::ffff:10.0.0.0/104", "10.1.2.3", true},
                             {"AllOfIpv4HoldsNoIpv6", "0.0.0.0/0", "2001:db8::1", false},
                             {"AllOfIpv4HoldsIpv4", "0.0.0.0/0", "203.0.113.9", true},
                             {"AllOfIpv6IsEverybody", "::/0", "203.0.113.9", true},
                             {"Ipv6", "2001:db8::/32", "2001:db8:ffff::1", true},
                             {"Ipv6Behind", "2001:db8::/32", "2001:db9::", false},
                             {"SameLastBytesAsIpv4", "10.0.0.0/8", "::10.1.2.3", false},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::base
