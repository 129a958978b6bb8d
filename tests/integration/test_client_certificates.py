"""Logins by client certificate: whose it is, what it opens, and what opens nothing."""

import base64
import ssl
import unittest

import certificates
import demo
import own_postern
import wire
from test_processes import free_port

CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}, failure_delay: 50ms}
tls:
  certificate: $tls/server.pem
  key: $tls/server.key
  by_name: [{certificate: $tls/lycee.pem, key: $tls/lycee.key}]
limits: {login_attempts: 20}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $imap, client_certificates: {ca_file: $tls/users.pem}}
  - {name: imap-starttls, protocol: imap, tls: starttls, address: 127.0.0.1, port: $starttls, client_certificates: {ca_file: $tls/users.pem}}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $submission, client_certificates: {ca_file: $tls/users.pem}}
  - {name: needed, protocol: imap, address: 127.0.0.1, port: $needed, client_certificates: {ca_file: $tls/users.pem, required: true, crl_file: $tls/users.crl}}
  - {name: never, protocol: imap, address: 127.0.0.1, port: $never}
backends:
  imap:
    protocol: imap
    host: localhost
    port: $BACKEND_IMAP_PORT
    tls: starttls
    ca_file: $CAFILE
    login: master_user
    master_user: postern
    master_password: {file: $DEMO_DIR/postern/master-password}
  own-password: {protocol: imap, host: localhost, port: $BACKEND_IMAP_PORT, tls: starttls, ca_file: $CAFILE, login: password}
  smtp: {protocol: submission, host: localhost, port: $RELAY_SMTP_PORT, tls: starttls, ca_file: $CAFILE, login: xclient}
routing:
  rules:
    - {name: own password, when: {protocol: imap, user: "$PUPIL"}, backend: own-password}
  default: {imap: imap, submission: smtp}
