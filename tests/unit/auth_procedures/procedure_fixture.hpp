/// Procedures on a real store, with their mail read from a real SMTP server.
#pragma once

#include "auth/accounts.hpp"
#include "auth/charter.hpp"
#include "auth/courier.hpp"
#include "auth/delivery/deliveries.hpp"
#include "auth/identity_proof.hpp"
#include "auth/procedures/step.hpp"
#include "tests/support/counting_hasher.hpp"
#include "tests/support/smtp_sink.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace postern::auth::procedures {

/// Mail goes to the server; text messages and events are kept.
class TestDelivery final : public Delivery {
public:
    explicit TestDelivery(const config::AccountSettings& settings) : deliveries_(settings, "mail.school.org") {}

    std::expected<void, DeliveryFailure> deliver(const OutboxMessage& message,
                                                 const Posting& posting,
                                                 const std::stop_token& stop) override {
        if (const auto* sms = std::get_if<SmsMessage>(&message)) messages.push_back(*sms);
        if (const auto* event = std::get_if<HookEvent>(&message)) events.push_back(*event);
        if (std::holds_alternative<MailMessage>(message)) return deliveries_.deliver(message, posting, stop);
        return {};
    }
    std::vector<SmsMessage> messages;
    std::vector<HookEvent> events;

private:
    delivery::Deliveries deliveries_;
};

class ProcedureFixture : public testing::TestWithParam<test::Engine> {
protected:
    static constexpr auto good = "correct horse battery staple";

    ProcedureFixture() {
        settings_.portal = "https://portail.school.org";
        settings_.mail.emplace();
        settings_.mail->host = "127.0.0.1";
        settings_.mail->port = sink_.port();
        settings_.mail->tls = config::MailTls::none;
        settings_.mail->from = "no-reply@school.org";
        settings_.sms.emplace();
        settings_.hook.emplace().command = {"/bin/true"};
    }

    void wait(long long seconds) { clock_.seconds += seconds; }
    [[nodiscard]] Time now() const { return clock_.now(); }
    /// The clock shows this time of this day there.
    void set_clock(std::chrono::year_month_day day, std::chrono::seconds since_midnight) {
        clock_.seconds = (zone_.begin_of(day) + since_midnight).time_since_epoch().count();
    }

    AccountId add(NewAccount account, std::string_view password = "") {
        const AccountWithPassword made{account, password.empty() ? base::Secret() : verifier(password)};
        EXPECT_TRUE(accounts_.add(std::span(&made, 1)));
        return account.id;
    }
    /// Imported, with a password to begin with.
    AccountId add_provisional(std::string_view login, std::string_view password) {
        NewAccount account = test::new_account(login);
        account.state = AccountState::provisional;
        const AccountWithPassword made{
            .account = account, .verifier = verifier(password), .provisional_until = now() + std::chrono::days(30)};
        EXPECT_TRUE(accounts_.add(std::span(&made, 1)));
        return account.id;
    }
    /// Imported, with a NUMEN and a date of birth.
    AccountId add_with_numen(std::string_view login,
                             std::string_view numen,
                             AccountState state,
                             std::string_view password = "") {
        NewAccount account = test::new_account(login);
        account.state = state;
        account.secret_identifiers = {secret_identifier(keyring_, SecretIdentifierKind::numen, numen)};
        account.birth.date = birth_mac(keyring_, account.id, birth_date("14/07/1980").value());
        return add(account, password);
    }
    void add_contact(AccountId account, ContactKind kind, int rank, const std::string& address) {
        const std::int64_t id = random_id();
        const auto put = store_.change([&](Transaction& t) {
            t.contacts().put({.id = id,
                              .account = account,
                              .kind = kind,
                              .rank = rank,
                              .address = keyring_.seal(base::Secret(address), "contact:" + std::to_string(id)),
                              .mac = contact_mac(keyring_, address),
                              .created_at = now(),
                              .usable_from = now()});
        });
        EXPECT_TRUE(put);
    }
    void put_affiliation(AccountId account, Profile profile, const std::string& unit) {
        EXPECT_TRUE(accounts_.put_affiliation(account, {.profile = profile, .unit = unit, .valid_from = now()}));
    }
    void add_charter(int version) {
        for (const std::string language : {"fr", "en"}) {
            const auto charter = make_charter(version, language, "Text " + std::to_string(version), now());
            EXPECT_TRUE(store_.change([&](Transaction& t) { return t.contacts().add_charter(*charter); }).value());
        }
    }

