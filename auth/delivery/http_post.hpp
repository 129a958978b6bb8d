/// What is told to HTTP interfaces: text messages and events.
#pragma once

#include "auth/courier.hpp"
#include "base/secret.hpp"

#include <expected>
#include <stop_token>
#include <string>

namespace postern::auth::delivery {

/// Nothing of it is owned.
struct HttpPost {
    const std::string& url;
    const std::string& content_type;
    const std::string& body;
    const base::Secret& authorization;  ///< empty: none
};

/// Taken with an answer of 200 to 299. 408, 425, 429 and 500 to 599 may be better next time, everything else not.
/// `posting.id` goes along as Idempotency-Key, so that a repeat can be told.
[[nodiscard]] std::expected<void, DeliveryFailure> post(const HttpPost& request,
                                                        const Posting& posting,
                                                        const std::stop_token& stop);

}  // namespace postern::auth::delivery
