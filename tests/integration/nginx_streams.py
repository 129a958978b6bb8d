"""What test_nginx_differential says to both proxies, and how it reads their answers."""

import base64
import re

START_TLS = object()  # a turn that is the client's handshake
AWAY = "away@academie.example"  # whose backend is not there
ODD_PASSWORD = 'canary "od\\d Pa55word'


class Stream:
    """Turns are one write each; before the next one comes, the client waits for an answer. A farewell ends each stream, so that the
    connection always ends."""

    def __init__(self, port, name, *turns):
        self.port, self.protocol = port, port.partition("_")[0]
        self.name = f"{self.protocol}: {name}"
        self.turns = [turn if turn is START_TLS or isinstance(turn, bytes) else turn.encode() for turn in turns]
        self.turns.append(b"z LOGOUT\r\n" if self.protocol == "imap" else b"QUIT\r\n")

    def is_answer(self, line):
        """Whether the server waits for the client behind this line."""
        if self.protocol == "smtp":
            return line[3:4] != "-"
        return line == "" or not line.startswith("* ") or bool(re.match(r"\* (BAD|BYE)", line))

    def classify(self, lines):
        """The replies without what they say to people."""
        if self.protocol == "smtp":
            replies = [line[:3] for line in lines if line and line[3:4] != "-"]
        else:
            replies = [" ".join(line.split()[:1 if line.startswith("+") else 2]) for line in lines if line]
        return ", ".join(replies[1:]) or "nothing"


