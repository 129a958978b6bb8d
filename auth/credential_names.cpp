#include "auth/records/account_records.hpp"
#include "auth/records/credential_records.hpp"

namespace postern::auth {

std::string_view name_of(SecretIdentifierKind kind) {
    switch (kind) {
        case SecretIdentifierKind::numen:
            return "numen";
        case SecretIdentifierKind::student_number:
            return "student_number";
        case SecretIdentifierKind::staff_number:
            return "staff_number";
    }
    return "";
}

std::optional<SecretIdentifierKind> secret_identifier_kind(std::string_view name) {
    for (const auto kind :
         {SecretIdentifierKind::numen, SecretIdentifierKind::student_number, SecretIdentifierKind::staff_number}) {
        if (name == name_of(kind)) return kind;
    }
    return std::nullopt;
}

std::string_view name_of(CredentialKind kind) {
    switch (kind) {
        case CredentialKind::password:
            return "password";
        case CredentialKind::previous:
            return "previous";
        case CredentialKind::provisional:
            return "provisional";
        case CredentialKind::temporary:
            return "temporary";
        case CredentialKind::app_password:
            return "app_password";
    }
    return "";
}

std::string seal_context(CredentialId id, AccountId account) {
    return "credential:" + std::to_string(id) + ':' + std::to_string(account);
}

}  // namespace postern::auth
