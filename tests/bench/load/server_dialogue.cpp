#include "tests/bench/load/server_dialogue.hpp"

#include "tests/bench/load/octets.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::bench {

void Reply::say(std::string_view text) {
    if (pieces_.empty() || pieces_.back().filler > 0) pieces_.push_back({{}, 0});
    pieces_.back().text += text;
}

void Reply::fill(std::uint64_t octets) {
    if (octets == 0) return;
    if (pieces_.empty()) pieces_.push_back({{}, 0});
    pieces_.back().filler += octets;
}

std::string_view Reply::next() const {
    const Piece& piece = pieces_.front();
    if (at_ < piece.text.size()) return std::string_view(piece.text).substr(at_);
    const std::uint64_t filled = at_ - piece.text.size();
    return filler(filled, piece.filler - filled);
}

void Reply::sent(std::size_t octets) {
    at_ += octets;
    if (at_ < pieces_.front().text.size() + pieces_.front().filler) return;
    pieces_.pop_front();
    at_ = 0;
}

namespace {

class ImapServer final : public ServerDialogue {
public:
    void greet(Reply& reply) override { reply.say("* OK [" + std::string(capability) + "] ready\r\n"); }

    void take(std::string_view octets, Reply& reply) override {
        while (!octets.empty()) {
            if (literal_left_ > 0) {
                literal_left_ -= skip(octets, literal_left_);
            } else if (const auto line = lines_.next(octets)) {
                take_line(*line, reply);
            }
        }
    }

private:
    static constexpr std::string_view capability = "CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID IDLE NAMESPACE AUTH=PLAIN";

    void take_line(std::string_view line, Reply& reply) {
        if (waits_for_line_) {
            waits_for_line_ = false;
            return ok(reply);
        }
        if (!is_in_command_) {
            const std::size_t space = line.find(' ');
            tag_ = line.substr(0, space);
            command_ = space == std::string_view::npos ? std::string() : upper(line.substr(space + 1));
        }
        const std::optional<Literal> literal = literal_at_end(line);
        is_in_command_ = literal.has_value();
        if (!literal) return answer(reply);
        literal_left_ = literal->octets;
        if (literal->is_synchronising) reply.say("+ go on\r\n");
    }

    void answer(Reply& reply) {
        const std::string_view command(command_);
        const std::string_view verb = command.substr(0, command.find(' '));
        if (verb == "CAPABILITY") reply.say("* " + std::string(capability) + "\r\n");
        if (verb == "ID") reply.say("* ID NIL\r\n");
        if (verb == "NAMESPACE") reply.say("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
        if (verb == "SELECT") {
            reply.say("* FLAGS (\\Seen)\r\n* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] valid\r\n");
        }
        if (verb == "FETCH") fetch(command, reply);
        if (verb == "LOGOUT") {
            reply.say("* BYE so long\r\n");
            reply.close();
        }
        const bool is_unfinished = verb == "IDLE" || (verb == "AUTHENTICATE" && std::ranges::count(command, ' ') == 1);
        if (!is_unfinished) return ok(reply);
        waits_for_line_ = true;
        reply.say("+ \r\n");
    }

    static void fetch(std::string_view command, Reply& reply) {
        const std::size_t part = command.find("<0.");
        if (part == std::string_view::npos) return;
        const std::uint64_t octets = number_at(command.substr(part + 3));
        reply.say("* 1 FETCH (BODY[]<0> {" + std::to_string(octets) + "}\r\n");
        reply.fill(octets);
        reply.say(")\r\n");
    }

    void ok(Reply& reply) {
        const bool is_login = command_.starts_with("LOGIN") || command_.starts_with("AUTHENTICATE");
        reply.say(tag_ + (is_login ? " OK [" + std::string(capability) + "] in\r\n" : " OK done\r\n"));
        command_.clear();
    }

    LineReader lines_;
    std::string tag_;
    std::string command_;  ///< in capitals, up to its first literal
    std::uint64_t literal_left_ = 0;
    bool is_in_command_ = false;
    bool waits_for_line_ = false;
};

class SmtpServer final : public ServerDialogue {
public:
    void greet(Reply& reply) override { reply.say("220 bench.example.org ESMTP\r\n"); }

