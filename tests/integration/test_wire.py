"""Clients that glue, split, half-close and vanish; and which TLS versions are spoken."""

import os
import unittest

import demo
import messages
import wire


class Glued(unittest.TestCase):
    def test_imap_commands_behind_the_login_reach_the_backend_in_order(self):
        login, password = demo.teacher()
        with wire.Imap() as client:
            client.send(f"a LOGIN {login} {password}\r\nb SELECT INBOX\r\nc NOOP\r\nd LOGOUT\r\n")
            tagged = [line for line in client.rest().decode().splitlines() if line[1:2] == " " and line[0] in "abcd"]
        self.assertEqual([line[:4] for line in tagged], ["a OK", "b OK", "c OK", "d OK"])

    def test_a_login_with_literals_may_be_one_write(self):
        login, password = demo.teacher()
        with wire.Imap() as client:
            client.send(f"a LOGIN {{{len(login)}+}}\r\n{login} {{{len(password)}+}}\r\n{password}\r\nb NOOP\r\n")
            self.assertIn("a OK", client.until("a")[-1])
            self.assertIn("b OK", client.until("b")[-1])

    def test_a_login_behind_a_refused_one_is_not_the_backends(self):
        login, password = demo.teacher()
        demo.canary(login, "canary-glued-Pa55word")
        with wire.Imap() as client:
            client.send(f"a LOGIN {login} canary-glued-Pa55word\r\nb LOGIN {login} {password}\r\nc NOOP\r\n")
            self.assertIn("a NO", client.until("a")[-1])
            self.assertIn("b OK", client.until("b")[-1])
            self.assertIn("c OK", client.until("c")[-1])

    def test_submission_commands_behind_auth_reach_the_relay_in_order(self):
        login, password = demo.teacher()
        with wire.Submission() as client:
            client.send(f"EHLO tests.example\r\nAUTH PLAIN {demo.plain(login, password)}\r\n"
                        f"MAIL FROM:<{login}>\r\nRCPT TO:<{login}>\r\nRSET\r\nQUIT\r\n")
            codes = [client.reply()[:3] for _ in range(6)]
        self.assertEqual(codes, ["250", "235", "250", "250", "250", "221"])

    def test_mail_behind_a_refused_auth_needs_a_login(self):
        login = demo.get("TEACHER")
        demo.canary(login, "canary-glued-Pa55word")
        with wire.Submission() as client:
            client.send(f"EHLO tests.example\r\nAUTH PLAIN {demo.plain(login, 'canary-glued-Pa55word')}\r\n"
                        f"MAIL FROM:<{login}>\r\nNOOP\r\n")
            codes = [client.reply()[:3] for _ in range(4)]
        self.assertEqual(codes, ["250", "535", "530", "250"])


class Guarded(unittest.TestCase):
    def test_imap_keeps_its_user_and_its_form(self):
        admin = demo.admin()
        with wire.Imap() as client:
            client.send("a LOGIN {} {}\r\n".format(*demo.teacher()))
            self.assertNotRegex(client.until("a")[-1], "COMPRESS|UNAUTHENTICATE")
            client.send("a2 CAPABILITY\r\n")
            listed = client.until("a2")[0]
            self.assertIn("IMAP4rev1", listed)
            self.assertNotRegex(listed, "COMPRESS|UNAUTHENTICATE|AUTH=|STARTTLS")
            client.send("b LOGIN {} {}\r\nc UNAUTHENTICATE\r\nd COMPRESS DEFLATE\r\ne NOOP\r\n".format(*admin))
            for tag, word in (("b", "BAD"), ("c", "BAD"), ("d", "BAD"), ("e", "OK")):
                self.assertIn(f"{tag} {word}", client.until(tag)[-1])

    def test_a_literal_that_the_backend_refuses_hides_no_command(self):
        with wire.Imap() as client:
            client.send("a LOGIN {} {}\r\n".format(*demo.teacher()))
            client.until("a")
            client.send("b APPEND INBOX.no/such {999999999999}\r\nc LOGIN x y\r\nd NOOP\r\n")
            self.assertRegex(client.until("b")[-1], "^b (NO|BAD)")
            self.assertIn("c BAD", client.until("c")[-1])
            self.assertIn("d OK", client.until("d")[-1])

    def test_a_literal_within_a_word_ends_the_session(self):
        with wire.Imap() as client:
            client.send("a LOGIN {} {}\r\n".format(*demo.teacher()))
            client.until("a")
            client.send("b SEARCH x{20+}\r\nc UNAUTHENTICATE\r\n\r\n")
            self.assertEqual(client.rest(), b"* BYE The session is ended by the server\r\n")


