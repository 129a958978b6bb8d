#include "proxy/client_watch.hpp"

#include "base/secret.hpp"

#include <array>

namespace postern::proxy {

boost::asio::awaitable<bool> ClientWatch::run() {
    std::size_t kept = 0;
    // He has just been read to the end: to try at once would find nothing as a rule.
    net::IoResult result{.status = net::IoStatus::want_read};
    while (!is_over_ && kept < most_kept) {
        if (result.status != net::IoStatus::done) {
            const bool is_ready = co_await client_.wait(result.status);
            if (is_over_ || (!is_ready && client_.cancelled())) break;
        }
        {
            std::array<char, 1024> bytes{};
            result = client_.try_read(bytes);
            if (result.status == net::IoStatus::done) {
                dialogue_.receive({bytes.data(), result.bytes});
                base::wipe({bytes.data(), result.bytes});
            }
        }
        kept += result.bytes;
        if (result.status == net::IoStatus::failed) co_return true;
        if (result.status == net::IoStatus::closed) co_return !dialogue_.has_unread();
    }
    co_return false;
}

void ClientWatch::end() noexcept {
    is_over_ = true;
    client_.end_waits();
}

}  // namespace postern::proxy
