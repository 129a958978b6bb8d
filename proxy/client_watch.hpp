/// Noticing that a client leaves while his backend is asked: nobody should log in there for somebody who is gone.
#pragma once

#include "net/stream.hpp"
#include "proxy/login_dialogue.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace postern::proxy {

/// Reads a client who waits for the answer to his login, and keeps what he sends for later. Thread rule: the thread of
/// the client's stream.
class ClientWatch {
public:
    /// How much is kept, in bytes; a client who sends more is not watched any longer.
    static constexpr std::size_t most_kept = 16'384;

    /// Both must outlive the watch. Nobody else may read the client while it runs.
    ClientWatch(net::Stream& client, LoginDialogue& dialogue) : client_(client), dialogue_(dialogue) {}

    /// Ends when the client has left (true), or else after `end` or a cancel of the stream (false). Who ends his
    /// direction only has left, too, unless he sent commands behind his login: then he waits for their answers.
    [[nodiscard]] boost::asio::awaitable<bool> run();

    /// Ends `run` soon. May be called before it.
    void end() noexcept;

private:
    net::Stream& client_;
    LoginDialogue& dialogue_;
    bool is_over_ = false;
};

}  // namespace postern::proxy
