#include "proxy/protocols.hpp"
#include "proxy/sending_limits.hpp"
#include "tests/support/held_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <variant>

namespace postern::proxy {
namespace {

using config::MailProtocol;

/// One instance whose people read French.
class FrenchTest : public testing::Test {
protected:
    FrenchTest() {
        settings_.server.hostname = "mail.example.org";
        settings_.server.language = config::Language::french;
    }

    /// What a client that has said this hears when it is refused, or in the end.
    std::string refused(MailProtocol protocol, std::string_view said, auth::Refusal refusal) {
        const auto dialogue = make_login_dialogue(protocol, settings_, Transport::tls, {}, {});
        dialogue->receive(said);
        if (std::holds_alternative<Authenticate>(dialogue->next())) dialogue->refuse(refusal);
        dialogue->say_farewell(Farewell::shutting_down);
        return dialogue->take_output();
    }

    std::unique_ptr<RelayGuard> guard(MailProtocol protocol) {
        return make_relay_guard({.protocol = protocol,
                                 .identity = identity_,
                                 .ready = ready_,
                                 .sending = limits_,
                                 .clock = clock_,
                                 .language = settings_.server.language});
    }

    config::Settings settings_;
    const auth::Identity identity_{.addresses = {"anna@example.org"}};
    const BackendReady ready_;
    const test::HeldClock clock_;
    SendingLimits limits_{10, 10};
};

TEST_F(FrenchTest, RefusalsOfLoginsAreFrench) {
    const std::string imap = refused(MailProtocol::imap, "a LOGIN anna x\r\n", auth::Refusal::wrong_credentials);
    EXPECT_EQ(imap,
              "a NO [AUTHENTICATIONFAILED] Identifiant ou mot de passe incorrect.\r\n"
              "* BYE [UNAVAILABLE] Le serveur ferme : connectez-vous de nouveau.\r\n");
    const std::string submission =
        refused(MailProtocol::submission, "EHLO x\r\nAUTH PLAIN AGFubmEAeA==\r\n", auth::Refusal::account_suspended);
    EXPECT_TRUE(
        submission.ends_with("525 5.7.13 Ce compte est suspendu\r\n"
                             "421 4.3.2 Le serveur ferme : connectez-vous de nouveau\r\n"))
        << submission;
}

TEST_F(FrenchTest, WhatOnlyProgramsReadIsEnglish) {
    const std::string heard = refused(MailProtocol::imap, "a XYZZY\r\n", auth::Refusal::wrong_credentials);
    EXPECT_TRUE(heard.starts_with("a BAD Unknown command")) << heard;
}

TEST_F(FrenchTest, RefusedSendersAndLastWordsAreFrench) {
    const auto submission = guard(MailProtocol::submission);
    (void)submission->from_client("MAIL FROM:<boss@example.org>\r\n");
    EXPECT_EQ(submission->from_backend("250 2.0.0 Ok\r\n"),
              "553 5.7.1 Ce compte ne peut pas envoyer avec cette adresse\r\n");
    EXPECT_EQ(submission->farewell(), "421 4.3.2 La session est close par le serveur\r\n");
    EXPECT_EQ(guard(MailProtocol::imap)->farewell(), "* BYE La session est close par le serveur\r\n");
}

}  // namespace
}  // namespace postern::proxy
