#include "app/password_prompt.hpp"

#include <gtest/gtest.h>
#include <pty.h>

#include <array>
#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace postern::app {
namespace {

/// A terminal with somebody at it.
class Typist : public testing::Test {
protected:
    Typist() {
        std::array<char, 128> device{};
        EXPECT_EQ(::openpty(&keyboard_, &terminal_, device.data(), nullptr, nullptr), 0);
        device_ = device.data();
    }
    ~Typist() override {
        ::close(keyboard_);
        ::close(terminal_);
    }

    /// Waits until the screen shows `text`; returns everything shown.
    std::string wait_for(const std::string& text) const {
        std::string shown;
        pollfd screen{keyboard_, POLLIN, 0};
        while (!shown.contains(text) && ::poll(&screen, 1, 10'000) == 1) {
            std::array<char, 256> part{};
            const auto count = ::read(keyboard_, part.data(), part.size());
            if (count <= 0) break;
            shown.append(part.data(), static_cast<std::size_t>(count));
        }
        return shown;
    }
    void type(const std::string& keys) const {
        ASSERT_EQ(::write(keyboard_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
    bool echoes() const {
        termios state{};
        EXPECT_EQ(::tcgetattr(terminal_, &state), 0);
        return (state.c_lflag & ECHO) != 0;
    }

    int keyboard_ = -1;
    int terminal_ = -1;
    std::string device_;
};

TEST_F(Typist, IsAskedAndWhatIsTypedIsNotShown) {
    std::expected<base::Secret, std::string> answer;
    std::jthread asking([&] { answer = TerminalPrompt(device_).ask("New password: "); });
    EXPECT_EQ(wait_for("password: "), "New password: ");
    EXPECT_FALSE(echoes());
    type("se cret\n");
    asking.join();
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->reveal(), "se cret");
    EXPECT_EQ(wait_for("\n"), "\r\n");
    EXPECT_TRUE(echoes());
}

TEST_F(Typist, MayCorrectALine) {
    std::expected<base::Secret, std::string> answer;
    std::jthread asking([&] { answer = TerminalPrompt(device_).ask("? "); });
    wait_for("? ");
    type(
        "wrong\x15"
        "right!\x7f\n");
    asking.join();
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->reveal(), "right");
}

TEST_F(Typist, EndsTheInput) {
    std::expected<base::Secret, std::string> answer;
    std::jthread asking([&] { answer = TerminalPrompt(device_).ask("? "); });
    wait_for("? ");
    type("\x04");
    asking.join();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), "no password was typed");
    EXPECT_TRUE(echoes());
}

TEST_F(Typist, InterruptsAndFindsTheTerminalAsItWas) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::ignore = TerminalPrompt(device_).ask("? ");
        ::_exit(0);
    }
    wait_for("? ");
    EXPECT_FALSE(echoes());
    ASSERT_EQ(::kill(child, SIGINT), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    EXPECT_TRUE(echoes());
}

TEST(TerminalPromptWithoutTerminal, SaysWhatToDo) {
    const auto nowhere = TerminalPrompt("/nonexistent/tty").ask("? ");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error(), "there is no terminal to ask on: give --password-file FILE, or - for standard input");
    const auto no_terminal = TerminalPrompt("/dev/null").ask("? ");
    ASSERT_FALSE(no_terminal);
    EXPECT_EQ(no_terminal.error(), "the terminal cannot hide what is typed: give --password-file FILE");
}

}  // namespace
}  // namespace postern::app
