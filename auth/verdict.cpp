#include "auth/verdict.hpp"

namespace postern::auth {

std::string_view name_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::wrong_credentials:
            return "wrong_credentials";
        case Refusal::not_authorised:
            return "not_authorised";
        case Refusal::not_activated:
            return "not_activated";
        case Refusal::must_change:
            return "must_change";
        case Refusal::account_suspended:
            return "account_suspended";
        case Refusal::account_expired:
            return "account_expired";
        case Refusal::app_password_required:
            return "app_password_required";
        case Refusal::throttled:
            return "throttled";
        case Refusal::busy:
            return "busy";
        case Refusal::unavailable:
            break;
    }
    return "store_unavailable";
}

}  // namespace postern::auth
