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
