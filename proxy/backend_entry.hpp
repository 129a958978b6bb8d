/// Getting a user into a backend: which of its servers, the connection, the login there, and another server if one
/// fails.
#pragma once

#include "net/interruption.hpp"
#include "net/stream.hpp"
#include "proxy/backend_health.hpp"
#include "proxy/backend_login.hpp"
#include "proxy/connect.hpp"
#include "proxy/mail_metrics.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace postern::proxy {

/// A backend that let the user in, and what it said after that.
struct Admission {
    std::unique_ptr<net::Stream> stream;
    BackendReady ready;
    std::string unread;
};

/// What came of an entry, for the log.
struct EntryReport {
    std::string backend;      ///< "NAME", or "NAME/SERVER" where there are several
    std::string_view reason;  ///< empty: entered, or interrupted
    std::string detail;
};

/// One entry of one user. Thread rule: the worker's thread.
class BackendEntry {
public:
    /// All must outlive the entry.
    BackendEntry(const BackendConnector& connector,
                 const BackendHealth& health,
                 const MailMetrics& metrics,
                 const BackendUser& user,
                 boost::asio::any_io_executor executor)
        : connector_(connector), health_(health), metrics_(metrics), user_(user), executor_(std::move(executor)) {}

    /// At the user's own server, or at one that stands in for it. When none is known to be up, his own is tried all the
    /// same: it may be back. True: `admission` is one. Call once.
    [[nodiscard]] boost::asio::awaitable<bool> enter(Admission& admission);

    /// Ends `enter` soon, with false. May be called before it.
    void interrupt() { interruption_.request(); }
    [[nodiscard]] bool is_interrupted() const noexcept { return interruption_.is_requested(); }

    [[nodiscard]] const EntryReport& report() const { return report_; }

private:
    enum class Outcome {
        done,
        server_failed,  ///< another server may do better
        failed
    };

    boost::asio::awaitable<Outcome> log_in(std::size_t server, bool has_other, Admission& admission);
    boost::asio::awaitable<bool> try_server(std::size_t server, bool has_other, Admission& admission);
    boost::asio::awaitable<BackendStep> converse(net::Stream& stream, std::string& unread) const;

    const BackendConnector& connector_;
    const BackendHealth& health_;
    const MailMetrics& metrics_;
    const BackendUser& user_;
    boost::asio::any_io_executor executor_;
    net::Interruption interruption_;
    EntryReport report_;
};

}  // namespace postern::proxy
