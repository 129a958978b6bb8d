/// The account commands on a real store in a folder of its own, with streams in place of the terminal.
#pragma once

#include "app/account_command.hpp"
#include "auth/argon2id_hasher.hpp"
#include "auth/authenticator.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sqlite_store.hpp"
#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::app {

class HeldClock final : public base::Clock {
public:
    [[nodiscard]] std::chrono::sys_seconds now() const override {
        return std::chrono::sys_seconds{std::chrono::seconds{1'800'000'000}};
    }
};

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
    AccountFixture() {
        std::string pattern = (std::filesystem::temp_directory_path() / "postern-app-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        const std::string path = (folder_ / "postern.db").string();
        EXPECT_TRUE(auth::store::migrate_sqlite(path));
        auto opened = auth::store::SqliteStore::open({.path = path}, clock_);
        EXPECT_TRUE(opened) << opened.error().detail;
        store_ = std::move(*opened);
    }
    ~AccountFixture() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    AccountFixture(const AccountFixture&) = delete;
    AccountFixture& operator=(const AccountFixture&) = delete;

    AccountTools tools() { return {*store_, hasher_, groups_, prompt_, in_, out_, err_}; }

    std::string file(const std::string& content, const std::string& file_name = "file") {
        const std::string path = (folder_ / file_name).string();
        std::ofstream(path, std::ios::binary) << content;
        return path;
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
        const auth::Authenticator authenticator(*store_, hasher_);
        return authenticator.authenticate({login, "", base::Secret(password)}, {}).has_value();
    }
    std::size_t accounts() { return store_->list({})->size(); }

    std::filesystem::path folder_;
    HeldClock clock_;
    std::unique_ptr<auth::store::SqliteStore> store_;
    auth::Argon2idHasher hasher_{{.memory_kib = 8192, .passes = 1}};
    std::vector<std::string> groups_{"pupils", "staff"};
    ScriptedPrompt prompt_;
    std::istringstream in_;
    std::ostringstream out_;
    std::ostringstream err_;
};

}  // namespace postern::app