"""


class ClientCertificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.teacher, cls.pupil, domain = demo.get("TEACHER"), demo.get("PUPIL"), demo.get("MAIL_DOMAIN")
        cls.suspended = f"suspended@{domain}"
        cls.own = own_postern.OwnPostern([cls.teacher, cls.pupil, cls.suspended])
        cls.addClassCleanup(cls.own.close)
        users, others = certificates.Authority(cls.own.tls, "users"), certificates.Authority(cls.own.tls, "others")
        users.revocations()
        cls.authority = users
        certificates.Authority(cls.own.tls, "ca").sign("lycee", extensions="subjectAltName=DNS:mail.lycee.example")
        cls.certificates = {
            name: authority.sign(name, extensions=f"extendedKeyUsage={usage}\n" + (f"subjectAltName={names}\n" if names else ""), days=days)
            for name, authority, names, days, usage in (
                ("teacher", users, f"email:{cls.teacher}", 1, "clientAuth"),
                ("leaver", users, f"email:{cls.teacher}", 1, "clientAuth"),
                ("pupil", users, f"email:{cls.pupil}", 1, "clientAuth"),
                ("nobody", users, f"email:nobody@{domain}", 1, "clientAuth"),
                ("suspended", users, f"email:{cls.suspended}", 1, "clientAuth"),
                ("unnamed", users, "", 1, "clientAuth"),
                ("host", users, f"DNS:{domain}", 1, "clientAuth"),
                ("two", users, f"email:{cls.teacher},email:{cls.pupil}", 1, "clientAuth"),
                ("expired", users, f"email:{cls.teacher}", -1, "clientAuth"),
                ("for-servers", users, f"email:{cls.teacher}", 1, "serverAuth"),
                ("foreign", others, f"email:{cls.teacher}", 1, "clientAuth"))}
        ports = {name: free_port() for name in ("imap", "starttls", "submission", "needed", "never")}
        for name, port in ports.items():
            demo.variables[f"OWN_{name.upper()}"] = str(port)
        cls.own.configure(CONFIGURATION, **ports)
        cls.own.start()
        cls.own.run("account", "suspend", cls.suspended)

    def imap(self, certificate=None, listener="imap", **more):
        return wire.Imap(f"OWN_{listener.upper()}", certificate=self.certificates.get(certificate), **more)

    def external(self, certificate, authzid="", listener="imap", **more):
        with self.imap(certificate, listener, **more) as client:
            return client.command("a", "AUTHENTICATE EXTERNAL " + (base64.b64encode(authzid.encode()).decode() or "="))

    def expect_log(self, **wanted):
        """A login of this test stands in the log like that."""
        demo.eventually(lambda: [line for line in self.own.lines("login")[self.logged:] if wanted.items() <= line.items()], f"the log has {wanted}")

    def setUp(self):
        self.logged = len(self.own.lines("login"))

    def test_a_certificate_opens_the_mailbox_of_whom_it_names(self):
        for more in ({}, {"server_name": "mail.lycee.example"}, {"listener": "needed"}):
            with self.subTest(**more), self.imap("teacher", **more) as client:
                self.assertIn(" AUTH=PLAIN AUTH=LOGIN AUTH=EXTERNAL]", client.greeting)
                self.assertTrue(client.command("a", "AUTHENTICATE EXTERNAL =").startswith("a OK"))
                self.assertIn("b OK", client.command("b", "SELECT INBOX"))
        self.expect_log(account=self.teacher, factor="certificate", outcome="accepted")
        with self.imap("teacher") as client:
            client.send("a AUTHENTICATE EXTERNAL\r\n")
            self.assertEqual(client.line(), "+ \r\n")
            client.send("\r\n")
            self.assertIn("a OK", client.line())
        with wire.Imap("OWN_STARTTLS", plaintext=True, certificate=self.certificates["teacher"]) as client:
            self.assertNotIn("AUTH=", client.greeting)
            self.assertIn("a NO [PRIVACYREQUIRED]", client.command("a", "AUTHENTICATE EXTERNAL ="))
            client.command("s", "STARTTLS")
            client.start_tls()
            self.assertIn("b OK", client.command("b", "AUTHENTICATE EXTERNAL ="))
            self.assertIn("c OK", client.command("c", "SELECT INBOX"))

    def test_submission_by_certificate(self):
        with wire.Submission(port_name="OWN_SUBMISSION", certificate=self.certificates["teacher"]) as client:
            self.assertRegex(client.command("EHLO tests.example"), "250 AUTH PLAIN LOGIN EXTERNAL\r\n$")
            self.assertTrue(client.command("AUTH EXTERNAL =").startswith("235"))
            self.assertTrue(client.command(f"MAIL FROM:<{self.pupil}>").startswith("5"), "somebody else's address")
            self.assertTrue(client.command(f"MAIL FROM:<{self.teacher}>").startswith("250"))

    def test_who_has_none_is_offered_nothing_and_gets_nothing_by_it(self):
        for listener in ("imap", "never"):
            with self.subTest(listener), self.imap("teacher" if listener == "never" else None, listener) as client:
                self.assertNotIn("EXTERNAL", client.greeting)
                encoded = base64.b64encode(self.teacher.encode()).decode()
                for response in ("", " =", " " + encoded):
                    self.assertEqual(client.command("a", "AUTHENTICATE EXTERNAL" + response), "a NO Unsupported authentication mechanism.\r\n")
        with wire.Submission(port_name="OWN_SUBMISSION") as client:
            self.assertNotIn("EXTERNAL", client.command("EHLO tests.example"))
            self.assertTrue(client.command("AUTH EXTERNAL =").startswith("504 5.5.4"))

    def test_a_certificate_that_names_nobody_or_two_is_nobodys(self):
        for name in ("unnamed", "host", "two"):
            with self.subTest(name), self.imap(name) as client:
                self.assertNotIn("EXTERNAL", client.greeting)
                for authzid in ("=", base64.b64encode(self.teacher.encode()).decode()):
                    self.assertIn("a NO Unsupported", client.command("a", "AUTHENTICATE EXTERNAL " + authzid))

    def test_accounts_that_are_not_there_or_not_fit_are_refused(self):
        self.assertIn("a NO [AUTHENTICATIONFAILED]", self.external("nobody"))
        self.expect_log(reason="wrong_credentials", factor="certificate", outcome="refused")
        self.assertRegex(self.external("suspended"), r"^a NO \[")
        self.expect_log(account=self.suspended, reason="account_suspended", factor="certificate")

    def test_nobody_acts_as_somebody_else(self):
        self.assertIn("a OK", self.external("teacher", self.teacher))
        self.assertIn("a NO [AUTHORIZATIONFAILED]", self.external("teacher", self.pupil))
        self.assertIn("a NO [AUTHORIZATIONFAILED]", self.external("teacher", "nobody@" + demo.get("MAIL_DOMAIN")))

    def greeted(self, certificate, **more):
        """Whether the handshake and the greeting came about."""
        try:
            with self.imap(certificate, **more) as client:
                return client.greeting.startswith("* OK")
        except (ssl.SSLError, ConnectionError):
            return False

    def test_a_certificate_that_is_not_good_ends_the_connection(self):
        for name in ("expired", "for-servers", "foreign"):
            for more in ({}, {"server_name": "mail.lycee.example"}):
                with self.subTest(name, **more):
                    self.assertFalse(self.greeted(name, **more))
        self.assertFalse(self.greeted(None, listener="needed"), "required")
        self.assertTrue(self.greeted(None))

    def test_a_revoked_certificate_opens_nothing_after_a_reload(self):
        self.assertTrue(self.greeted("leaver", listener="needed"))
        self.authority.revocations(self.certificates["leaver"][0])
        self.assertTrue(self.greeted("leaver", listener="needed"), "not read yet")
        self.own.reload()
        self.assertFalse(self.greeted("leaver", listener="needed"))
        self.assertTrue(self.greeted("teacher", listener="needed"))

    def test_passwords_work_beside_it(self):
        for certificate in (None, "teacher", "two", "nobody"):
            with self.subTest(certificate), self.imap(certificate) as client:
                self.assertIn("a NO [AUTHENTICATIONFAILED]", client.login("a", self.teacher, "canary-wrong-Pa55word"))
                self.assertIn("b OK", client.login("b", self.teacher, own_postern.PASSWORD))
                self.assertIn("c OK", client.command("c", "SELECT INBOX"))
        self.expect_log(account=self.teacher, factor="password", outcome="accepted")

    def test_a_backend_that_needs_the_password_is_as_if_down(self):
        self.assertIn("a NO [UNAVAILABLE]", self.external("pupil"))
        self.expect_log(outcome="failed", reason="backend_needs_password", backend="own-password", factor="certificate")

    def test_no_session_is_resumed_where_certificates_are_asked_for(self):
        session = self.own.folder / "session"
        for version in ("-tls1_2", "-tls1_3"):
            for listener, resumed in (("OWN_IMAP", False), ("OWN_NEVER", True)):
                def handshake(*options):
                    return demo.run("openssl", "s_client", "-connect", f"127.0.0.1:{demo.get(listener)}", version, "-ign_eof",
                                    "-cert", str(self.certificates["teacher"][0]), "-key", str(self.certificates["teacher"][1]), *options,
                                    stdin="a LOGOUT\r\n").stdout
                with self.subTest(version=version, listener=listener):
                    session.unlink(missing_ok=True)
                    self.assertIn("\nNew, ", handshake("-sess_out", str(session)))
                    again = handshake(*(("-sess_in", str(session)) if session.exists() else ()))
                    self.assertEqual("\nReused, " in again, resumed, again)

    def test_an_account_that_is_suspended_is_out_at_once(self):
        with self.imap("teacher") as client:
            self.assertIn("a OK", client.command("a", "AUTHENTICATE EXTERNAL ="))
            self.own.run("account", "suspend", self.teacher)
            self.addCleanup(self.own.run, "account", "resume", self.teacher)
            client.rest()
        self.assertRegex(self.external("teacher"), r"^a NO \[")


if __name__ == "__main__":
    unittest.main()
