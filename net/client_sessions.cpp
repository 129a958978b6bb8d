#include "net/client_sessions.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace postern::net {
namespace {

using TimePoint = SessionClock::time_point;

struct FreeSession {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

/// What is kept of one server.
struct Kept {
    std::mutex mutex;
    Session session;
    TimePoint until;        // of the session
    TimePoint rests_until;  // none is offered before
};

struct OfContext {
    std::mutex mutex;
    std::map<std::pair<std::string, std::string>, Kept> by_server;
};

struct OfConnection {
    Kept& kept;
    TimePoint begun;
    TimePoint offered_until;  // of the session that it has offered; none: 0
};

template <class Owned>
void free_owned(void* /*parent*/, void* owned, CRYPTO_EX_DATA* /*all*/, int /*index*/, long /*l*/, void* /*p*/) {
    delete static_cast<Owned*>(owned);
}

int index_in_context() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_owned<OfContext>);
    return index;
}

int index_in_connection() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_owned<OfConnection>);
    return index;
}

OfConnection* of(const SSL* ssl) {
    return static_cast<OfConnection*>(SSL_get_ex_data(ssl, index_in_connection()));
}

/// For how long the first certificate of the chain is still valid, up to session_life.
std::chrono::seconds rest_of_validity(const STACK_OF(X509) * chain) {
    std::chrono::seconds rest = session_life;
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        int days = 0;
        int seconds = 0;
        if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(sk_X509_value(chain, i))) != 1) return {};
        rest = std::min(rest, std::chrono::days(days) + std::chrono::seconds(seconds));
    }
    return rest;
}

/// OpenSSL's callback (SSL_CTX_sess_set_new_cb(3)), at the end of a handshake or whenever a ticket comes after it. The
/// session stays OpenSSL's.
int keep_copy(SSL* ssl, SSL_SESSION* session) {
    const OfConnection* const connection = of(ssl);
    if (connection == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return 0;
    const TimePoint until =
        SSL_session_reused(ssl) == 1
            ? connection->offered_until
            : std::min<TimePoint>(connection->begun + session_life,
                                  SessionClock::now() + rest_of_validity(SSL_get0_verified_chain(ssl)));
    Session copy(SSL_SESSION_dup(session));
    Kept& kept = connection->kept;
    const std::lock_guard lock(kept.mutex);
    if (!copy || (kept.session && until < kept.until)) return 0;
    kept.session.swap(copy);
    kept.until = until;
    return 0;
}

}  // namespace

bool keep_sessions(SSL_CTX* context) {
    auto sessions = std::make_unique<OfContext>();
    if (SSL_CTX_set_ex_data(context, index_in_context(), sessions.get()) != 1) return false;
    [[maybe_unused]] const auto* const of_the_context = sessions.release();
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
    SSL_CTX_sess_set_new_cb(context, keep_copy);
    return true;
}

bool offer_session(SSL* ssl, const std::string& name, const std::string& server, TimePoint now) {
    auto& sessions = *static_cast<OfContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_in_context()));
    Kept* kept = nullptr;
    {
        const std::lock_guard lock(sessions.mutex);
        kept = &sessions.by_server[{server, name}];
    }
    auto connection = std::make_unique<OfConnection>(*kept, now, TimePoint{});
    Session copy;
    {
        const std::lock_guard lock(kept->mutex);
        if (now >= kept->until) kept->session.reset();
        if (kept->session && now >= kept->rests_until) {
            copy.reset(SSL_SESSION_dup(kept->session.get()));
            connection->offered_until = kept->until;
        }
    }
    if (copy && SSL_set_session(ssl, copy.get()) != 1) return false;
    if (SSL_set_ex_data(ssl, index_in_connection(), connection.get()) != 1) return false;
    [[maybe_unused]] const auto* const of_the_ssl = connection.release();
    return true;
}

void forget_session(SSL* ssl) {
    const OfConnection* const connection = of(ssl);
    if (connection == nullptr) return;
    const std::lock_guard lock(connection->kept.mutex);
    connection->kept.session.reset();
}

void distrust_session(SSL* ssl) {
    forget_session(ssl);
    const OfConnection* const connection = of(ssl);
    if (connection == nullptr || connection->offered_until == TimePoint{}) return;
    const std::lock_guard lock(connection->kept.mutex);
    connection->kept.rests_until = SessionClock::now() + session_life;
}

}  // namespace postern::net