def in_base64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def imap_streams(user, password, odd):
    def stream(name, *turns):
        return Stream("imap", name, *turns)

    plain, wrong = in_base64(f"\0{user}\0{password}"), in_base64(f"\0{user}\0wrong")
    name, secret = in_base64(user), in_base64(password)
    escaped = ODD_PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    users, passwords = len(user), len(password)
    log_in = f"b LOGIN {user} {password}\r\n"
    yield stream("LOGOUT")
    for command in ("CAPABILITY", "NOOP", "noop", "ID NIL", 'ID ("name" "x" "x-originating-ip" "192.0.2.1")', "ENABLE UTF8=ACCEPT",
                    "STARTTLS", "SELECT INBOX", "FOO", "NOOP now", "CAPABILITY now", "LOGIN", f"LOGIN {user}",
                    f"LOGIN {user} {password} more", "AUTHENTICATE", "AUTHENTICATE CRAM-MD5x", "AUTHENTICATE XOAUTH2",
                    "AUTHENTICATE XOAUTH2 dXNlcg==", f"LOGIN {user} {password}", f'LOGIN "{user}" "{password}"',
                    f'LOGIN {user} "{password}"', f'login {user} {password}', f'LOGIN {odd} "{escaped}"', f"LOGIN {user} wrong",
                    'LOGIN "" ""', f'LOGIN "" {password}', f'LOGIN "{user} " {password}', f"LOGIN {user} (x", "LOGIN x*y z", 'LOGIN "x y',
                    'LOGIN x "y\\z"', f"LOGIN {AWAY} {password}", f"AUTHENTICATE PLAIN {plain}", f"AUTHENTICATE plain {plain}",
                    f"AUTHENTICATE PLAIN {wrong}", "AUTHENTICATE PLAIN =", "AUTHENTICATE PLAIN !", f"AUTHENTICATE PLAIN {plain} more"):
        yield stream(command.replace(user, "USER").replace(password, "PASSWORD").replace(plain, "RESPONSE").replace(wrong, "WRONG")
                     .replace(odd, "ODD").replace(escaped, "ESCAPED").replace(AWAY, "AWAY"), f"a {command}\r\n")
    yield stream("an empty line", "\r\n")
    yield stream("a tag alone", "a\r\n")
    yield stream("a line that ends in LF", "a NOOP\n")
    yield stream("a tag of 33 letters", "t" * 33 + " NOOP\r\n")
    yield stream("a tag with a parenthesis", "a( NOOP\r\n")
    yield stream("a tag that is a star", "* NOOP\r\n")
    yield stream("HTTP", "GET / HTTP/1.1\r\n\r\n")
    yield stream("five bad commands", *("a FOO\r\n" for _ in range(5)))
    yield stream("a line of 5000 octets", "a NOOP " + "x" * 5000 + "\r\n")
    yield stream("a line of 20000 octets", "a NOOP " + "x" * 20000 + "\r\n")
    yield stream("8-bit octets in a name", b'a LOGIN "caf\xe9" x\r\n')
    yield stream("NUL in a command", b"a LOGIN x\0y z\r\n")
    yield stream("LOGIN {n} {n}", f"a LOGIN {{{users}}}\r\n", f"{user} {{{passwords}}}\r\n", f"{password}\r\n")
    yield stream("LOGIN USER {n}", f"a LOGIN {user} {{{passwords}}}\r\n", f"{password}\r\n")
    yield stream("LOGIN {n} PASSWORD", f"a LOGIN {{{users}}}\r\n", f"{user} {password}\r\n")
    yield stream("LOGIN {n+} {n+}", f"a LOGIN {{{users}+}}\r\n{user} {{{passwords}+}}\r\n{password}\r\n")
    yield stream("LOGIN {n+} PASSWORD", f"a LOGIN {{{users}+}}\r\n{user} {password}\r\n")
    yield stream("a backslash in a literal", f"a LOGIN {odd} {{{len(ODD_PASSWORD)}}}\r\n", f"{ODD_PASSWORD}\r\n")
    yield stream("LOGIN {0} PASSWORD", "a LOGIN {0}\r\n", f" {password}\r\n")
    yield stream("LOGIN USER {0}", f"a LOGIN {user} {{0}}\r\n", "\r\n")
    yield stream("NUL in a literal", "a LOGIN {3}\r\n", b"x\0y z\r\n")
    yield stream("LOGIN {x}", "a LOGIN {x}\r\n")
    yield stream("LOGIN {999999999}", "a LOGIN {999999999}\r\n")
    yield stream("LOGIN {18446744073709551617}", "a LOGIN {18446744073709551617}\r\n", "x y\r\n")
    yield stream("a literal that no command is in", "a FOO {10+}\r\nb NOOP!!\r\n\r\n")
    yield stream("a literal of a command without arguments", "a NOOP {8+}\r\nb NOOP\r\n\r\n")
    yield stream("a wrong password and a right one", f"a LOGIN {user} wrong\r\n", log_in)
    yield stream("a wrong password and NOOP", f"a LOGIN {user} wrong\r\n", "b NOOP\r\n")
    yield stream("LOGIN and NOOP", f"a LOGIN {user} {password}\r\n", "c NOOP\r\n")
    yield stream("a name that has no account", "a LOGIN nobody@academie.example x\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, RESPONSE", "a AUTHENTICATE PLAIN\r\n", f"{plain}\r\n")
    yield stream("AUTHENTICATE PLAIN, WRONG, LOGIN", "a AUTHENTICATE PLAIN\r\n", f"{wrong}\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, *", "a AUTHENTICATE PLAIN\r\n", "*\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, bad base64", "a AUTHENTICATE PLAIN\r\n", "!!\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, an empty line", "a AUTHENTICATE PLAIN\r\n", "\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, one NUL", "a AUTHENTICATE PLAIN\r\n", in_base64(f"{user}\0{password}") + "\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, three NULs", "a AUTHENTICATE PLAIN\r\n", in_base64(f"\0{user}\0{password}\0") + "\r\n", log_in)
    yield stream("AUTHENTICATE PLAIN, to act as oneself", "a AUTHENTICATE PLAIN\r\n", in_base64(f"{user}\0{user}\0{password}") + "\r\n")
    yield stream("AUTHENTICATE PLAIN, to act as somebody else", "a AUTHENTICATE PLAIN\r\n", in_base64(f"{odd}\0{user}\0{password}") + "\r\n")
    yield stream("AUTHENTICATE LOGIN, name, password", "a AUTHENTICATE LOGIN\r\n", f"{name}\r\n", f"{secret}\r\n")
    yield stream("AUTHENTICATE LOGIN name, password", f"a AUTHENTICATE LOGIN {name}\r\n", f"{secret}\r\n")
    yield stream("AUTHENTICATE LOGIN, *", "a AUTHENTICATE LOGIN\r\n", "*\r\n", log_in)
    yield stream("AUTHENTICATE LOGIN, name, *", "a AUTHENTICATE LOGIN\r\n", f"{name}\r\n", "*\r\n", log_in)
    yield stream("AUTHENTICATE LOGIN, bad base64", "a AUTHENTICATE LOGIN\r\n", "!!\r\n", log_in)
    yield stream("AUTHENTICATE LOGIN, name, bad base64", "a AUTHENTICATE LOGIN\r\n", f"{name}\r\n", "!!\r\n", log_in)


