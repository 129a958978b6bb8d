#include "proxy/routing/server_choice.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>

namespace postern::proxy::routing {

namespace {

/// FNV-1a: its values must never change, or everybody moves.
std::uint64_t hash_of(std::string_view server, std::string_view login) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
    for (const char c : server) add(static_cast<unsigned char>(c));
    add(0);
    for (const char c : login) add(static_cast<unsigned char>(c));
    // Its high bits mix badly: the finaliser of SplitMix64.
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}

/// The greatest of -weight / ln(u), u uniform in (0, 1), belongs to a server as often as its weight says.
double score_of(const config::BackendServer& server, std::string_view login) {
    constexpr double mantissa = 9007199254740992.0;  // 2 to the power of 53
    const double uniform = (static_cast<double>(hash_of(server.name, login) >> 11) + 0.5) / mantissa;
    return -static_cast<double>(server.weight) / std::log(uniform);
}

}  // namespace

std::vector<std::size_t> preferred_servers(std::span<const config::BackendServer> servers, std::string_view login) {
    const bool all_drained = std::ranges::all_of(servers, &config::BackendServer::drain);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i != servers.size(); ++i)
        if (all_drained || !servers[i].drain) order.push_back(i);
    std::ranges::sort(order, std::greater{}, [&](std::size_t i) { return std::pair(score_of(servers[i], login), i); });
    return order;
}

}  // namespace postern::proxy::routing
