/// What it costs to read along (docs/decisions/0013-relay-guard.md), beside the least that a relay does with the same
/// bytes: AES-256-GCM once to open and once to seal them, in records of TLS's size.
#include "proxy/imap/command_guard.hpp"
#include "proxy/smtp/transaction_guard.hpp"

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace {

constexpr std::size_t record = 16'384;
constexpr std::size_t message_bytes = 8UL * 1024 * 1024;

/// An attachment in base64: lines of 76 characters.
std::string message() {
    std::string text;
    while (text.size() < message_bytes) text += std::string(76, 'x') + "\r\n";
    return text;
}

class Everybody final : public postern::proxy::smtp::TransactionPolicy {
public:
    std::optional<std::string_view> refuse_message(std::string_view) override { return std::nullopt; }
    std::optional<std::string_view> refuse_recipient() override { return std::nullopt; }
};

template <class Take>
void for_each_record(std::string_view text, Take take) {
    for (std::size_t at = 0; at < text.size(); at += record) take(text.substr(at, record));
}

void count(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * static_cast<std::int64_t>(state.iterations()));
}

void cipher_alone(benchmark::State& state) {
    const std::string text = message();
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    const std::array<unsigned char, 32> key{};
    const std::array<unsigned char, 12> nonce{};
    std::array<unsigned char, record> out{};
    for (auto _ : state) {
        for_each_record(text, [&](std::string_view piece) {
            for (const bool is_sealing : {false, true}) {
                int size = 0;
                EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(),
                                  is_sealing ? 1 : 0);
                EVP_CipherUpdate(context.get(), out.data(), &size, reinterpret_cast<const unsigned char*>(piece.data()),
                                 static_cast<int>(piece.size()));
            }
            benchmark::DoNotOptimize(out);
        });
    }
    count(state, text.size());
}

void submission_upload(benchmark::State& state) {
    const std::string text = message();
    for (auto _ : state) {
        postern::proxy::smtp::TransactionGuard guard(std::make_unique<Everybody>(), true);
        std::ignore = guard.from_client("DATA\r\n");
        std::ignore = guard.from_backend("354 go on\r\n");
        for_each_record(text, [&](std::string_view piece) { benchmark::DoNotOptimize(guard.from_client(piece)); });
    }
    count(state, text.size());
}

void imap_download(benchmark::State& state) {
    const std::string text = message();
    const std::string announced = "* 1 FETCH (BODY[] {" + std::to_string(text.size()) + "}\r\n";
    for (auto _ : state) {
        postern::proxy::imap::CommandGuard guard(true);
        std::ignore = guard.from_backend(announced);
        for_each_record(text, [&](std::string_view piece) { benchmark::DoNotOptimize(guard.from_backend(piece)); });
    }
    count(state, text.size());
}

/// Many short lines, no literal: the list of a large mailbox.
void imap_flags(benchmark::State& state) {
    std::string text;
    while (text.size() < message_bytes) text += "* 123456 FETCH (UID 654321 FLAGS (\\Seen \\Answered))\r\n";
    for (auto _ : state) {
        postern::proxy::imap::CommandGuard guard(true);
        for_each_record(text, [&](std::string_view piece) { benchmark::DoNotOptimize(guard.from_backend(piece)); });
    }
    count(state, text.size());
}

}  // namespace

BENCHMARK(cipher_alone);
BENCHMARK(submission_upload);
BENCHMARK(imap_download);
BENCHMARK(imap_flags);
