/// A command of the house that is told of an event.
#pragma once

#include "auth/courier.hpp"

#include <chrono>
#include <expected>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace postern::auth::delivery {

inline constexpr std::chrono::seconds command_limit{60};

/// Runs `command` (program and arguments, no shell) with `input` on its standard input, what it prints thrown away, and
/// nothing in its environment but PATH. Exit status 0: taken; anything else is tried again. A command that takes longer
/// than `limit`, or is at it when postern stops, is killed with its process group.
[[nodiscard]] std::expected<void, DeliveryFailure> run_command(std::span<const std::string> command,
                                                               std::string_view input,
                                                               const std::stop_token& stop,
                                                               std::chrono::milliseconds limit = command_limit);

}  // namespace postern::auth::delivery
