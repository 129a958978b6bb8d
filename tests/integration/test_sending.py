"""Real clients send through postern: who is logged in decides which relay takes the message."""

import email
import email.policy
import os
import pathlib
import subprocess
import tempfile
import unittest

import demo
import messages
import wire


def swaks(login, password, mechanism, message, recipient):
    with tempfile.TemporaryDirectory() as folder:
        config, data = pathlib.Path(folder, "config"), pathlib.Path(folder, "data")
        config.write_text(f"auth-user {login}\nauth-password {password}\n")
        data.write_bytes(bytes(message).replace(b"\r\n", b"\n"))
        return demo.run(
            "swaks", "--config", str(config), "--auth", mechanism, "--auth-hide-password", "--tls-on-connect", "--tls-verify",
            "--tls-ca-path", demo.get("CAFILE"), "--server", demo.get("SMTP_HOST"), "--port", demo.get("SMTP_PORT"),
            "--from", login, "--to", recipient, "--timeout", "30", "--data", f"@{data}")


def msmtp(login, password, message, recipient):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "msmtprc")
        config.touch(mode=0o600)
        config.write_text(f"""
account demo
host {demo.get("SMTP_HOST")}
port {demo.get("SMTP_PORT")}
tls on
tls_starttls off
tls_trust_file {demo.get("CAFILE")}
auth plain
user {login}
password {password}
from {login}
""")
        return subprocess.run(
            ["msmtp", "-C", str(config), "-a", "demo", recipient], input=bytes(message).replace(b"\r\n", b"\n"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)


class Sending(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.teacher, cls.admin = demo.teacher(), demo.admin()
        cls.inbox = messages.mailbox(*cls.teacher)

    @classmethod
    def tearDownClass(cls):
        cls.inbox.logout()

    def sent_by(self, client, login, password, relay):
        message = messages.new(login, self.teacher[0])
        done = client(login, password, message, self.teacher[0])
        self.assertEqual(done.returncode, 0, done.stdout)
        copy = messages.arrived(self.inbox, message["Subject"])
        self.assertEqual(messages.relay_of(copy), f"{relay}.internal.{demo.get('MAIL_DOMAIN')}")
        self.assertIn(f"Authenticated sender: {login}", copy.decode("latin-1"))
        demo.logged(f"RELAY_{relay.upper()}_LOG", f"client=unknown[127.0.0.1], sasl_method=XCLIENT, sasl_username={login}")

    def test_a_teachers_mail_by_swaks_goes_through_smtp(self):
        self.sent_by(lambda l, p, m, to: swaks(l, p, "PLAIN", m, to), *self.teacher, "smtp")

    def test_a_teachers_mail_by_msmtp_goes_through_smtp(self):
        self.sent_by(msmtp, *self.teacher, "smtp")

    def test_administrative_mail_by_swaks_goes_through_smtpadm(self):
        self.sent_by(lambda l, p, m, to: swaks(l, p, "LOGIN", m, to), *self.admin, "smtpadm")

    def test_administrative_mail_by_msmtp_goes_through_smtpadm(self):
        self.sent_by(msmtp, *self.admin, "smtpadm")

    def test_an_alias_logs_in_as_its_account(self):
        with wire.Submission() as client:
            client.command("EHLO tests.example")
            self.assertIn("235", client.login(demo.get("TEACHER_ALIAS"), self.teacher[1]))
            message = self.transaction(client)
        copy = messages.arrived(self.inbox, message["Subject"])
        self.assertIn(f"Authenticated sender: {self.teacher[0]}", copy.decode("latin-1"))

    def transaction(self, client):
        message = messages.new(self.teacher[0], self.teacher[0])
        self.assertIn("250", client.command(f"MAIL FROM:<{self.teacher[0]}>"))
        self.assertIn("250", client.command(f"RCPT TO:<{self.teacher[0]}>"))
        self.assertIn("354", client.command("DATA"))
        self.assertIn("250", client.command(bytes(message).decode() + "."))
        return message

    def test_the_relay_sees_the_clients_ehlo_name(self):
        with wire.Submission() as client:
            client.command("EHLO name-of-the-client.example")
            client.login(*self.teacher)
            message = self.transaction(client)
        copy = messages.arrived(self.inbox, message["Subject"])
        self.assertIn(b"from name-of-the-client.example (", copy)

    def test_25_megabytes_of_every_byte_come_back_identical(self):
        attachment = bytes(range(256)) * (25 * 1024 * 1024 // 256 - 1) + os.urandom(256)
        message = messages.new(*[self.teacher[0]] * 2)
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="every-byte.bin")
        done = msmtp(*self.teacher, message, self.teacher[0])
        self.assertEqual(done.returncode, 0, done.stdout)
        copy = messages.arrived(self.inbox, message["Subject"])
        sent, came = bytes(message), copy
        self.assertTrue(came.endswith(sent.partition(b"\r\n\r\n")[2]), "the body differs")
        parts = email.message_from_bytes(copy, policy=email.policy.default).iter_attachments()
        self.assertTrue(next(parts).get_content() == attachment, "the attachment differs")


class Guarded(unittest.TestCase):
    """What a client says after login: Postfix trusts this host, so nothing but postern keeps these from it."""

    def setUp(self):
        self.teacher, self.admin = demo.teacher(), demo.admin()
        self.client = self.enterContext(wire.Submission())
        self.client.command("EHLO tests.example")
        self.assertIn("235", self.client.login(*self.teacher))

    def begin(self):
        self.assertIn("250", self.client.command(f"MAIL FROM:<{self.teacher[0]}>"))
        self.assertIn("250", self.client.command(f"RCPT TO:<{self.teacher[0]}>"))
        self.assertIn("354", self.client.command("DATA"))

    def test_nobody_becomes_somebody_else(self):
        lines = self.client.command("EHLO tests.example")
        self.assertNotRegex(lines, r"XCLIENT|XFORWARD|AUTH|STARTTLS|ETRN")
        for command, code in (("XCLIENT LOGIN=" + self.admin[0], "502 5.5.1"), ("XFORWARD NAME=x", "502 5.5.1"),
                              ("STARTTLS", "502 5.5.1"), ("ETRN x", "502 5.5.1"), ("BURL x", "502 5.5.1"),
                              ("AUTH PLAIN " + demo.plain(*self.admin), "503 5.5.1"), ("XYZZY", "500 5.5.1")):
            with self.subTest(command=command.split()[0]):
                self.assertTrue(self.client.command(command).startswith(code))
        self.begin()
        self.assertIn("250", self.client.command("Subject: x\r\n\r\n."), "the session is as it was")

    def test_the_sender_is_the_account(self):
        self.assertTrue(self.client.command(f"MAIL FROM:<{self.admin[0]}>").startswith("553 5.7.1"))
        local, _, domain = self.teacher[0].partition("@")
        for sender in ("", demo.get("TEACHER_ALIAS"), f"{local}+list@{domain}", self.teacher[0].upper()):
            with self.subTest(sender=sender):
                self.assertTrue(self.client.command(f"MAIL FROM:<{sender}>").startswith("250"))
                self.client.command("RSET")

    def test_replies_stay_in_order_however_much_is_pipelined(self):
        self.client.send(f"MAIL FROM:<{self.admin[0]}>\r\nRCPT TO:<{self.teacher[0]}>\r\nXCLIENT LOGIN=x\r\nDATA\r\nRSET\r\n")
        codes = [self.client.line()[:3] for _ in range(5)]
        self.assertEqual(codes[:1] + codes[2:3] + codes[4:], ["553", "502", "250"])
        self.assertRegex(codes[1], "50[0-9]")
        self.assertRegex(codes[3], "50[0-9]|554")

    def test_nothing_is_smuggled(self):
        inbox = messages.mailbox(*self.teacher)
        for number, ending in enumerate(("\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r")):
            with self.subTest(ending=repr(ending)):
                message = messages.new(self.teacher[0], self.teacher[0])
                self.begin()
                smuggled = f"MAIL FROM:<{self.admin[0]}>\r\nRCPT TO:<{self.teacher[0]}>\r\nDATA\r\nSubject: smuggled {number}\r\n\r\nx"
                self.client.send(bytes(message) + ending.encode() + smuggled.encode() + b"\r\n.\r\n")
                self.assertTrue(self.client.line().startswith("250"))
                self.assertTrue(self.client.command("NOOP").startswith("250"), "one message, one reply")
                copy = messages.arrived(inbox, message["Subject"])
                self.assertIn(f"Subject: smuggled {number}".encode(), copy, "all of it is in the one message")
        inbox.logout()

    def test_a_line_that_ends_in_two_ways_ends_the_session(self):
        self.client.send("NOOP\nXCLIENT LOGIN=x\r\n")
        self.assertTrue(self.client.line().startswith("500 5.5.2"))
        self.assertEqual(self.client.rest(), b"")


class FromElsewhere(unittest.TestCase):
    """Postfix trusts 127.0.0.1, where postern is; this client is another host."""

    def test_the_relay_trusts_the_client_no_more_than_its_own_address(self):
        with wire.Submission(source="127.0.0.2") as client:
            client.command("EHLO tests.example")
            self.assertIn("235", client.login(*demo.teacher()))
            self.assertNotIn("XCLIENT", client.command("EHLO tests.example"))
            self.assertRegex(client.command(f"XCLIENT LOGIN={demo.get('ADMIN')}"), r"^502 5\.5\.1 ")
            self.assertIn("250", client.command(f"MAIL FROM:<{demo.get('TEACHER')}>"))
            self.assertIn("250", client.command(f"RCPT TO:<{demo.get('TEACHER')}>"))
        demo.logged("RELAY_SMTP_LOG", f"client=unknown[127.0.0.2], sasl_method=XCLIENT, sasl_username={demo.get('TEACHER')}")


class WithoutLogin(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(wire.Submission())

    def test_nothing_is_sent_before_login(self):
        self.client.command("EHLO tests.example")
        for command in ("MAIL FROM:<a@academie.example>", "RCPT TO:<a@academie.example>", "DATA", "VRFY a", "ETRN x",
                        "XCLIENT LOGIN=a@academie.example", "XFORWARD NAME=x"):
            with self.subTest(command=command):
                self.assertRegex(self.client.command(command), r"^(530 5\.7\.0|50[23] 5\.5\.1) ")

    def test_the_greeting_and_ehlo_are_a_submission_servers(self):
        self.assertRegex(self.client.greeting, r"^220 \S+ ESMTP")
        lines = self.client.command("EHLO tests.example").splitlines()
        keywords = {line[4:].split()[0] for line in lines[1:]}
        self.assertLessEqual({"AUTH", "SIZE", "ENHANCEDSTATUSCODES", "PIPELINING"}, keywords)
        self.assertFalse({"XCLIENT", "XFORWARD", "ETRN", "VRFY", "STARTTLS"} & keywords)
        self.assertTrue(any(line[4:] == f"SIZE {50 * 1024 * 1024}" for line in lines), lines)

    def test_a_relay_refuses_whoever_comes_around_postern(self):
        done = demo.run("swaks", "--server", f"127.0.0.1:{demo.get('RELAY_SMTP_PORT')}", "--from", demo.get("TEACHER"),
                        "--to", demo.get("TEACHER"), "--timeout", "30")
        self.assertEqual(done.returncode, 24, done.stdout)  # no recipient was accepted


if __name__ == "__main__":
    unittest.main()
