"""Which certificate is shown to whom, and which sessions are resumed."""

import pathlib
import re
import subprocess
import unittest

import demo
import own_postern
from test_processes import free_port

CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
tls:
  certificate: $tls/server.pem
  key: $tls/server.key
  by_name:
    - {certificate: $tls/lycee.pem, key: $tls/lycee.key}
    - {certificate: $tls/wild.pem, key: $tls/wild.key}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $port}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $smtp_port}
backends:
  nowhere: {protocol: imap, host: 127.0.0.1, port: 1, tls: none, login: password}
  neither: {protocol: submission, host: 127.0.0.1, port: 1, tls: none, login: password}
routing: {default: {imap: nowhere, submission: neither}}
"""


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.smtp_port = free_port(), free_port()
        cls.own = own_postern.OwnPostern([])
        cls.addClassCleanup(cls.own.close)
        for file, name in (("lycee", "mail.lycee.example"), ("wild", "*.college.example")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                            "-subj", f"/CN={file}", "-addext", f"subjectAltName=DNS:{name}",
                            "-keyout", cls.own.tls / f"{file}.key", "-out", cls.own.tls / f"{file}.pem"], check=True, capture_output=True)
        cls.own.configure(CONFIGURATION, port=cls.port, smtp_port=cls.smtp_port)
        cls.own.start()

    def handshake(self, name=None, *options, port=None):
        """What openssl s_client tells of one."""
        asked = ["-servername", name] if name else ["-noservername"]
        # It ends when it has read the greeting and its input is over.
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port or self.port}", *asked, *options], input=b"QUIT\r\n" if port == self.smtp_port else b"a LOGOUT\r\n",
                              capture_output=True, timeout=30, check=False)
        return done.stdout.decode(errors="replace")

    def shown(self, name=None):
        return re.search(r"^subject=.*?CN ?= ?(\S+)", self.handshake(name), re.M)[1]

    def test_the_name_decides(self):
        self.assertEqual(self.shown("mail.lycee.example"), "lycee")
        self.assertEqual(self.shown("MAIL.LYCEE.EXAMPLE"), "lycee")
        self.assertEqual(self.shown("imap.college.example"), "wild")
        first = self.shown()
        self.assertNotIn(first, ("lycee", "wild"))
        for name in ("unknown.example", "a.imap.college.example", "college.example"):
            self.assertEqual(self.shown(name), first, name)

    def resumes(self, version, session, name, port=None):
        said = self.handshake(name, version, "-sess_in", str(session), "-ign_eof", port=port)
        self.assertRegex(said, r"\n(New|Reused), ", "it came about, one way or the other")
        return "\nReused, " in said

    def test_tickets_outlive_a_reload_and_stay_with_their_name_and_protocol(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version):
                session = pathlib.Path(self.own.folder) / "session"
                # In TLS 1.3 the ticket comes after the handshake: reading to the end makes sure that it is there.
                self.handshake("mail.lycee.example", version, "-sess_out", str(session), "-ign_eof")
                self.assertTrue(self.resumes(version, session, "mail.lycee.example"))
                self.own.reload()
                self.assertTrue(self.resumes(version, session, "mail.lycee.example"), "after a reload")
                self.assertFalse(self.resumes(version, session, "imap.college.example"), "under another name")
                self.assertFalse(self.resumes(version, session, "mail.lycee.example", self.smtp_port), "for another protocol")

    def test_every_resumed_session_leads_to_the_next(self):
        """In TLS 1.3 a client uses a ticket once."""
        session = pathlib.Path(self.own.folder) / "session"
        self.handshake("mail.lycee.example", "-tls1_3", "-sess_out", str(session), "-ign_eof")
        for number in range(4):
            before = session.read_bytes()
            said = self.handshake("mail.lycee.example", "-tls1_3", "-sess_in", str(session), "-sess_out", str(session), "-ign_eof")
            self.assertIn("\nReused, ", said, number)
            self.assertNotEqual(session.read_bytes(), before, "a new ticket came")

    def test_a_certificate_without_a_name_is_refused(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=none", "-keyout", self.own.tls / "none.key", "-out", self.own.tls / "none.pem"],
                       check=True, capture_output=True)
        file = self.own.folder / "none.yaml"
        file.write_text(self.own.file.read_text().replace("lycee.", "none."))
        done = demo.postern("check", str(file))
        self.assertEqual(done.returncode, 1)
        self.assertIn("bears no DNS name", done.stdout)


if __name__ == "__main__":
    unittest.main()
