// OpenSSL writes with write(): as in the program itself, a peer that left must be an error and not the end of the
// process.
#include <csignal>

namespace {
[[maybe_unused]] const auto former_handler = std::signal(SIGPIPE, SIG_IGN);
}
