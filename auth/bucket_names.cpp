#include "auth/records/budget_records.hpp"

namespace postern::auth {

std::string_view name_of(BucketKind kind) {
    switch (kind) {
        case BucketKind::untrusted:
            return "untrusted";
        case BucketKind::network:
            return "network";
        case BucketKind::device:
            return "device";
        case BucketKind::source:
            return "source";
        case BucketKind::otp:
            return "otp";
        case BucketKind::identity:
            return "identity";
    }
    return "";
}

}  // namespace postern::auth
