#include "auth/otp/one_time_code.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>

namespace postern::auth::otp {

namespace {

constexpr int max_steps_to_next = 5;
constexpr std::array<std::uint32_t, 9> powers_of_ten{1,       10,        100,        1'000,      10'000,
                                                     100'000, 1'000'000, 10'000'000, 100'000'000};

const EVP_MD* digest_of(HashAlgorithm algorithm) {
    switch (algorithm) {
        case HashAlgorithm::sha1:
            return EVP_sha1();
        case HashAlgorithm::sha256:
            return EVP_sha256();
        case HashAlgorithm::sha512:
            return EVP_sha512();
    }
    return EVP_sha1();
}

/// RFC 4226 section 5.3, dynamic truncation.
std::uint32_t truncated(std::span<const unsigned char> mac) {
    const std::size_t offset = mac.back() & 0x0FU;
    return (static_cast<std::uint32_t>(mac[offset] & 0x7FU) << 24U) |
           (static_cast<std::uint32_t>(mac[offset + 1]) << 16U) | (static_cast<std::uint32_t>(mac[offset + 2]) << 8U) |
           static_cast<std::uint32_t>(mac[offset + 3]);
}

bool is_code(const base::Secret& seed, const KeyParameters& key, std::int64_t step, std::string_view code) {
    const auto right = code_at(seed, key, step);
    return right && code.size() == right->reveal().size() &&
           CRYPTO_memcmp(code.data(), right->reveal().data(), code.size()) == 0;
}

/// The step from `first` to `last`, none of them used, that this is the code of. All are computed, whichever it is.
std::optional<std::int64_t> step_of(
    const base::Secret& seed, const KeyParameters& key, std::string_view code, std::int64_t first, std::int64_t last) {
    std::optional<std::int64_t> found;
    for (std::int64_t step = std::max<std::int64_t>(first, 0); step <= last; ++step) {
        const bool is_right = is_code(seed, key, step, code);
        if (is_right && step > key.last_step && !found) found = step;
    }
    return found;
}

int drift_at(std::int64_t step, std::int64_t now_step) {
    return static_cast<int>(std::clamp<std::int64_t>(step - now_step, -max_drift, max_drift));
}

}  // namespace

std::string_view name_of(HashAlgorithm algorithm) {
    switch (algorithm) {
        case HashAlgorithm::sha1:
            return "SHA1";
        case HashAlgorithm::sha256:
            return "SHA256";
        case HashAlgorithm::sha512:
            return "SHA512";
    }
    return "";
}

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
    for (const auto algorithm : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512}) {
        if (name == name_of(algorithm)) return algorithm;
    }
    return std::nullopt;
}

std::int64_t time_step(Time now, int step_seconds) {
    assert(step_seconds > 0);
    return std::max<std::int64_t>(now.time_since_epoch().count(), 0) / step_seconds;
}

std::optional<base::Secret> code_at(const base::Secret& seed, const KeyParameters& key, std::int64_t step) {
    assert(key.digits >= 6 && key.digits <= 8 && step >= 0);
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[counter.size() - 1 - i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    const std::string_view bytes = seed.reveal();
    const bool is_computed = HMAC(digest_of(key.algorithm), bytes.data(), static_cast<int>(bytes.size()),
                                  counter.data(), counter.size(), mac.data(), &size) != nullptr;
    // An untouched buffer would be the code 000000 of every key.
    if (!is_computed) return std::nullopt;
    std::uint32_t number = truncated(std::span(mac).first(size)) % powers_of_ten[static_cast<std::size_t>(key.digits)];
    OPENSSL_cleanse(mac.data(), mac.size());
    base::WipingBuffer code(static_cast<std::size_t>(key.digits));
    for (std::size_t i = code.size(); i > 0; --i, number /= 10) code[i - 1] = static_cast<char>('0' + number % 10);
    return base::Secret(std::move(code));
}

std::optional<AcceptedCode> accept_code(const base::Secret& seed,
                                        const KeyParameters& key,
                                        std::string_view code,
                                        Time now) {
    const std::int64_t here = time_step(now, key.step_seconds);
    const std::int64_t there = here + key.drift;
    const auto step = step_of(seed, key, code, there - 1, there + 1);
    if (!step) return std::nullopt;
    return AcceptedCode{.step = *step, .drift = drift_at(*step, here)};
}

std::optional<AcceptedCode> accept_first_code(const base::Secret& seed,
                                              const KeyParameters& key,
                                              std::string_view code,
                                              Time now) {
    const std::int64_t here = time_step(now, key.step_seconds);
    const auto step = step_of(seed, key, code, here - max_drift, here + max_drift);
    if (!step) return std::nullopt;
    return AcceptedCode{.step = *step, .drift = drift_at(*step, here)};
}

std::optional<AcceptedCode> accept_next_code(
    const base::Secret& seed, const KeyParameters& key, std::int64_t first, std::string_view code, Time now) {
    const std::int64_t here = time_step(now, key.step_seconds);
    const auto step = step_of(seed, key, code, first + 1, first + max_steps_to_next);
    const bool is_near = step && *step >= here - max_drift - 1 && *step <= here + max_drift + 1;
    if (!is_near) return std::nullopt;
    return AcceptedCode{.step = *step, .drift = drift_at(*step, here)};
}

std::optional<AcceptedCode> resynchronise(
    const base::Secret& seed, const KeyParameters& key, std::string_view first, std::string_view second, Time now) {
    const std::int64_t here = time_step(now, key.step_seconds);
    for (std::int64_t step = std::max<std::int64_t>(here - max_drift, 0); step <= here + max_drift; ++step) {
        const bool is_first = is_code(seed, key, step, first);
        const bool is_second = is_code(seed, key, step + 1, second);
        if (is_first && is_second && step > key.last_step)
            return AcceptedCode{.step = step + 1, .drift = drift_at(step + 1, here)};
    }
    return std::nullopt;
}

}  // namespace postern::auth::otp
