/// What is read before a login, from the first byte to the command that logs in.
#include "proxy/imap/command_reader.hpp"
#include "proxy/smtp/command_reader.hpp"
#include "tests/bench/hot/hot_function.hpp"

#include <variant>

namespace postern::bench {
namespace {

namespace imap = proxy::imap;
namespace smtp = proxy::smtp;

/// Each piece comes alone, and holds one command.
Call read_imap(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces)] {
        imap::CommandReader reader{imap::ReaderLimits{}};
        for (const std::string& piece : pieces) {
            reader.receive(piece);
            require(std::holds_alternative<imap::Command>(reader.next()), "no IMAP command");
            require(std::holds_alternative<imap::NeedBytes>(reader.next()), "more than one IMAP command");
        }
    };
}

Call read_smtp(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces)] {
        smtp::CommandReader reader{smtp::LineLimits{}};
        for (const std::string& piece : pieces) {
            reader.receive(piece);
            require(std::holds_alternative<smtp::CommandLine>(reader.next(smtp::LineKind::command)), "no SMTP command");
            require(std::holds_alternative<smtp::NeedBytes>(reader.next(smtp::LineKind::command)),
                    "more than one SMTP command");
        }
    };
}

}  // namespace

std::vector<HotFunction> reader_functions() {
    return {
        {.name = "imap_reader/login",
         .prepare =
             [] {
                 return read_imap({"1 CAPABILITY\r\n", "2 ID (\"name\" \"Thunderbird\" \"version\" \"128.5.0\")\r\n",
                                   "3 LOGIN \"anne.durand@ac-amiens.fr\" \"a Pa55word of hers\"\r\n"});
             },
         .counted_calls = 2000},
        {.name = "imap_reader/login_with_literals",
         .prepare =
             [] { return read_imap({"3 LOGIN {24+}\r\nanne.durand@ac-amiens.fr {18+}\r\na Pa55word of hers\r\n"}); },
         .counted_calls = 2000},
        {.name = "smtp_reader/login",
         .prepare =
             [] {
                 return read_smtp({"EHLO [192.0.2.17]\r\n",
                                   "AUTH PLAIN AGFubmUuZHVyYW5kQGFjLWFtaWVucy5mcgBhIFBhNTV3b3JkIG9mIGhlcnM=\r\n"});
             },
         .counted_calls = 2000},
    };
}

}  // namespace postern::bench
