"""STARTTLS on both sides: no password before TLS, and nothing that was said before TLS is heard within it."""

import contextlib
import socket
import ssl
import threading
import time
import unittest

import demo
import messages
import own_postern
import test_metrics
import wire
from test_processes import free_port


def imap():
    return wire.Imap("IMAP_STARTTLS_PORT", plaintext=True)


def submission():
    return wire.Submission(port_name="SMTP_STARTTLS_PORT", plaintext=True)


def secured_imap():
    client = imap()
    assert client.command("s", "STARTTLS").startswith("s OK")
    client.start_tls()
    return client


def secured_submission():
    client = submission()
    assert client.command("STARTTLS").startswith("220")
    client.start_tls()
    return client


class Front(unittest.TestCase):
    def test_imap_takes_no_password_before_tls_and_any_after_it(self):
        login, password = demo.teacher()
        with imap() as client:
            self.assertIn("STARTTLS LOGINDISABLED]", client.greeting)
            self.assertNotIn("AUTH=", client.greeting)
            for command in (f"LOGIN {login} {password}", f"AUTHENTICATE PLAIN {demo.plain(login, password)}", "AUTHENTICATE PLAIN",
                            f"LOGIN {{{len(login)}}}"):
                self.assertIn("a NO [PRIVACYREQUIRED]", client.command("a", command))
            self.assertIn("b OK", client.command("b", "STARTTLS"))
            client.start_tls()
            self.assertNotRegex(client.command("c", "CAPABILITY"), "STARTTLS|LOGINDISABLED")
            self.assertIn("d BAD", client.command("d", "STARTTLS"))
            self.assertIn("e OK", client.login("e", login, password))
            self.assertIn("f OK", client.command("f", "SELECT INBOX"))
        self.assertNotIn("privacy", demo.log_text("POSTERN_LOG").lower(), "it is no login")

    def test_submission_takes_no_password_and_no_mail_before_tls_and_both_after_it(self):
        login, password = demo.teacher()
        with submission() as client:
            self.assertRegex(client.command("EHLO tests.example"), "250 STARTTLS\r\n$")
            for command in (f"AUTH PLAIN {demo.plain(login, password)}", "AUTH LOGIN", f"MAIL FROM:<{login}>"):
                self.assertEqual(client.command(command), "530 5.7.0 Must issue a STARTTLS command first\r\n")
            self.assertTrue(client.command("STARTTLS now").startswith("501 5.5.4"))
            self.assertTrue(client.command("STARTTLS").startswith("220 2.0.0"))
            client.start_tls()
            self.assertTrue(client.login(login, password).startswith("503 5.5.1"), "the EHLO before TLS is forgotten")
            self.assertRegex(client.command("EHLO tests.example"), "250 AUTH PLAIN LOGIN\r\n$")
            self.assertTrue(client.command("STARTTLS").startswith("503 5.5.1"))
            self.assertTrue(client.login(login, password).startswith("235"))
            message = messages.new(login, login, "By STARTTLS.\n")
            for command, code in ((f"MAIL FROM:<{login}>", "250"), (f"RCPT TO:<{login}>", "250"), ("DATA", "354")):
                self.assertTrue(client.command(command).startswith(code))
            client.send(bytes(message).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n.\r\n")
            self.assertTrue(client.reply().startswith("250"))

    def test_commands_behind_starttls_end_the_connection(self):
        login, password = demo.teacher()
        for injected in ("b NOOP\r\n", f"b LOGIN {login} {password}\r\n", "b LOG", "\n"):
            with self.subTest(imap=injected), imap() as client:
                client.send("a STARTTLS\r\n" + injected)
                self.assertEqual(client.rest(), b"* BYE Nothing may come between STARTTLS and TLS.\r\n")
        for injected in ("RSET\r\n", f"EHLO x\r\nAUTH PLAIN {demo.plain(login, password)}\r\n", "AUTH PL", "\n"):
            with self.subTest(smtp=injected), submission() as client:
                client.send("EHLO x\r\nSTARTTLS\r\n" + injected)
                self.assertTrue(client.rest().endswith(b"250 STARTTLS\r\n421 4.7.0 Nothing may come between STARTTLS and TLS\r\n"))

    def test_commands_that_come_a_moment_later_are_no_tls(self):
        for make, tag, injected in ((imap, "a ", "b NOOP\r\n"), (submission, "", "NOOP\r\n")):
            with self.subTest(injected=injected), make() as client:
                client.command(*filter(None, (tag.strip(), "STARTTLS")))
                client.send(injected)
                with self.assertRaises((ssl.SSLError, OSError)):
                    client.start_tls()

    def test_half_a_command_before_tls_does_not_meet_its_other_half(self):
        with imap() as client:
            client.send("a LOG")
            client.send("IN x y\r\nb STARTTLS\r\n")
            self.assertIn("a NO [PRIVACYREQUIRED]", client.until("a")[-1])
            client.until("b")
            client.start_tls()
            client.send("IN x y\r\n")
            self.assertIn("BAD", client.line())

    def test_nothing_is_pending_after_the_handshake(self):
        for secured in (secured_imap, secured_submission):
            with secured() as client:
                self.assertTrue(client.silent_for(0.3))

    def test_tls_without_a_word_and_http_get_no_answer(self):
        for port_name in ("IMAP_STARTTLS_PORT", "SMTP_STARTTLS_PORT"):
            for said in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET /<script>alert(1)</script> HTTP/1.1\r\n\r\n"):
                with self.subTest(port=port_name), wire.Wire(port_name, plaintext=True) as client:
                    client.line()
                    client.send(said)
                    self.assertEqual(client.rest(), b"")

    def test_alpn_and_versions_are_judged_as_with_implicit_tls(self):
        for protocol, port_name, options, accepted in (
                ("imap", "IMAP_STARTTLS_PORT", ("-alpn", "imap"), True), ("imap", "IMAP_STARTTLS_PORT", ("-alpn", "http/1.1"), False),
                ("smtp", "SMTP_STARTTLS_PORT", ("-alpn", "smtp"), True), ("smtp", "SMTP_STARTTLS_PORT", ("-alpn", "imap"), False),
                ("imap", "IMAP_STARTTLS_PORT", ("-tls1_1",), False), ("smtp", "SMTP_STARTTLS_PORT", ("-tls1_3",), True)):
            with self.subTest(port=port_name, options=options):
                done = demo.run("openssl", "s_client", "-starttls", protocol, "-connect", f"127.0.0.1:{demo.get(port_name)}", "-CAfile",
                                demo.get("CAFILE"), "-verify_return_error", "-cipher", "DEFAULT@SECLEVEL=0", *options, stdin="")
                self.assertEqual(done.returncode == 0, accepted, done.stdout)


class Liar:
    """A backend that says `script` before TLS, reads what comes, and says the next when a line has come. With a certificate it shakes
    hands after the last, and says nothing more."""

    def __init__(self, *script):
        self.script, self.heard = script, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(30)
                for words in self.script:
                    client.sendall(words)
                    self.heard.append(client.recv(4096))
                while more := client.recv(4096):
                    self.heard.append(more)

    def close(self):
        self.listener.close()


CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}, failure_delay: 50ms}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {handshake_timeout: 2s}
listeners:
  - {name: imap, protocol: imap, tls: starttls, address: 127.0.0.1, port: $imap, proxies: [127.0.0.3]}
  - {name: submission, protocol: submission, tls: starttls, address: 127.0.0.1, port: $submission}
  - {name: metrics, protocol: metrics, address: 127.0.0.1, port: $metrics}
