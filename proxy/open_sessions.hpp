/// Who is in: the mail sessions that are logged in, so that administrators can see them and anybody's can be ended.
#pragma once

#include "auth/verdict.hpp"
#include "base/ip_network.hpp"
#include "config/settings.hpp"
#include "net/worker.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace postern::proxy {

/// What is known of one of them. The names in one that comes from OpenSessions are valid as long as that lives.
struct OpenSession {
    std::uint64_t number = 0;  ///< as in the log
    auth::AccountId account = 0;
    auth::Standing standing;
    std::string login;
    config::MailProtocol protocol = config::MailProtocol::imap;
    std::string_view listener;
    std::string_view backend;  ///< "NAME" or "NAME/SERVER"
    base::IpAddress client;
    std::chrono::sys_seconds since;
    std::uint64_t examined = 0;  ///< number of the look (auth::DecisionWatch) that found that it may go on; 0: none yet
};

/// Why a session is ended by us. The client hears it, if he is not in the middle of something.
enum class Cut {
    kicked,   ///< an administrator wants it
    revoked,  ///< what let him in does so no longer
};

/// What can be cut. Called on its worker's thread.
class Cuttable {
public:
    virtual void cut(Cut why) = 0;

protected:
    Cuttable() = default;
    ~Cuttable() = default;
    Cuttable(const Cuttable&) = default;
    Cuttable& operator=(const Cuttable&) = default;
    Cuttable(Cuttable&&) = default;
    Cuttable& operator=(Cuttable&&) = default;
};

/// Thread rule: any thread; what waits for the lock waits for a look-up, or for a copy of the list.
class OpenSessions {
public:
    /// In while it lives. The OpenSessions must outlive it.
    class Entry {
    public:
        Entry(OpenSessions& all, std::uint64_t number) : all_(&all), number_(number) {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        Entry(Entry&& other) noexcept : all_(std::exchange(other.all_, nullptr)), number_(other.number_) {}
        Entry& operator=(Entry&&) = delete;
        ~Entry() {
            if (all_ != nullptr) all_->leave(number_);
        }

    private:
        OpenSessions* all_;
        std::uint64_t number_;
    };

    /// `worker` must outlive this entry.
    [[nodiscard]] Entry enter(OpenSession session, net::Worker& worker, std::weak_ptr<Cuttable> handle);

    using Filter = std::function<bool(const OpenSession&)>;

    /// Those that fit, the oldest first; at most `most` of them.
    [[nodiscard]] std::vector<OpenSession> list(const Filter& fits, std::size_t most) const;
    [[nodiscard]] std::size_t count() const;

    /// It was looked at again, and may go on.
    void renew(std::uint64_t number, std::optional<std::chrono::sys_seconds> changes_at, std::uint64_t look);

    /// How many there are of each backend, by its name as sessions have it.
    [[nodiscard]] std::map<std::string, std::size_t> by_backend() const;

    /// Ends those that fit, each soon and on its own thread. How many.
    std::size_t cut(const Filter& fits, Cut why) const;
    /// The one of that number, if it is still there.
    void cut(std::uint64_t number, Cut why) const;

private:
    struct Known {
        OpenSession session;
        net::Worker* worker = nullptr;
        std::weak_ptr<Cuttable> handle;
    };
    void leave(std::uint64_t number);
    static void cut(const Known& known, Cut why);

    [[nodiscard]] std::string_view lasting(std::string_view name);

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, Known> sessions_;
    std::set<std::string, std::less<>> names_;  // of listeners and servers, each once: as many as were ever configured
};

}  // namespace postern::proxy
