#include "auth/key_file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::auth {

namespace {

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// "cannot <what> the key file <path>: <what the system said last>".
std::unexpected<std::string> system_failure(const char* what, const std::string& path) {
    const std::string reason = std::generic_category().message(errno);
    return std::unexpected("cannot " + std::string(what) + " the key file " + path + ": " + reason);
}

std::unexpected<std::string> refusal(const std::string& path, const std::string& why) {
    return std::unexpected("the key file " + path + " " + why);
}

std::expected<void, std::string> check_rights(const std::string& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return refusal(path, "is not a regular file");
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return refusal(path, "belongs to another user: make it belong to the user that runs postern (chown)");
    }
    const auto mode = status.st_mode & 07777U;
    if (mode != 0600 && mode != 0400) {
        return refusal(path,
                       "may be used by more than its owner: run chmod 0600 on it, and if others could read it, "
                       "make a new one");
    }
    return {};
}

std::unexpected<std::string> no_open(const std::string& path) {
    if (errno == ENOENT) return refusal(path, "does not exist: create it before the first start");
    if (errno == ELOOP) return refusal(path, "is a symbolic link: name the file itself");
    return system_failure("open", path);
}

std::expected<base::WipingBuffer, std::string> read_all(const std::string& path,
                                                        int descriptor,
                                                        std::size_t max_bytes) {
    base::WipingBuffer text(max_bytes + 1);
    std::size_t used = 0;
    while (used < text.size()) {
        const auto count = ::read(descriptor, text.data() + used, text.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("read", path);
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
    }
    if (used > max_bytes) return refusal(path, "is longer than " + std::to_string(max_bytes) + " bytes");
    text.resize(used);
    return text;
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// Makes a file's appearance in its directory outlast a crash.
std::expected<void, std::string> flush_directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open() || ::fsync(opened.get()) != 0) return system_failure("flush the directory of", path);
    return {};
}

/// A file that did not exist before and goes away again unless it is kept.
class NewFile {
public:
    explicit NewFile(std::string path)
        : path_(std::move(path)),
          file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)),
          is_mine_(file_.is_open()) {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() {
        if (is_mine_) ::unlink(path_.c_str());
    }

    [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }
    void keep() noexcept { is_mine_ = false; }

    /// The mode is set again because the umask may have taken some of it.
    [[nodiscard]] std::expected<void, std::string> write(std::string_view text, mode_t mode) const {
        if (::fchmod(file_.get(), mode) != 0 || !write_all(file_.get(), text) || ::fsync(file_.get()) != 0)
            return system_failure("write", path_);
        return {};
    }

    [[nodiscard]] std::expected<void, std::string> give_to(uid_t user, gid_t group) const {
        if (::fchown(file_.get(), user, group) != 0) return system_failure("keep the owner of", path_);
        return {};
    }

private:
    std::string path_;
    Descriptor file_;
    bool is_mine_;
};

struct OpenedKeyFile {
    struct stat status;
    base::WipingBuffer text;
};

std::expected<OpenedKeyFile, std::string> open_key_file(const std::string& path, std::size_t max_bytes) {
    // Without O_NONBLOCK a pipe of that name would be waited for.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.is_open()) return no_open(path);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return system_failure("look at", path);
    if (auto checked = check_rights(path, status); !checked) return std::unexpected(std::move(checked.error()));
    auto text = read_all(path, file.get(), max_bytes);
    if (!text) return std::unexpected(std::move(text.error()));
    return OpenedKeyFile{status, std::move(*text)};
}

std::expected<void, std::string> write_changed(const NewFile& changed,
                                               const std::string& path,
                                               std::size_t max_bytes,
                                               const KeyFileChange& change) {
    const auto old = open_key_file(path, max_bytes);
    if (!old) return std::unexpected(old.error());
    const auto text = change(base::view(old->text));
    if (!text) return std::unexpected(text.error());
    if (text->size() > max_bytes) return refusal(path, "would grow beyond " + std::to_string(max_bytes) + " bytes");
    const struct stat& status = old->status;
    if (auto given = changed.give_to(status.st_uid, status.st_gid); !given) return given;
    return changed.write(base::view(*text), status.st_mode & 0700U);
}

}  // namespace

std::expected<base::WipingBuffer, std::string> read_key_file(const std::string& path, std::size_t max_bytes) {
    auto file = open_key_file(path, max_bytes);
    if (!file) return std::unexpected(std::move(file.error()));
    return std::move(file->text);
}

std::expected<void, std::string> create_key_file(const std::string& path, std::string_view text) {
    NewFile file(path);
    if (!file.is_open() && errno == EEXIST) return refusal(path, "exists already and is left as it is");
    if (!file.is_open()) return system_failure("create", path);
    if (auto written = file.write(text, 0600); !written) return written;
    file.keep();
    return flush_directory_of(path);
}

std::expected<void, std::string> change_key_file(const std::string& path,
                                                 std::size_t max_bytes,
                                                 const KeyFileChange& change) {
    const std::string beside = path + ".new";
    NewFile changed(beside);
    if (!changed.is_open() && errno == EEXIST) {
        return refusal(path, "is being changed: " + beside + " exists. If nobody is at it, remove that file");
    }
    if (!changed.is_open()) return system_failure("write beside", path);
    if (auto written = write_changed(changed, path, max_bytes, change); !written) return written;
    if (::rename(beside.c_str(), path.c_str()) != 0) return system_failure("replace", path);
    changed.keep();
    return flush_directory_of(path);
}

}  // namespace postern::auth