backends:
$backends
routing:
  rules:
$rules
  default: {imap: imap, submission: smtp}
"""
COMMON = "    tls: starttls\n    ca_file: $CAFILE\n"
IMAP_LOGIN = "    login: master_user\n    master_user: postern\n    master_password: {file: $DEMO_DIR/postern/master-password}\n"


class Back(unittest.TestCase):
    """Towards real servers, and towards some that somebody has put himself before."""

    @classmethod
    def setUpClass(cls):
        greeting, ehlo = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", b"250-x\r\n250 STARTTLS\r\n"
        cls.liars = {
            "imap-behind": Liar(greeting, b"S OK begin\r\n* OK [CAPABILITY AUTH=PLAIN] hello\r\nC OK\r\n"),
            "imap-preauth": Liar(b"* PREAUTH welcome\r\n"),
            "imap-missing": Liar(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", b"S BAD what\r\n"),
            "imap-plain": Liar(greeting, b"S OK begin\r\n", b"C OK [CAPABILITY AUTH=PLAIN] hello\r\n"),
            "smtp-behind": Liar(b"220 x\r\n", ehlo, b"220 go\r\n250-x\r\n250 XCLIENT ADDR LOGIN\r\n"),
            "smtp-missing": Liar(b"220 x\r\n", b"250-x\r\n250 XCLIENT ADDR LOGIN\r\n"),
            "smtp-plain": Liar(b"220 x\r\n", ehlo, b"220 go\r\n", b"250-x\r\n250 XCLIENT ADDR LOGIN\r\n"),
        }
        for liar in cls.liars.values():
            cls.addClassCleanup(liar.close)
        ports = {name: liar.port for name, liar in cls.liars.items()}
        ports |= {"imap": demo.port("BACKEND_IMAP_PORT"), "smtp": demo.port("RELAY_SMTP_PORT"),
                  "imap-name": demo.port("BACKEND_IMAP_PORT"), "smtp-name": demo.port("RELAY_SMTP_PORT")}
        cls.users = {name: demo.get("TEACHER") if name in ("imap", "smtp") else f"{name}@{demo.get('MAIL_DOMAIN')}" for name in ports}
        cls.imap, cls.submission, metrics = free_port(), free_port(), free_port()
        cls.own = own_postern.OwnPostern(sorted(set(cls.users.values())))
        cls.addClassCleanup(cls.own.close)
        cls.own.configure(
            CONFIGURATION.replace("$backends", "".join(cls.backend(name, port) for name, port in ports.items()))
            .replace("$rules", "".join(cls.rule(name) for name in ports)), imap=cls.imap, submission=cls.submission, metrics=metrics)
        cls.own.start()
        demo.variables["OWN_IMAP_PORT"], demo.variables["OWN_SMTP_PORT"] = str(cls.imap), str(cls.submission)
        demo.variables["OWN_METRICS_PORT"] = str(metrics)

    @staticmethod
    def backend(name, port):
        is_imap = name.startswith("imap")
        host = "localhost" if not name.endswith("-name") else "127.0.0.1\n    tls_name: another.example"
        return (f"  {name}:\n    protocol: {'imap' if is_imap else 'submission'}\n    host: {host}\n    port: {port}\n" + COMMON +
                (IMAP_LOGIN if is_imap else "    login: xclient\n"))

    @classmethod
    def rule(cls, name):
        protocol = "imap" if name.startswith("imap") else "submission"
        return f"    - {{name: {name}, when: {{protocol: {protocol}, user: \"{cls.users[name]}\"}}, backend: {name}}}\n"

    def log_in(self, name):
        """The reply to the login of the user of this backend."""
        user = self.users[name]
        if name.startswith("imap"):
            with wire.Imap("OWN_IMAP_PORT", plaintext=True) as client:
                client.command("s", "STARTTLS")
                client.start_tls()
                reply = client.login("a", user, own_postern.PASSWORD)
                return reply + client.command("b", "STATUS INBOX (MESSAGES)") if reply.startswith("a OK") else reply
        with wire.Submission(port_name="OWN_SMTP_PORT", plaintext=True) as client:
            client.command("STARTTLS")
            client.start_tls()
            client.command("EHLO tests.example")
            reply = client.login(user, own_postern.PASSWORD)
            return reply + client.command(f"MAIL FROM:<{user}>") if reply.startswith("235") else reply

    def test_dovecot_and_postfix_let_in_by_starttls(self):
        self.assertRegex(self.log_in("imap"), "^a OK [^\r]*\r\nb OK")
        self.assertRegex(self.log_in("smtp"), "^235 [^\r]*\r\n250 ")
        demo.eventually(lambda: [line for line in demo.log_text("DOVECOT_LOG").splitlines() if "Login: user=" in line and ", TLS" in line],
                        "Dovecot's line of a login by TLS")

    def test_sessions_with_dovecot_and_postfix_are_resumed(self):
        for name in ("imap", "smtp"):
            with self.subTest(backend=name):
                for _ in range(20):
                    self.assertRegex(self.log_in(name), "^(a OK|235) ")
                self.assertGreaterEqual(self.handshakes(name, "resumed"), 15)

    @staticmethod
    def handshakes(backend, outcome):
        return test_metrics.number("postern_backend_tls_handshakes_total", "OWN_METRICS_PORT", backend=backend, server="localhost", outcome=outcome)

    def test_a_backend_that_is_not_what_it_says_gets_no_login(self):
        for name, reason in (("imap-behind", "backend_protocol_error"), ("imap-preauth", "backend_protocol_error"),
                             ("imap-missing", "backend_missing_capability"), ("imap-plain", "backend_unreachable"),
                             ("imap-name", "backend_unreachable"), ("smtp-behind", "backend_protocol_error"),
                             ("smtp-missing", "backend_missing_capability"), ("smtp-plain", "backend_unreachable"),
                             ("smtp-name", "backend_unreachable")):
            with self.subTest(backend=name):
                self.assertRegex(self.log_in(name), r"^(a NO \[UNAVAILABLE\]|454 4\.7\.0)")
                line = demo.eventually(lambda: [line for line in self.own.lines("login") if line.get("backend") == name], name)[-1]
                self.assertEqual((line["outcome"], line["reason"]), ("failed", reason), line)
        master = open(demo.get("DEMO_DIR") + "/postern/master-password", encoding="ascii").read().strip()
        for name, liar in self.liars.items():
            for heard in liar.heard:
                self.assertRegex(heard, rb"(?s)^(|S STARTTLS\r\n|EHLO mail.example.org\r\n|STARTTLS\r\n|\x16\x03.*)$", name)
                self.assertNotIn(master.encode(), heard)

    def test_who_says_nothing_is_sent_away_in_time(self):
        for port_name, farewell in (("OWN_IMAP_PORT", b"* BYE "), ("OWN_SMTP_PORT", b"421 ")):
            begun = time.monotonic()
            with wire.Wire(port_name, plaintext=True) as client:
                client.line()
                self.assertTrue(client.rest().startswith(farewell))
            self.assertLess(time.monotonic() - begun, 10)

    def test_a_load_balancer_names_its_client_before_starttls(self):
        with wire.Wire("OWN_IMAP_PORT", "127.0.0.3", b"PROXY TCP4 192.0.2.80 127.0.0.1 50001 143\r\n", plaintext=True) as client:
            self.assertIn("STARTTLS", client.line())
            client.send("s STARTTLS\r\n")
            self.assertIn("s OK", client.line())
            client.start_tls()
            client.send(f"a LOGIN {self.users['imap']} {own_postern.PASSWORD}\r\n")
            self.assertIn("a OK", client.line())
        demo.eventually(lambda: [line for line in self.own.lines("login") if line["client"] == "192.0.2.80"], "the log knows him")


if __name__ == "__main__":
    unittest.main()