    void take(std::string_view octets, Reply& reply) override {
        while (!octets.empty()) {
            if (chunk_left_ > 0) {
                chunk_left_ -= skip(octets, chunk_left_);
                if (chunk_left_ == 0) reply.say("250 2.0.0 taken\r\n");
            } else if (is_in_message_) {
                take_message(octets, reply);
            } else if (const auto line = lines_.next(octets)) {
                take_line(upper(*line), reply);
            }
        }
    }

private:
    static constexpr std::string_view end_of_message = "\r\n.\r\n";

    void take_message(std::string_view& octets, Reply& reply) {
        // The end may have come in pieces: look at the last octets of before together with the first of now.
        const std::size_t begun = before_.size();
        const std::string seam = before_ + std::string(octets.substr(0, end_of_message.size()));
        const std::size_t in_seam = seam.find(end_of_message);
        const std::size_t found = in_seam == std::string::npos ? octets.find(end_of_message) : in_seam - begun;
        if (found == std::string_view::npos) {
            const std::string rest =
                before_ + std::string(octets.substr(octets.size() - std::min(octets.size(), end_of_message.size())));
            before_ = rest.substr(rest.size() - std::min(rest.size(), end_of_message.size() - 1));
            octets = {};
            return;
        }
        octets.remove_prefix(found + end_of_message.size());
        is_in_message_ = false;
        reply.say("250 2.0.0 queued\r\n");
    }

    void take_line(const std::string& line, Reply& reply) {
        if (waits_for_credentials_) {
            waits_for_credentials_ = false;
            return reply.say("235 2.7.0 in\r\n");
        }
        const std::string verb = line.substr(0, line.find(' '));
        if (verb == "EHLO") return reply.say(extensions);
        if (verb == "XCLIENT") return greet(reply);
        if (verb == "AUTH") return authenticate(line, reply);
        if (verb == "DATA") {
            is_in_message_ = true;
            before_ = "\r\n";
            return reply.say("354 go on\r\n");
        }
        if (verb == "BDAT") {
            chunk_left_ = number_at(std::string_view(line).substr(std::min(line.size(), verb.size() + 1)));
            return chunk_left_ > 0 ? void() : reply.say("250 2.0.0 taken\r\n");
        }
        if (verb == "QUIT") {
            reply.close();
            return reply.say("221 2.0.0 so long\r\n");
        }
        reply.say("250 2.0.0 ok\r\n");
    }

    void authenticate(const std::string& line, Reply& reply) {
        waits_for_credentials_ = std::ranges::count(line, ' ') < 2;
        reply.say(waits_for_credentials_ ? "334 \r\n" : "235 2.7.0 in\r\n");
    }

    static constexpr std::string_view extensions =
        "250-bench.example.org\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250-CHUNKING\r\n"
        "250-ENHANCEDSTATUSCODES\r\n250-AUTH PLAIN\r\n250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR "
        "DESTPORT\r\n";

    LineReader lines_;
    std::string before_;  ///< the last octets of the message so far, one less than its end has
    std::uint64_t chunk_left_ = 0;
    bool is_in_message_ = false;
    bool waits_for_credentials_ = false;
};

class NginxAuthServer final : public ServerDialogue {
public:
    NginxAuthServer(std::uint16_t imap_port, std::uint16_t smtp_port) : imap_port_(imap_port), smtp_port_(smtp_port) {}

    void greet(Reply& /*reply*/) override {}

    void take(std::string_view octets, Reply& reply) override {
        while (const auto line = octets.empty() ? std::nullopt : lines_.next(octets)) {
            if (*line == "Auth-Protocol: smtp") is_smtp_ = true;
            if (!line->empty()) continue;
            reply.say("HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: " +
                      std::to_string(is_smtp_ ? smtp_port_ : imap_port_) + "\r\n\r\n");
            reply.close();
        }
    }

private:
    LineReader lines_;
    std::uint16_t imap_port_;
    std::uint16_t smtp_port_;
    bool is_smtp_ = false;
};

}  // namespace

std::unique_ptr<ServerDialogue> imap_server() {
    return std::make_unique<ImapServer>();
}

std::unique_ptr<ServerDialogue> smtp_server() {
    return std::make_unique<SmtpServer>();
}

std::unique_ptr<ServerDialogue> nginx_auth_server(std::uint16_t imap_port, std::uint16_t smtp_port) {
    return std::make_unique<NginxAuthServer>(imap_port, smtp_port);
}

}  // namespace postern::bench
