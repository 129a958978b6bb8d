#include "tests/support/smtp_sink.hpp"

#include <spawn.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace postern::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A port that is free now; somebody else may be faster.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool is_there = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return is_there;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

int hex(char c) {
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

std::string decoded(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            result += text[i];
        } else if (text.at(i + 1) == '\n') {
            i += 1;
        } else {
            result += static_cast<char>(hex(text.at(i + 1)) * 16 + hex(text.at(i + 2)));
            i += 2;
        }
    }
    return result;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

}  // namespace

std::string ReceivedMail::header(const std::string& name) const {
    const std::string start = '\n' + name + ": ";
    const auto at = ('\n' + headers).find(start);
    if (at == std::string::npos) return {};
    const std::string rest = headers.substr(at + start.size() - 1);
    return rest.substr(0, rest.find('\n'));
}

std::string ReceivedMail::word(const std::string& start) const {
    const auto at = text.find(start);
    if (at == std::string::npos) return {};
    return text.substr(at, text.find_first_of(" \n", at) - at);
}

SmtpSink::SmtpSink(const std::vector<std::string>& arguments) {
    for (int attempt = 0; attempt < 5; ++attempt)
        if (start(arguments)) return;
    throw std::runtime_error("smtp-sink does not start: is the package postfix installed?");
}

SmtpSink::~SmtpSink() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

bool SmtpSink::start(const std::vector<std::string>& arguments) {
    port_ = free_port();
    std::vector<std::string> words{"/usr/sbin/smtp-sink", "-d", folder_.file("mail.%M.%S.")};
    if (::geteuid() == 0) words.insert(words.end(), {"-u", "root"});  // it does not take that for granted
    words.insert(words.end(), arguments.begin(), arguments.end());
    words.insert(words.end(), {"127.0.0.1:" + std::to_string(port_), "16"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&process_, argv.front(), nullptr, nullptr, argv.data(), environ) != 0) return false;
    for (int i = 0; i < 500; ++i) {
        if (answers(port_)) return true;
        if (::waitpid(process_, nullptr, WNOHANG) == process_) break;  // the port was taken meanwhile
        ::poll(nullptr, 0, 10);
    }
    process_ = 0;
    return false;
}

std::vector<ReceivedMail> SmtpSink::mails() const {
    std::vector<std::filesystem::directory_entry> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.file("."))) files.push_back(entry);
    std::ranges::sort(files, {}, [](const auto& entry) { return entry.last_write_time(); });
    std::vector<ReceivedMail> mails;
    for (const auto& file : files) {
        const std::string text = replaced(read_file(file.path()), "\r\n", "\n");
        // smtp-sink puts the envelope before the message, as lines "X-...".
        const std::string envelope = "X-Rcpt-Args: <";
        const auto to = text.find(envelope);
        if (to == std::string::npos) continue;
        const auto begin = to + envelope.size();
        const auto end_of_headers = text.find("\n\n");
        // It ends the file with an empty line of its own.
        mails.push_back({.to = text.substr(begin, text.find('>', begin) - begin),
                         .headers = replaced(text.substr(0, end_of_headers), "\n ", " "),
                         .text = decoded(text.substr(end_of_headers + 2, text.size() - end_of_headers - 3))});
    }
    return mails;
}

}  // namespace postern::test
