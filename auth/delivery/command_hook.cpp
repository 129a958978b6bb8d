#include "auth/delivery/command_hook.hpp"

#include <spawn.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace postern::auth::delivery {

namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_;
};

std::unexpected<DeliveryFailure> later(std::string why) {
    return std::unexpected(DeliveryFailure{.is_final = false, .why = std::move(why)});
}

/// A file in memory, so that a command that never reads blocks nobody.
int input_file(std::string_view input) {
    const int file = memfd_create("event", MFD_CLOEXEC);
    if (file < 0) return -1;
    const bool is_whole = write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size());
    if (is_whole && lseek(file, 0, SEEK_SET) == 0) return file;
    close(file);
    return -1;
}

/// Standard input from `input`, everything else closed or thrown away, in a process group of its own.
class SpawnPlan {
public:
    explicit SpawnPlan(int input) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    SpawnPlan(SpawnPlan&&) = delete;
    SpawnPlan& operator=(SpawnPlan&&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    /// The error, or 0.
    int spawn(std::span<const std::string> command, pid_t& child) const {
        std::vector<std::string> words(command.begin(), command.end());
        std::vector<char*> arguments;
        arguments.reserve(words.size() + 1);
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        const std::array<char*, 2> environment{path.data(), nullptr};
        return posix_spawn(&child, arguments.front(), &actions_, &attributes_, arguments.data(), environment.data());
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// Whether the child has ended in time; looks up now and then whether postern stops.
bool has_ended(pid_t child, const std::stop_token& stop, std::chrono::milliseconds limit) {
    constexpr std::chrono::milliseconds look_up{100};
    const Descriptor process(
        static_cast<int>(syscall(SYS_pidfd_open, child, 0)));  // the header of glibc 2.36 is C only
    if (process.get() < 0) return false;
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < end) {
        pollfd watched{.fd = process.get(), .events = POLLIN, .revents = 0};
        if (poll(&watched, 1, static_cast<int>(look_up.count())) > 0) return true;
    }
    return false;
}

}  // namespace

std::expected<void, DeliveryFailure> run_command(std::span<const std::string> command,
                                                 std::string_view input,
                                                 const std::stop_token& stop,
                                                 std::chrono::milliseconds limit) {
    if (command.empty()) return later("no command is set");
    const Descriptor file(input_file(input));
    if (file.get() < 0) return later(std::string("the event cannot be handed over: ") + std::strerror(errno));
    pid_t child = 0;
    if (const int error = SpawnPlan(file.get()).spawn(command, child); error != 0)
        return later("the command cannot be run: " + std::string(std::strerror(error)));
    const bool ended = has_ended(child, stop, limit);
    if (!ended) kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended) return later(stop.stop_requested() ? "postern is stopping" : "the command took too long");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (WIFEXITED(status)) return later("the command ended with status " + std::to_string(WEXITSTATUS(status)));
    return later("the command was ended by signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace postern::auth::delivery