def smtp_streams(user, password):
    def stream(name, *turns):
        return Stream("smtp", name, *turns)

    plain, wrong = in_base64(f"\0{user}\0{password}"), in_base64(f"\0{user}\0wrong")
    away = in_base64(f"\0{AWAY}\0{password}")
    name, secret = in_base64(user), in_base64(password)
    hello, log_in = "EHLO tests.example\r\n", f"AUTH PLAIN {plain}\r\n"
    yield stream("QUIT")
    for command in ("EHLO tests.example", "ehlo tests.example", "HELO tests.example", "EHLO", "HELO", "EHLO [127.0.0.1]", "NOOP",
                    "NOOP now", "RSET", "RSET now", "VRFY x", "EXPN x", "HELP", "FOO", "STARTTLS", "MAIL FROM:<x@x.example>",
                    "RCPT TO:<x@x.example>", "DATA", "BDAT 6 LAST", "ETRN x", "BURL x LAST", "XCLIENT ADDR=192.0.2.1", "XFORWARD ADDR=192.0.2.1",
                    f"AUTH PLAIN {plain}"):
        yield stream(command.replace(plain, "RESPONSE") + " first", f"{command}\r\n")
    for command in ("MAIL FROM:<x@x.example>", "VRFY x", "AUTH", "AUTH CRAM-MD5x", "AUTH XOAUTH2", f"AUTH PLAIN {plain}", f"auth plain {plain}",
                    f"AUTH PLAIN {wrong}", f"AUTH PLAIN {away}", "AUTH PLAIN =", "AUTH PLAIN !", f"AUTH PLAIN {plain} more", "EHLO again.example"):
        yield stream(command.replace(plain, "RESPONSE").replace(wrong, "WRONG").replace(away, "AWAY"), hello, f"{command}\r\n")
    yield stream("an empty line", "\r\n")
    yield stream("a line that ends in LF", "NOOP\n")
    yield stream("NUL in a command", b"NOOP x\0y\r\n")
    yield stream("8-bit octets in a command", b"EHLO caf\xe9.example\r\n")
    yield stream("HTTP", "GET / HTTP/1.1\r\n\r\n")
    yield stream("a line of 1500 octets", "NOOP " + "x" * 1500 + "\r\n")
    yield stream("a line of 20000 octets", "NOOP " + "x" * 20000 + "\r\n")
    yield stream("six bad commands", *("FOO\r\n" for _ in range(6)))
    yield stream("twelve bad commands", *("FOO\r\n" for _ in range(12)))
    yield stream("AUTH after HELO", "HELO tests.example\r\n", log_in)
    yield stream("AUTH PLAIN, RESPONSE", hello, "AUTH PLAIN\r\n", f"{plain}\r\n")
    yield stream("AUTH PLAIN, *", hello, "AUTH PLAIN\r\n", "*\r\n", log_in)
    yield stream("AUTH PLAIN, bad base64", hello, "AUTH PLAIN\r\n", "!!\r\n", log_in)
    yield stream("AUTH PLAIN, an empty line", hello, "AUTH PLAIN\r\n", "\r\n", log_in)
    yield stream("AUTH PLAIN, one NUL", hello, "AUTH PLAIN\r\n", in_base64(f"{user}\0{password}") + "\r\n", log_in)
    yield stream("AUTH LOGIN, name, password", hello, "AUTH LOGIN\r\n", f"{name}\r\n", f"{secret}\r\n")
    yield stream("AUTH LOGIN name, password", hello, f"AUTH LOGIN {name}\r\n", f"{secret}\r\n")
    yield stream("AUTH LOGIN, *", hello, "AUTH LOGIN\r\n", "*\r\n", log_in)
    yield stream("AUTH LOGIN, name, *", hello, "AUTH LOGIN\r\n", f"{name}\r\n", "*\r\n", log_in)
    yield stream("AUTH LOGIN, bad base64", hello, "AUTH LOGIN\r\n", "!!\r\n", log_in)
    yield stream("AUTH LOGIN, name, bad base64", hello, "AUTH LOGIN\r\n", f"{name}\r\n", "!!\r\n", log_in)
    yield stream("a wrong password and a right one", hello, f"AUTH PLAIN {wrong}\r\n", log_in)
    yield stream("a wrong password and MAIL", hello, f"AUTH PLAIN {wrong}\r\n", f"MAIL FROM:<{user}>\r\n")
    yield stream("AUTH and a message's envelope", hello, log_in, f"MAIL FROM:<{user}>\r\n", f"RCPT TO:<{user}>\r\n", "RSET\r\n")
    yield stream("AUTH and somebody else's address", hello, log_in, "MAIL FROM:<somebody@else.example>\r\n")
    yield stream("AUTH twice", hello, log_in, log_in)
    yield stream("AUTH and XCLIENT", hello, log_in, "XCLIENT ADDR=192.0.2.1\r\n")
    yield stream("AUTH and STARTTLS", hello, log_in, "STARTTLS\r\n")


