#include "auth/app_password.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace postern::auth {
namespace {

using base::Secret;

constexpr std::string_view base32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::int64_t rows[] = {1, 31, 32, 1234567, max_app_password_row};

/// Row 1234567, checksum by hand: the digits as one number in base 32, modulo 1021.
constexpr std::string_view known_text = "pst1-15nm7-0123456789abcdefghjkmnpqrs-2h";
constexpr std::string_view known_secret = "0123456789abcdefghjkmnpqrs";

std::string plain(const Secret& secret) {
    return std::string(secret.reveal());
}

TEST(AppPassword, IsReadAsItWasWritten) {
    for (const std::int64_t row : rows) {
        const AppPassword made = generate_app_password(row);
        EXPECT_EQ(made.secret.reveal().size(), 26U);
        const Secret text = text_of(made);
        EXPECT_TRUE(looks_like_app_password(text.reveal()));
        const auto read = parse_app_password(text.reveal());
        ASSERT_TRUE(read) << text.reveal();
        EXPECT_EQ(read->row_id, row);
        EXPECT_EQ(read->secret.reveal(), made.secret.reveal());
    }
}

TEST(AppPassword, HasTheDocumentedForm) {
    EXPECT_EQ(text_of({1234567, Secret(known_secret)}).reveal(), known_text);
}

TEST(AppPassword, DiffersEachTime) {
    EXPECT_NE(generate_app_password(1).secret.reveal(), generate_app_password(1).secret.reveal());
}

TEST(AppPassword, IsReadHoweverItIsTyped) {
    const std::string writings[] = {
        "PST1-15NM7-0123456789ABCDEFGHJKMNPQRS-2H",          "pst115nm70123456789abcdefghjkmnpqrs2h",
        "  pst1 15nm7 0123 4567 89ab cdef ghjk mnpq rs 2h ", "pstl-l5nm7-oi23456789abcdefghjkmnpqrs-2h",
        "PSTI-I5NM7-OL23456789ABCDEFGHJKMNPQRS-2H",          "p-s-t-1-15nm7--0123456789abcdefghjkmnpqrs2h",
    };
    for (const std::string& typed : writings) {
        EXPECT_TRUE(looks_like_app_password(typed)) << typed;
        const auto read = parse_app_password(typed);
        ASSERT_TRUE(read) << typed;
        EXPECT_EQ(read->row_id, 1234567);
        EXPECT_EQ(read->secret.reveal(), known_secret);
    }
}

TEST(AppPassword, IsMistypedWithAnyOneWrongCharacter) {
    for (const std::int64_t row : rows) {
        const std::string text = plain(text_of(generate_app_password(row)));
        for (std::size_t at = 5; at < text.size(); ++at) {
            if (text[at] == '-') continue;
            for (const char other : base32) {
                if (other == text[at]) continue;
                std::string typed = text;
                typed[at] = other;
                EXPECT_EQ(parse_app_password(typed).error(), AppPasswordFault::mistyped) << typed;
            }
        }
    }
}

TEST(AppPassword, IsMistypedWithAnyTwoCharactersOfTheSecretSwapped) {
    const std::string text(known_text);
    for (std::size_t first = 11; first < 37; ++first) {
        for (std::size_t second = first + 1; second < 37; ++second) {
            std::string typed = text;
            std::swap(typed[first], typed[second]);
            EXPECT_EQ(parse_app_password(typed).error(), AppPasswordFault::mistyped) << typed;
        }
    }
}

TEST(AppPassword, IsRefusedWhenItHasAnotherForm) {
    const std::string text(known_text);
    const std::string refused[] = {
        "",
        "pst1",
        "pst1-",
        "correct horse battery staple",
        "pst2" + text.substr(4),
        text + "u",
        text + "\n",
        text + std::string(1, '\0'),
        text + "\xC3\xA9",
        "pst1-0123456789abcdefghjkmnpqrs-2h",  // no row
        text + std::string(200, '-'),          // only dashes, but too many
        std::string(10000, '9'),               //
        "pst1" + std::string(10000, '9'),      //
        "pst1-zzzzzzzzzzzz-0123456789abcdefghjkmnpqrs-00",
    };
    for (const std::string& typed : refused) {
        const auto read = parse_app_password(typed);
        ASSERT_FALSE(read) << typed.substr(0, 80);
        EXPECT_EQ(read.error(), AppPasswordFault::malformed) << typed.substr(0, 80);
    }
}

TEST(AppPassword, IsRefusedWithARowThatCannotBeThoughItsChecksumFits) {
    EXPECT_EQ(parse_app_password("pst1-015nm7-0123456789abcdefghjkmnpqrs-2h").error(), AppPasswordFault::malformed);
    EXPECT_EQ(parse_app_password("pst1-0-0123456789abcdefghjkmnpqrs-jr").error(), AppPasswordFault::malformed);
    EXPECT_EQ(parse_app_password("pst1-80000000000-0123456789abcdefghjkmnpqrs-j0").error(),
              AppPasswordFault::malformed);
}

TEST(AppPassword, IsKnownByItsBeginning) {
    EXPECT_TRUE(looks_like_app_password("pst1-whatever follows"));
    EXPECT_TRUE(looks_like_app_password(" PSTl"));
    for (const std::string& other : {std::string(), std::string("pst"), std::string("apst1"), std::string("pst2"),
                                     std::string("----"), std::string(10000, '-') + "pst1"})
        EXPECT_FALSE(looks_like_app_password(other)) << other.substr(0, 80);
}

TEST(AppPassword, FitsItsOwnVerifierOnly) {
    const Keyring keys = Keyring::ephemeral();
    const AppPassword password = generate_app_password(42);
    const std::string verifier = app_password_verifier(keys, password);
    EXPECT_TRUE(is_app_password(keys, verifier, password));
    EXPECT_FALSE(is_app_password(keys, verifier, generate_app_password(42)));
    EXPECT_FALSE(is_app_password(keys, verifier, {43, password.secret.clone()}));
    EXPECT_FALSE(is_app_password(keys, "", password));
    EXPECT_FALSE(is_app_password(Keyring::ephemeral(), verifier, password));
    EXPECT_EQ(verifier.find(password.secret.reveal()), std::string::npos);
}

TEST(AppScopes, AreReadAndWrittenAsText) {
    for (const std::string_view text : {"imap", "smtp", "imap,smtp"}) {
        const auto scopes = AppScopes::parse(text);
        ASSERT_TRUE(scopes) << text;
        EXPECT_EQ(scopes->text(), text);
        EXPECT_EQ(scopes->contains(AppScope::imap), text.contains("imap"));
        EXPECT_EQ(scopes->contains(AppScope::smtp), text.contains("smtp"));
    }
    EXPECT_EQ(AppScopes(AppScope::smtp) | AppScope::imap, AppScopes::all());
    for (const std::string_view text : {"", "IMAP", "pop3", "smtp,imap", "imap,", "imap,imap", "imap smtp"})
        EXPECT_FALSE(AppScopes::parse(text)) << text;
}

TEST(AppLabel, IsShortPlainText) {
    EXPECT_TRUE(
        check_app_label("T\xC3\xA9l\xC3\xA9phone de L\xC3\xA9"
                        "a"));
    EXPECT_TRUE(check_app_label(std::string(64, 'x')));
    EXPECT_EQ(check_app_label("").error(), AppLabelFault::empty);
    EXPECT_EQ(check_app_label("  ").error(), AppLabelFault::empty);
    EXPECT_EQ(check_app_label(std::string(65, 'x')).error(), AppLabelFault::too_long);
    EXPECT_EQ(check_app_label("a\nb").error(), AppLabelFault::control_character);
    EXPECT_EQ(check_app_label("a\xE2\x80\xAE"
                              "b")
                  .error(),
              AppLabelFault::control_character);
    EXPECT_EQ(check_app_label("\xFF").error(), AppLabelFault::not_utf8);
}

}  // namespace
}  // namespace postern::auth
