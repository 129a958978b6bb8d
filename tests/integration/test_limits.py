"""How many sessions and connections there may be: of an account, of an account at one address, of an address."""

import ssl
import unittest

import demo
import own_postern
import wire
from test_processes import free_port

CONFIGURATION = """
server: {hostname: mail.example.org, language: fr}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {sessions_per_account: 4, sessions_per_account_and_address: 2, connections_per_address: 6}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $port}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $smtp_port}
  - {name: https, protocol: https, address: 127.0.0.1, port: $https_port}
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  smtp: {protocol: submission, host: 127.0.0.1, port: $RELAY_SMTP_PORT, tls: none, login: xclient}
routing: {default: {imap: dovecot, submission: smtp}}
"""


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ports = {name: free_port() for name in ("port", "smtp_port", "https_port")}
        cls.teacher, cls.pupil = demo.get("TEACHER"), demo.get("PUPIL")
        cls.own = own_postern.OwnPostern([cls.teacher, cls.pupil])
        cls.addClassCleanup(cls.own.close)
        cls.own.configure(CONFIGURATION, **cls.ports)
        cls.own.start()

    def connect(self, port="port", source="127.0.0.2"):
        demo.variables["OWN_PORT"] = str(self.ports[port])
        client = wire.Wire("OWN_PORT", source)
        self.addCleanup(client.socket.close)
        return client

    def imap(self, user, source):
        """The client and the reply to its login."""
        client = self.connect(source=source)
        client.line()
        demo.canary(user, own_postern.PASSWORD)
        client.send(f'a LOGIN "{user}" "{own_postern.PASSWORD}"\r\n')
        return client, client.line()

    def opens(self, user, source):
        client, reply = self.imap(user, source)
        self.assertTrue(reply.startswith("a OK"), reply)
        return client

    def test_sessions_of_an_account_are_counted(self):
        here = [self.opens(self.teacher, "127.0.0.2") for _ in range(2)]
        client, reply = self.imap(self.teacher, "127.0.0.2")
        self.assertTrue(reply.startswith("a NO [LIMIT] Trop de sessions"), reply)
        client.send("b NOOP\r\n")
        self.assertTrue(client.line().startswith("b OK"), "he may try again")
        self.opens(self.pupil, "127.0.0.2")
        there = [self.opens(self.teacher, "127.0.0.3") for _ in range(2)]
        self.assertTrue(self.imap(self.teacher, "127.0.0.4")[1].startswith("a NO [LIMIT] "), "four are all that one may have")

        def outcomes():
            return [line["outcome"] for line in self.own.lines("login") if line["reason"] == "too_many_sessions"]
        demo.eventually(lambda: len(outcomes()) == 2, "the log has both refusals")
        self.assertEqual(set(outcomes()), {"refused"})

        smtp = self.connect("smtp_port", "127.0.0.4")
        smtp.line()
        smtp.send("EHLO tests.example\r\n")
        while smtp.line()[3] == "-":
            pass
        smtp.send(f"AUTH PLAIN {demo.plain(self.teacher, own_postern.PASSWORD)}\r\n")
        self.assertRegex(smtp.rest().decode(), r"^421 4\.7\.0 .*\r\n$")

        for each in here + there:
            each.vanish()

        def is_in_again():
            client, reply = self.imap(self.teacher, "127.0.0.5")
            client.socket.close()
            return reply.startswith("a OK")
        demo.eventually(is_in_again, "those who left are not counted")

    def test_connections_of_an_address_are_counted_before_tls(self):
        source = "127.0.0.9"
        mixed = [self.connect(port, source) for port in ("port", "port", "smtp_port", "smtp_port", "https_port", "https_port")]
        for port in self.ports:
            with self.subTest(port=port), self.assertRaises((ssl.SSLError, OSError)):
                self.connect(port, source)
        lines = demo.eventually(lambda: self.own.lines("too_many_connections_of_address"), "the log tells so")
        self.assertEqual([line["client"] for line in lines], [source], "once for all of them")
        self.connect("port", "127.0.0.10")
        mixed[0].vanish()

        def is_in_again():
            try:
                self.connect("port", source).socket.close()
                return True
            except (ssl.SSLError, OSError):
                return False
        demo.eventually(is_in_again, "who left is not counted")


if __name__ == "__main__":
    unittest.main()
