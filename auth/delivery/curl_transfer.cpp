#include "auth/delivery/curl_transfer.hpp"

#include <stdexcept>
#include <utility>

namespace postern::auth::delivery {

namespace {

/// libcurl wants to be started once, before any thread uses it.
void start_curl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl cannot start");
}

std::size_t discard(const char* /*bytes*/, std::size_t size, std::size_t count, void* /*nobody*/) {
    return size * count;
}

int ends_on_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

}  // namespace

void CurlList::add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    std::ignore = list_.release();
    list_.reset(longer);
}

CurlTransfer::CurlTransfer(const std::string& url, const std::string& protocol, std::stop_token stop)
    : stop_(std::move(stop)) {
    start_curl();
    handle_.reset(curl_easy_init());
    if (!handle_) throw std::runtime_error("libcurl has no handle left");
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, protocol.c_str());
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_limit.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(transfer_limit.count()));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_WRITEFUNCTION, &discard);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &ends_on_stop);
    set(CURLOPT_XFERINFODATA, static_cast<void*>(&stop_));
}

void CurlTransfer::check(CURLcode code) {
    if (code != CURLE_OK)
        throw std::runtime_error(std::string("libcurl does not take an option: ") + curl_easy_strerror(code));
}

void CurlTransfer::trust(const std::string& ca_file) {
    if (ca_file.empty()) return;
    set(CURLOPT_CAINFO, ca_file.c_str());
    set(CURLOPT_CAPATH, nullptr);
}

CurlTransfer::Answer CurlTransfer::perform() {
    Answer answer{.code = curl_easy_perform(handle_.get())};
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::string describe(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "its name is unknown";
        case CURLE_COULDNT_CONNECT:
            return "nobody answers there";
        case CURLE_OPERATION_TIMEDOUT:
            return "it took too long";
        case CURLE_ABORTED_BY_CALLBACK:
            return "postern is stopping";
        case CURLE_PEER_FAILED_VERIFICATION:
            return "its certificate is not to be trusted";
        case CURLE_USE_SSL_FAILED:
            return "it does not offer TLS";
        case CURLE_LOGIN_DENIED:
            return "it refuses the password";
        default:
            return curl_easy_strerror(code);
    }
}

}  // namespace postern::auth::delivery