class Split(unittest.TestCase):
    def test_a_login_may_come_byte_by_byte(self):
        login, password = demo.teacher()
        with wire.Imap() as client:
            for byte in f'a LOGIN "{login}" "{password}"\r\n'.encode():
                client.send(bytes([byte]))
            self.assertIn("a OK", client.until("a")[-1])
        with wire.Submission() as client:
            client.command("EHLO tests.example")
            for byte in f"AUTH PLAIN {demo.plain(login, password)}\r\n".encode():
                client.send(bytes([byte]))
            self.assertIn("235", client.reply())


class HalfClosed(unittest.TestCase):
    def test_answers_still_come_after_the_client_has_said_all(self):
        login, password = demo.teacher()
        demo.deliver(login, bytes(messages.new(login, login, "A line.\n" * 200000)))
        with wire.Imap() as client:
            client.login("a", login, password)
            client.send("b SELECT INBOX\r\nc FETCH * BODY.PEEK[]\r\nd LOGOUT\r\n")
            client.half_close()
            answer = client.rest()
        self.assertGreater(len(answer), 1600000)
        self.assertRegex(answer[-200:].decode(), r"\r\nd OK [^\r\n]*\r\n$")


class Vanishing(unittest.TestCase):
    def test_clients_that_vanish_leave_nothing_behind(self):
        login, password = demo.teacher()
        before = self.open_files()
        openings = ["", "a LOG", f"a LOGIN {login} ", f"a LOGIN {login} {{{len(password)}}}\r\n", "a AUTHENTICATE PLAIN\r\n",
                    f"a LOGIN {login} {password}\r\n", f"a LOGIN {login} {password}\r\nb SELECT INBOX\r\n"]
        for opening in openings * 4:
            client = wire.Imap()
            client.send(opening) if opening else None
            client.vanish()
        for opening in ["EHLO x\r\n", "EHLO x\r\nAUTH LOGIN\r\n", f"EHLO x\r\nAUTH PLAIN {demo.plain(login, password)}\r\n"] * 4:
            client = wire.Submission()
            client.send(opening)
            client.vanish()
        demo.eventually(lambda: self.open_files() <= before, f"back to {before} open files")
        with wire.Imap() as client:
            self.assertIn("a OK", client.login("a", login, password))

    def open_files(self):
        return len(os.listdir(f"/proc/{demo.get('POSTERN_PID')}/fd"))


class TlsVersions(unittest.TestCase):
    def handshake(self, port_name, *options):
        """openssl's own client; the low security level is the client's, so that it is the server who decides."""
        return demo.run("openssl", "s_client", "-connect", f"127.0.0.1:{demo.get(port_name)}", "-CAfile", demo.get("CAFILE"),
                        "-verify_return_error", "-cipher", "DEFAULT@SECLEVEL=0", *options, stdin="")

    def test_tls_1_1_is_refused_and_1_2_and_1_3_are_accepted(self):
        for port_name in ("IMAP_PORT", "SMTP_PORT", "HTTPS_PORT"):
            for option, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
                with self.subTest(port=port_name, version=option):
                    done = self.handshake(port_name, option)
                    self.assertEqual(done.returncode == 0, accepted, done.stdout)
                    expected = "Verify return code: 0 (ok)" if accepted else "alert protocol version"
                    self.assertIn(expected, done.stdout)

    def test_an_alpn_of_another_protocol_is_refused(self):
        for port_name, protocol, accepted in (("IMAP_PORT", "imap", True), ("IMAP_PORT", "http/1.1", False),
                                              ("SMTP_PORT", "smtp", True), ("SMTP_PORT", "imap", False)):
            with self.subTest(port=port_name, protocol=protocol):
                self.assertEqual(self.handshake(port_name, "-alpn", protocol).returncode == 0, accepted)


if __name__ == "__main__":
    unittest.main()
