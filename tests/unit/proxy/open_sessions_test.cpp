#include "proxy/open_sessions.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace postern::proxy {
namespace {

using namespace std::chrono_literals;

struct Handle final : Cuttable {
    void cut(Cut why) override { cut_by.set_value(why); }
    std::promise<Cut> cut_by;
};

class OpenSessionsTest : public testing::Test {
protected:
    OpenSessionsTest() { worker_.start(); }
    ~OpenSessionsTest() override { worker_.finish(60s); }

    static OpenSession session(std::uint64_t number, std::string login) {
        return {.number = number, .login = std::move(login)};
    }
    static bool everybody(const OpenSession&) { return true; }
    static OpenSessions::Filter of(const std::string& login) {
        return [login](const OpenSession& session) { return session.login == login; };
    }

    net::Worker worker_;
    OpenSessions sessions_;
};

TEST_F(OpenSessionsTest, AreThereWhileTheyLast) {
    const auto handle = std::make_shared<Handle>();
    {
        const auto second = sessions_.enter(session(2, "ben"), worker_, handle);
        const auto first = sessions_.enter(session(1, "anna"), worker_, handle);
        const auto all = sessions_.list(everybody, 10);
        ASSERT_EQ(all.size(), 2U);
        EXPECT_EQ(all.front().login, "anna") << "the oldest first";
        EXPECT_EQ(sessions_.list(of("ben"), 10).size(), 1U);
        EXPECT_EQ(sessions_.list(everybody, 1).size(), 1U);
        EXPECT_EQ(sessions_.count(), 2U);
    }
    EXPECT_EQ(sessions_.count(), 0U);
}

TEST_F(OpenSessionsTest, AreCutOnTheirOwnThread) {
    const auto anna = std::make_shared<Handle>();
    const auto ben = std::make_shared<Handle>();
    const auto first = sessions_.enter(session(1, "anna"), worker_, anna);
    const auto second = sessions_.enter(session(2, "ben"), worker_, ben);
    EXPECT_EQ(sessions_.cut(of("anna"), Cut::kicked), 1U);
    EXPECT_EQ(anna->cut_by.get_future().get(), Cut::kicked);
    EXPECT_EQ(sessions_.cut(of("ben"), Cut::revoked), 1U);
    EXPECT_EQ(ben->cut_by.get_future().get(), Cut::revoked);
    EXPECT_EQ(sessions_.cut(of("carl"), Cut::kicked), 0U);
}

TEST_F(OpenSessionsTest, AreCutByNumberAndRenewed) {
    const auto anna = std::make_shared<Handle>();
    const auto entry = sessions_.enter(session(1, "anna"), worker_, anna);
    const std::chrono::sys_seconds later(1s);
    sessions_.renew(1, later, 7);
    sessions_.renew(2, later, 7);
    EXPECT_EQ(sessions_.list(everybody, 10).front().examined, 7U);
    EXPECT_EQ(sessions_.list(everybody, 10).front().standing.changes_at, later);
    sessions_.cut(2, Cut::revoked);
    sessions_.cut(1, Cut::revoked);
    EXPECT_EQ(anna->cut_by.get_future().get(), Cut::revoked);
}

TEST_F(OpenSessionsTest, AreCountedByTheirBackend) {
    const auto handle = std::make_shared<Handle>();
    std::vector<OpenSessions::Entry> entries;
    for (const char* backend : {"imap/a", "imap/b", "imap/a"}) {
        OpenSession one = session(entries.size() + 1, "anna");
        const std::string name = backend;  // gone before it is asked for
        one.backend = name;
        entries.push_back(sessions_.enter(std::move(one), worker_, handle));
    }
    EXPECT_EQ(sessions_.by_backend(), (std::map<std::string, std::size_t>{{"imap/a", 2}, {"imap/b", 1}}));
}

TEST_F(OpenSessionsTest, MayHaveEndedBeforeTheyAreCut) {
    auto handle = std::make_shared<Handle>();
    const auto entry = sessions_.enter(session(1, "anna"), worker_, handle);
    handle.reset();
    EXPECT_EQ(sessions_.cut(everybody, Cut::kicked), 1U);
    std::promise<void> after;
    worker_.post([&] { after.set_value(); });
    after.get_future().get();
}

}  // namespace
}  // namespace postern::proxy
