#include "app/successor.hpp"

#include "net/inherited_sockets.hpp"

#include <boost/asio/buffer.hpp>
#include <spawn.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace postern::app {
namespace {

constexpr int first_socket = 3;
constexpr std::chrono::seconds time_to_serve{60};
constexpr const char* word_variable = "POSTERN_READY";

/// A descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

std::string reason() {
    return std::strerror(errno);
}

/// Our environment, and what the successor must know.
std::vector<std::string> environment_of_successor(std::size_t sockets, int word) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
    all.push_back(std::string(net::inherited_sockets_variable) + '=' + std::to_string(sockets));
    all.push_back(std::string(word_variable) + '=' + std::to_string(word));
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Copies above all numbers that the successor is to see: no target of a dup2 is the source of a later one.
std::expected<std::vector<Descriptor>, std::string> copies_out_of_the_way(std::span<const int> originals) {
    const int above = first_socket + static_cast<int>(originals.size());
    std::vector<Descriptor> copies;
    for (const int original : originals) {
        copies.emplace_back(fcntl(original, F_DUPFD_CLOEXEC, above));
        if (copies.back().number() < 0) return std::unexpected("cannot copy a descriptor: " + reason());
    }
    return copies;
}

std::expected<pid_t, std::string> spawn(const std::string& program,
                                        std::vector<std::string> arguments,
                                        std::span<const int> handed_over) {
    auto copies = copies_out_of_the_way(handed_over);
    if (!copies) return std::unexpected(copies.error());
    const int word = first_socket + static_cast<int>(handed_over.size()) - 1;  // the last one
    std::vector<std::string> environment = environment_of_successor(handed_over.size() - 1, word);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int target = first_socket;
    for (const Descriptor& copy : *copies) posix_spawn_file_actions_adddup2(&actions, copy.number(), target++);
    // Clients' connections above all: one that is open in two processes does not end when we close it.
    posix_spawn_file_actions_addclosefrom_np(&actions, target);
    pid_t process = -1;
    const int error = posix_spawn(&process, program.c_str(), &actions, nullptr, pointers_to(arguments).data(),
                                  pointers_to(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return std::unexpected("cannot start " + program + ": " + std::strerror(error));
    return process;
}

}  // namespace

std::expected<std::shared_ptr<Successor>, std::string> Successor::start(boost::asio::io_context& context,
                                                                        const std::string& program,
                                                                        const std::vector<std::string>& arguments,
                                                                        std::span<const int> sockets,
                                                                        Done done) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected("cannot open a pipe: " + reason());
    Descriptor reading(ends[0]);
    const Descriptor writing(ends[1]);
    std::vector<int> handed_over(sockets.begin(), sockets.end());
    handed_over.push_back(writing.number());
    const auto process = spawn(program, arguments, handed_over);
    if (!process) return std::unexpected(process.error());
    std::shared_ptr<Successor> successor(new Successor(context, std::move(done)));
    successor->process_ = *process;
    successor->word_.assign(reading.release());
    successor->wait(successor);
    return successor;
}

void Successor::wait(const std::shared_ptr<Successor>& self) {
    word_.async_read_some(boost::asio::buffer(&byte_, 1),
                          [self](const boost::system::error_code& error, std::size_t) { self->finish(!error); });
    limit_.expires_after(time_to_serve);
    limit_.async_wait([self](const boost::system::error_code& error) {
        boost::system::error_code ignored;
        if (!error && self->word_.is_open()) self->word_.cancel(ignored);
    });
}

void Successor::finish(bool is_ready) {
    limit_.cancel();
    boost::system::error_code ignored;
    word_.close(ignored);
    if (is_ready) return done_({});
    kill(process_, SIGKILL);
    int status = 0;
    waitpid(process_, &status, 0);
    done_(std::unexpected(WIFEXITED(status) ? "it ended with status " + std::to_string(WEXITSTATUS(status))
                                            : "it did not say in time that it serves"));
}

void Successor::watch(std::function<void()> ended) {
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
    if (descriptor < 0) return;
    life_.assign(descriptor);
    life_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this(), ended = std::move(ended)](const boost::system::error_code& error) {
                         if (error) return;
                         int status = 0;
                         waitpid(self->process_, &status, WNOHANG);
                         ended();
                     });
}

int word_to_predecessor() {
    const char* const value = std::getenv(word_variable);
    if (value == nullptr) return -1;
    const auto word = static_cast<int>(std::strtol(value, nullptr, 10));
    unsetenv(word_variable);
    return word;
}

void tell_predecessor_that_we_serve(int word) {
    if (word < 0) return;
    const Descriptor owner(word);
    // Nobody there any more: then there is nobody to give way, and all is well.
    [[maybe_unused]] const auto written = ::write(word, "1", 1);
}

}  // namespace postern::app
