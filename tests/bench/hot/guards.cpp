/// What it costs to read along (docs/decisions/0013-relay-guard.md), in records of TLS's size, beside the least that a
/// relay does with the same octets: AES-256-GCM once to open and once to seal them.
#include "proxy/imap/command_guard.hpp"
#include "proxy/smtp/transaction_guard.hpp"
#include "tests/bench/hot/hot_function.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>

namespace postern::bench {
namespace {

constexpr std::size_t record = 16'384;

std::string repeated(std::string_view line) {
    std::string text;
    while (text.size() + line.size() <= record) text += line;
    return text;
}

/// An attachment in base64: lines of 76 characters.
std::string message() {
    return repeated(std::string(76, 'x') + "\r\n");
}

class Everybody final : public proxy::smtp::TransactionPolicy {
public:
    std::optional<std::string_view> refuse_message(std::string_view) override { return std::nullopt; }
    std::optional<std::string_view> refuse_recipient() override { return std::nullopt; }
};

/// What one side says, and what the other then gets.
void pass(std::string_view given, std::string_view said) {
    require(given.size() == said.size(), "the guard kept or changed something");
}

Call imap_conversation(const std::string& command, const std::string& response) {
    const auto guard = std::make_shared<proxy::imap::CommandGuard>(true);
    return [guard, command, response] {
        pass(guard->from_client(command), command);
        pass(guard->from_backend(response), response);
    };
}

Call imap_upload() {
    const auto guard = std::make_shared<proxy::imap::CommandGuard>(true);
    const std::string text = message();
    const std::string command = "7 APPEND INBOX {" + std::to_string(text.size()) + "}\r\n";
    return [guard, text, command] {
        pass(guard->from_client(command), command);
        pass(guard->from_backend("+ go on\r\n"), "+ go on\r\n");
        pass(guard->from_client(text), text);
        pass(guard->from_client("\r\n"), "\r\n");
        pass(guard->from_backend("7 OK done\r\n"), "7 OK done\r\n");
    };
}

Call smtp_message() {
    const auto guard = std::make_shared<proxy::smtp::TransactionGuard>(std::make_unique<Everybody>(), true);
    const std::string text = message();
    return [guard, text] {
        for (const std::string_view command :
             {"MAIL FROM:<anne.durand@ac-amiens.fr>\r\n", "RCPT TO:<paul.petit@ac-amiens.fr>\r\n"}) {
            pass(guard->from_client(command), command);
            pass(guard->from_backend("250 2.1.0 fine\r\n"), "250 2.1.0 fine\r\n");
        }
        pass(guard->from_client("DATA\r\n"), "DATA\r\n");
        pass(guard->from_backend("354 go on\r\n"), "354 go on\r\n");
        pass(guard->from_client(text), text);
        pass(guard->from_client(".\r\n"), ".\r\n");
        pass(guard->from_backend("250 2.0.0 queued\r\n"), "250 2.0.0 queued\r\n");
    };
}

Call cipher() {
    const std::shared_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const auto out = std::make_shared<std::array<unsigned char, record>>();
    return [context, out, text = message()] {
        static constexpr std::array<unsigned char, 32> key{};
        static constexpr std::array<unsigned char, 12> nonce{};
        for (const int seals : {0, 1}) {
            int size = 0;
            EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(), seals);
            EVP_CipherUpdate(context.get(), out->data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
            require(size == static_cast<int>(text.size()), "not all was encrypted");
        }
    };
}

}  // namespace

std::vector<HotFunction> guard_functions() {
    const std::string literal = message();
    const std::string fetched =
        "* 1 FETCH (BODY[] {" + std::to_string(literal.size()) + "}\r\n" + literal + ")\r\n7 OK\r\n";
    // Many short lines, no literal: the list of a large mailbox.
    const std::string flags = repeated("* 123456 FETCH (UID 654321 FLAGS (\\Seen \\Answered))\r\n") + "7 OK\r\n";
    return {
        {.name = "imap_guard/round_trip",
         .prepare = [] { return imap_conversation("7 NOOP\r\n", "7 OK done\r\n"); },
         .counted_calls = 2000},
        {.name = "imap_guard/download",
         .prepare = [fetched] { return imap_conversation("7 UID FETCH 9 BODY.PEEK[]\r\n", fetched); },
         .counted_calls = 200,
         .octets = fetched.size()},
        {.name = "imap_guard/upload", .prepare = imap_upload, .counted_calls = 200, .octets = record},
        {.name = "imap_guard/flags",
         .prepare = [flags] { return imap_conversation("7 UID FETCH 1:* FLAGS\r\n", flags); },
         .counted_calls = 200,
         .octets = flags.size()},
        {.name = "smtp_guard/message", .prepare = smtp_message, .counted_calls = 200, .octets = record},
        {.name = "cipher/record", .prepare = cipher, .octets = record},
    };
}

}  // namespace postern::bench