    /// Sends whatever is due. How many.
    int send() {
        int sent = 0;
        for (;; ++sent) {
            const auto report = courier_.send_one({});
            EXPECT_TRUE(report) << report.error().detail;
            if (!report || !*report) return sent;
            EXPECT_EQ((*report)->outcome, Courier::Outcome::sent) << (*report)->why;
        }
    }
    /// Sends, and gives what has come for this address since the last look.
    std::vector<test::ReceivedMail> mails_to(const std::string& address) {
        send();
        std::vector<test::ReceivedMail> found;
        const auto all = sink_.mails();
        for (std::size_t i = seen_[address]; i < all.size(); ++i)
            if (all[i].to == address) found.push_back(all[i]);
        seen_[address] = all.size();
        return found;
    }
    /// The link in the one mail that has come for this address.
    base::Secret link_to(const std::string& address) {
        const auto mails = mails_to(address);
        EXPECT_EQ(mails.size(), 1U) << address;
        if (mails.empty()) return base::Secret("none");
        const std::string start = settings_.portal + "/link/";
        return base::Secret(mails.back().word(start).substr(start.size()));
    }

    bool logs_in(std::string_view login, std::string_view password) {
        return authenticator_.authenticate({std::string(login), "", base::Secret(password)}, where_).has_value();
    }
    AccountState state(AccountId account) {
        return store_.read([&](Transaction& t) { return t.accounts().find(account); }).value()->state;
    }
    static base::Secret verifier(std::string_view password) { return base::Secret("plain1:" + std::string(password)); }
    template <class T>
    static std::string said(const StepResult<T>& result) {
        if (result) return "ok";
        const std::string what = result.error().what.empty() ? "" : ' ' + result.error().what;
        switch (result.error().problem) {
            case StepProblem::malformed:
                return "malformed" + what;
            case StepProblem::invalid:
                return "invalid" + what;
            case StepProblem::throttled:
                return "throttled";
            case StepProblem::over:
                return "over";
            case StepProblem::refused:
                return "refused" + what + result.error().detail;
            case StepProblem::differ:
                return "differ";
            case StepProblem::same:
                return "same";
            case StepProblem::policy:
                return "policy";
            case StepProblem::busy:
                return "busy";
            case StepProblem::unavailable:
                return "unavailable: " + result.error().detail;
        }
        return "?";
    }

    test::TestStore test_store_{GetParam()};
    Store& store_ = test_store_.store();
    test::HeldClock& clock_ = test_store_.clock;
    const Keyring& keyring_ = test_store_.keyring;
    Accounts accounts_ = test_store_.accounts();
    test::SmtpSink sink_;
    config::AccountSettings settings_;
    TestDelivery delivery_{settings_};
    Courier courier_{store_, keyring_, clock_, delivery_};
    config::AuthSettings auth_settings_{.password_threads = 8};
    test::CountingHasher hasher_;
    Authenticator authenticator_{store_, hasher_, keyring_, clock_, auth_settings_};
    PasswordJudge judge_{PasswordPolicy{}, Blocklist()};
    base::TimeZone zone_ = base::TimeZone::named("Europe/Paris").value();
    Tools tools_{store_, authenticator_, hasher_, judge_, keyring_, clock_, zone_, settings_};
    AttemptContext where_{.channel = Channel::portal,
                          .client = base::IpAddress::parse("192.0.2.1").value(),
                          .default_domain = {},
                          .device = {},
                          .correlation = "corr-1"};
    std::map<std::string, std::size_t> seen_;
};

}  // namespace postern::auth::procedures