def starttls_streams(user, password):
    """On ports that begin without TLS."""
    plain = in_base64(f"\0{user}\0{password}")
    for command in (f"LOGIN {user} {password}", "AUTHENTICATE PLAIN", f"AUTHENTICATE PLAIN {plain}", "NOOP", "STARTTLS now"):
        yield Stream("imap_starttls", "before TLS " + command.replace(plain, "RESPONSE").replace(user, "USER").replace(password, "PASSWORD"),
                     f"a {command}\r\n")
    yield Stream("imap_starttls", "TLS and LOGIN", "a STARTTLS\r\n", START_TLS, f"b LOGIN {user} {password}\r\n")
    yield Stream("imap_starttls", "bytes behind STARTTLS", "a STARTTLS\r\nb NOOP\r\n", START_TLS, "c NOOP\r\n")
    for command in (f"AUTH PLAIN {plain}", "MAIL FROM:<x@x.example>", "NOOP", "RSET", "STARTTLS now"):
        yield Stream("smtp_starttls", "before TLS " + command.replace(plain, "RESPONSE"), "EHLO tests.example\r\n", f"{command}\r\n")
    yield Stream("smtp_starttls", "TLS and AUTH without EHLO", "EHLO tests.example\r\n", "STARTTLS\r\n", START_TLS, f"AUTH PLAIN {plain}\r\n")
    yield Stream("smtp_starttls", "TLS and AUTH", "EHLO tests.example\r\n", "STARTTLS\r\n", START_TLS, "EHLO tests.example\r\n",
                 f"AUTH PLAIN {plain}\r\n")
    yield Stream("smtp_starttls", "bytes behind STARTTLS", "STARTTLS\r\nNOOP\r\n", START_TLS, "NOOP\r\n")
