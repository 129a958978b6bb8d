#include "proxy/client_watch.hpp"

#include "base/secret.hpp"

#include <array>

namespace postern::proxy {

boost::asio::awaitable<bool> ClientWatch::run() {
    std::size_t kept = 0;
    while (!is_over_ && kept < most_kept) {
        net::IoResult result;
        {
            std::array<char, 4096> bytes{};
            result = client_.try_read(bytes);
            if (result.status == net::IoStatus::done) {
                dialogue_.receive({bytes.data(), result.bytes});
                base::wipe({bytes.data(), result.bytes});
            }
        }
        kept += result.bytes;
        if (result.status == net::IoStatus::failed) co_return true;
        if (result.status == net::IoStatus::closed) co_return !dialogue_.has_unread();
        if (result.status == net::IoStatus::done) continue;
        const bool is_ready = co_await client_.wait(result.status);
        if (!is_ready && client_.cancelled()) break;
    }
    co_return false;
}

void ClientWatch::end() noexcept {
    is_over_ = true;
    client_.end_waits();
}

}  // namespace postern::proxy
