/// Logs in to any IMAP server on behalf of a user: greeting, capabilities, ID and login, then the capabilities of the
/// user. One round trip when the greeting lists SASL-IR. Sources: RFC 9051 sections 6.2 and 7.1, RFC 4959, RFC 2971.
#pragma once

#include "proxy/backend_login.hpp"
#include "proxy/imap/response_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy::imap {

/// The backend must greet with OK: after PREAUTH nobody would know as whom it lets the user in. Replies to tags that
/// are not ours and untagged responses that tell nothing of use are passed over, as many as the limits allow.
class BackendLogin final : public proxy::BackendLogin {
public:
    explicit BackendLogin(const BackendUser& user, ResponseLimits limits = {});

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    BackendStep next() override;
    std::string take_unread() override { return reader_.take_rest(); }

private:
    enum class State : std::uint8_t { greeting, capability, login, capability_after_login, over };
    using Outcome = std::optional<BackendStep>;

    Outcome take(const Response& response);
    Outcome take_greeting(const Response& response);
    Outcome take_untagged(const Response& response);
    Outcome take_continuation(const Response& response);
    Outcome take_login_result(const Response& response);
    void note_capabilities(const Response& response);
    void ask_capability(State next_state);
    Outcome log_in();
    BackendStep ready();
    BackendStep fail(BackendFault fault, std::string_view what, std::string_view said = {});

    BackendUser user_;
    ResponseReader reader_;
    State state_ = State::greeting;
    std::optional<std::string>
        capabilities_;  ///< the newest list since the greeting or, later, since the login was sent
    std::vector<base::WipingBuffer> unsent_parts_;  ///< of the login command, the next one last
};

}  // namespace postern::proxy::imap
