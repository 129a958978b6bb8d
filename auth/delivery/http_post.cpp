#include "auth/delivery/http_post.hpp"

#include "auth/delivery/curl_transfer.hpp"

#include <string_view>

namespace postern::auth::delivery {

std::expected<void, DeliveryFailure> post(const HttpPost& request,
                                          const Posting& posting,
                                          const std::stop_token& stop) {
    const std::string scheme = request.url.substr(0, request.url.find(':'));
    CurlTransfer transfer(request.url, scheme, stop);
    CurlList fields;
    fields.add("Content-Type: " + request.content_type);
    fields.add("Idempotency-Key: " + std::to_string(posting.id));
    fields.add("Expect:");
    if (!request.authorization.empty()) {
        std::string field = "Authorization: " + std::string(request.authorization.reveal());
        fields.add(field);
        base::wipe(field);
    }
    transfer.set(CURLOPT_HTTPHEADER, fields.get());
    transfer.set(CURLOPT_POSTFIELDS, request.body.c_str());
    transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    const CurlTransfer::Answer answer = transfer.perform();
    if (answer.code != CURLE_OK)
        return std::unexpected(DeliveryFailure{.is_final = false, .why = "the interface: " + describe(answer.code)});
    if (answer.status >= 200 && answer.status < 300) return {};
    const bool is_for_later =
        answer.status == 408 || answer.status == 425 || answer.status == 429 || answer.status >= 500;
    return std::unexpected(
        DeliveryFailure{.is_final = !is_for_later, .why = "the interface answered " + std::to_string(answer.status)});
}

}  // namespace postern::auth::delivery
