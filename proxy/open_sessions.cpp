#include "proxy/open_sessions.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy {

std::string_view OpenSessions::lasting(std::string_view name) {
    const auto found = names_.find(name);
    return found != names_.end() ? *found : *names_.emplace(name).first;
}

OpenSessions::Entry OpenSessions::enter(OpenSession session, net::Worker& worker, std::weak_ptr<Cuttable> handle) {
    const std::uint64_t number = session.number;
    {
        const std::lock_guard lock(mutex_);
        session.listener = lasting(session.listener);
        session.backend = lasting(session.backend);
        sessions_.insert_or_assign(
            number, Known{.session = std::move(session), .worker = &worker, .handle = std::move(handle)});
    }
    return {*this, number};
}

void OpenSessions::leave(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(number);
}

std::vector<OpenSession> OpenSessions::list(const Filter& fits, std::size_t most) const {
    std::vector<OpenSession> found;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [number, known] : sessions_) {
            if (found.size() == most) break;
            if (fits(known.session)) found.push_back(known.session);
        }
    }
    std::ranges::sort(found, {}, &OpenSession::number);
    return found;
}

void OpenSessions::renew(std::uint64_t number, std::optional<std::chrono::sys_seconds> changes_at, std::uint64_t look) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(number);
    if (found == sessions_.end()) return;
    found->second.session.standing.changes_at = changes_at;
    found->second.session.examined = look;
}

std::map<std::string, std::size_t> OpenSessions::by_backend() const {
    std::map<std::string, std::size_t> counts;
    const std::lock_guard lock(mutex_);
    for (const auto& [number, known] : sessions_) ++counts[std::string(known.session.backend)];
    return counts;
}

std::size_t OpenSessions::count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

/// It may have ended, and be gone, before its worker comes to this.
void OpenSessions::cut(const Known& known, Cut why) {
    known.worker->post([handle = known.handle, why] {
        if (const auto session = handle.lock()) session->cut(why);
    });
}

std::size_t OpenSessions::cut(const Filter& fits, Cut why) const {
    std::size_t count = 0;
    const std::lock_guard lock(mutex_);
    for (const auto& [number, known] : sessions_) {
        if (!fits(known.session)) continue;
        ++count;
        cut(known, why);
    }
    return count;
}

void OpenSessions::cut(std::uint64_t number, Cut why) const {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(number);
    if (found != sessions_.end()) cut(found->second, why);
}

}  // namespace postern::proxy
