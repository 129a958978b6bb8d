#include "net/tls_turn.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cassert>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <memory>
#include <vector>

#include <sys/socket.h>

namespace postern::net {
namespace {

// Room for the largest output there usually is stays with the thread; what a longer one took is given back.
constexpr std::size_t kept_room = std::size_t{72} * 1024;

struct FreeBio {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

struct Thread {
    Thread() { output.reserve(kept_room); }

    std::unique_ptr<BIO, FreeBio> bio;
    int descriptor = -1;
    bool has_ended = false;  // the peer has ended its direction
    bool has_drained = false;
    std::vector<char> output;
};

Thread& this_thread() {
    thread_local Thread thread;
    return thread;
}

int read_from_socket(BIO* bio, char* bytes, std::size_t size, std::size_t* count) {
    Thread& thread = this_thread();
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(thread.descriptor, bytes, size, 0);
    thread.has_drained = got < static_cast<ssize_t>(size);
    thread.has_ended = got == 0;
    if (got > 0) {
        *count = static_cast<std::size_t>(got);
        return 1;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_read(bio);
    return 0;
}

int keep_output(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    try {
        std::vector<char>& output = this_thread().output;
        output.insert(output.end(), bytes, bytes + size);
    } catch (const std::exception&) {  // no memory; OpenSSL is C
        return 0;
    }
    *count = size;
    return 1;
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_EOF) return this_thread().has_ended ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Lives as long as the process: a BIO of any thread may be freed last.
const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern");
        if (fresh == nullptr) return fresh;
        BIO_meth_set_read_ex(fresh, read_from_socket);
        BIO_meth_set_write_ex(fresh, keep_output);
        BIO_meth_set_ctrl(fresh, control);
        return fresh;
    }();
    return made;
}

}  // namespace

bool TlsTurn::attach(SSL* ssl) {
    Thread& thread = this_thread();
    if (!thread.bio && method() != nullptr) thread.bio.reset(BIO_new(method()));
    if (!thread.bio || BIO_up_ref(thread.bio.get()) != 1) return false;
    SSL_set_bio(ssl, thread.bio.get(), thread.bio.get());  // takes one reference for both
    return true;
}

TlsTurn::TlsTurn(int descriptor) noexcept {
    Thread& thread = this_thread();
    assert(thread.descriptor < 0);
    thread.descriptor = descriptor;
    thread.has_ended = false;
    thread.has_drained = false;
}

TlsTurn::~TlsTurn() {
    Thread& thread = this_thread();
    thread.descriptor = -1;
    thread.output.clear();
    if (thread.output.capacity() <= kept_room) return;
    thread.output.shrink_to_fit();
    thread.output.reserve(kept_room);
}

std::string_view TlsTurn::output() const noexcept {
    const std::vector<char>& output = this_thread().output;
    return {output.data(), output.size()};
}

bool TlsTurn::has_drained_socket() const noexcept {
    return this_thread().has_drained;
}

}  // namespace postern::net
