/// What administrators may ask of the running server, and its answers.
#pragma once

#include "app/server.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <vector>

namespace postern::app {

/// What became of a reload.
struct Reloaded {
    std::vector<std::string> mistakes;   ///< not empty: nothing has changed
    std::vector<std::string> unapplied;  ///< what only a restart applies
};

/// Answers one question, {"command": NAME, ...}: {"ok": true, ...}, or {"ok": false, "error": why}.
///
///     who [user]               "sessions", "total"
///     kick user                "sessions": how many are ended
///     backends                 "servers"
///     drain, undrain backend server
///     reload                   "unapplied"; "mistakes" when it is refused
///     log_level level
[[nodiscard]] boost::json::object answer_operation(const boost::json::object& question,
                                                   const Server& server,
                                                   const std::function<Reloaded()>& reload);

}  // namespace postern::app
