/// The account commands on a real store in a folder of its own, with streams in place of the terminal.
#pragma once

#include "app/helpdesk_command.hpp"
#include "auth/authenticator.hpp"
#include "auth/password_verifiers.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <sstream>

namespace postern::app {

/// Types what it was told to, one line for each question.
class ScriptedPrompt final : public PasswordPrompt {
public:
    [[nodiscard]] std::expected<base::Secret, std::string> ask(std::string_view question) override {
        asked.emplace_back(question);
        if (answers.empty()) return std::unexpected("no password was typed");
        base::Secret answer(answers.front());
        answers.pop_front();
        return answer;
    }
    std::deque<std::string> answers;
    std::vector<std::string> asked;
};

class AccountFixture : public testing::Test {
protected:
    AccountFixture() = default;
    AccountFixture(const AccountFixture&) = delete;
    AccountFixture& operator=(const AccountFixture&) = delete;

    AccountTools tools() {
        return {accounts_, hasher_, test_store_.keyring, test_store_.clock, groups_, prompt_, in_, out_, err_};
    }

    HelpdeskTools helpdesk() {
        return {tools_, test_store_.store(), test_store_.keyring, test_store_.clock, lockout_, zone_};
    }

    std::string file(const std::string& content, const std::string& file_name = "file") {
        return test_store_.folder().write(file_name, content);
    }
    std::string output() {
        const std::string text = out_.str();
        out_.str("");
        return text;
    }
    std::string errors() {
        const std::string text = err_.str();
        err_.str("");
        return text;
    }
    bool can_log_in(const std::string& login, std::string_view password) {
        const config::AuthSettings settings;
        auth::Authenticator authenticator(test_store_.store(), hasher_, test_store_.keyring, test_store_.clock,
                                          settings);
        return authenticator.authenticate({login, "", base::Secret(password)}, {}).has_value();
    }
    std::size_t accounts() { return accounts_.list({})->size(); }

    test::TestStore test_store_;
    auth::Accounts accounts_ = test_store_.accounts();
    auth::PasswordVerifiers hasher_{{.memory_kib = 8192, .passes = 1}};
    std::vector<std::string> groups_{"pupils", "staff"};
    ScriptedPrompt prompt_;
    std::istringstream in_;
    std::ostringstream out_;
    std::ostringstream err_;
    AccountTools tools_ = tools();
    base::TimeZone zone_ = base::TimeZone::utc();
    config::LockoutSettings lockout_;
};

}  // namespace postern::app
