#include "config/file_contents.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::config {
namespace {

std::string last_error() {
    return std::system_category().message(errno);
}

class Descriptor {
public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::expected<Descriptor, std::string> open_regular(const std::string& path) {
    // O_NONBLOCK: opening a FIFO would otherwise wait for its writer.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return std::unexpected(last_error());
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return std::unexpected(last_error());
    if (!S_ISREG(status.st_mode)) return std::unexpected("it is not a regular file");
    return file;
}

}  // namespace

std::expected<base::WipingBuffer, std::string> read_file(const std::string& path, std::size_t limit) {
    const auto file = open_regular(path);
    if (!file) return std::unexpected(file.error());
    base::WipingBuffer contents(limit + 1);
    std::size_t size = 0;
    while (size < contents.size()) {
        const ::ssize_t count = ::read(file->get(), contents.data() + size, contents.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(last_error());
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > limit) return std::unexpected("it is larger than " + std::to_string(limit / 1024) + " KiB");
    contents.resize(size);
    return contents;
}

std::expected<void, std::string> check_readable(const std::string& path) {
    if (const auto file = open_regular(path); !file) return std::unexpected(file.error());
    return {};
}

}  // namespace postern::config
