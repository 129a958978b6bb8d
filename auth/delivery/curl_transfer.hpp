/// One transfer with libcurl, with what all of them have in common. For the files of this folder only.
#pragma once

#include "auth/courier.hpp"

#include <curl/curl.h>

#include <chrono>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>

namespace postern::auth::delivery {

inline constexpr std::chrono::seconds connect_limit{15};
inline constexpr std::chrono::seconds transfer_limit{60};

/// A list of lines for libcurl.
class CurlList {
public:
    void add(const std::string& line);
    [[nodiscard]] curl_slist* get() const { return list_.get(); }

private:
    struct Free {
        void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
    };
    std::unique_ptr<curl_slist, Free> list_;
};

/// Bounded in time, without proxies and redirects, certificates checked, what is answered thrown away. Ends early on
/// `stop`. Throws std::runtime_error when libcurl cannot start. Thread rule: one thread.
class CurlTransfer {
public:
    /// `protocol`: what the URL may be, such as "https".
    CurlTransfer(const std::string& url, const std::string& protocol, std::stop_token stop);
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;
    CurlTransfer(CurlTransfer&&) = delete;
    CurlTransfer& operator=(CurlTransfer&&) = delete;
    ~CurlTransfer() = default;

    template <class Value>
    void set(CURLoption option, Value value) {
        check(curl_easy_setopt(handle_.get(), option, value));
    }
    /// The file of authorities; empty: the system's.
    void trust(const std::string& ca_file);

    struct Answer {
        CURLcode code = CURLE_OK;
        long status = 0;  ///< last one the server gave; 0: none
    };
    [[nodiscard]] Answer perform();

private:
    struct Free {
        void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    };
    static void check(CURLcode code);

    std::stop_token stop_;
    std::unique_ptr<CURL, Free> handle_;
};

/// What went wrong without an answer, in words that hold nothing of what was sent.
[[nodiscard]] std::string describe(CURLcode code);

}  // namespace postern::auth::delivery
