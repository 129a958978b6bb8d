#include "auth/origin.hpp"

namespace postern::auth {

std::string_view name_of(Actor actor) {
    switch (actor) {
        case Actor::owner:
            return "owner";
        case Actor::stranger:
            return "stranger";
        case Actor::administrator:
            return "administrator";
        case Actor::machine_operator:
            return "operator";
        case Actor::system:
            return "system";
    }
    return "";
}

std::string_view name_of(Channel channel) {
    switch (channel) {
        case Channel::imap:
            return "imap";
        case Channel::submission:
            return "submission";
        case Channel::portal:
            return "portal";
        case Channel::command_line:
            return "command_line";
        case Channel::system:
            return "system";
    }
    return "";
}

}  // namespace postern::auth
