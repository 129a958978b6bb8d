"""SIGHUP: what the file says from now on, without a word to those who are in; and nothing at all if there is a mistake in it."""

import socket
import subprocess
import unittest

import demo
import own_postern
import wire
from test_processes import free_port

CONFIGURATION = """
server: {hostname: $hostname}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}, failure_delay: 50ms, password_queue: $queue}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {sessions_per_account: 0, sessions_per_account_and_address: 0}
listeners: [$listeners]
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  nowhere: {protocol: imap, host: 127.0.0.1, port: 1, tls: none, login: password}
routing: {default: {imap: $backend}}
"""


class Reload(unittest.TestCase):
    def setUp(self):
        self.user = demo.get("TEACHER")
        self.port, self.other_port = free_port(), free_port()
        self.own = own_postern.OwnPostern([self.user])
        self.addCleanup(self.own.close)
        self.write()
        self.own.start()

    def write(self, ports=(), hostname="mail.example.org", backend="dovecot", queue=256):
        listeners = ", ".join(f"{{name: imap{port}, protocol: imap, address: 127.0.0.1, port: {port}}}"
                              for port in ports or (self.port,))
        self.own.configure(CONFIGURATION, listeners=listeners, hostname=hostname, backend=backend, queue=queue)

    def greeting(self, port):
        demo.variables["OWN_PORT"] = str(port)
        with wire.Imap("OWN_PORT") as client:
            return client.greeting

    def test_a_new_certificate_is_shown_to_the_next_client(self):
        def shown():
            pem = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-showcerts"], input=b"",
                                 capture_output=True, check=False).stdout
            return subprocess.run(["openssl", "x509", "-noout", "-fingerprint"], input=pem, capture_output=True, check=True).stdout
        before = shown()
        with self.own.imap(self.port, self.user) as client:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                            "-keyout", self.own.tls / "server.key", "-out", self.own.tls / "server.pem"],
                           check=True, capture_output=True)
            self.assertEqual(shown(), before, "files are read when it is asked to")
            self.own.reload()
            self.assertNotEqual(shown(), before)
            self.assertIn("b OK", client.command("b", "NOOP"))

    def test_a_broken_certificate_changes_nothing(self):
        (self.own.tls / "server.pem").write_text("-----BEGIN CERTIFICATE-----\nbroken\n")
        line = self.own.reload("reload_refused")
        self.assertIn("server.pem", line["reason"])
        self.own.imap(self.port, self.user).socket.close()

    def test_listeners_come_and_go_and_sessions_stay(self):
        with self.own.imap(self.port, self.user) as client:
            self.write(ports=(self.port, self.other_port))
            self.own.reload()
            self.own.imap(self.other_port, self.user).socket.close()
            self.write(ports=(self.other_port,))
            self.own.reload()
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port))
            self.assertIn("c OK", client.command("c", "NOOP"))
            self.write(ports=(self.port,))
            self.own.reload()
            self.own.imap(self.port, self.user).socket.close()

    def test_a_port_that_is_taken_changes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            number = taken.getsockname()[1]
            self.write(ports=(self.other_port, number), hostname="new.example.org")
            self.assertIn(str(number), self.own.reload("reload_refused")["reason"])
        self.assertIn("mail.example.org", self.greeting(self.port))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.other_port))

    def test_a_mistake_is_named_and_changes_nothing(self):
        self.write(hostname="new.example.org", backend="dovecto")
        self.own.reload("reload_refused")
        mistake = self.own.lines("configuration_mistake")[-1]["mistake"]
        self.assertRegex(mistake, r"postern\.yaml:\d+:\d+: .*dovecto")
        self.assertIn("mail.example.org", self.greeting(self.port))
        self.own.imap(self.port, self.user).socket.close()

    def test_the_next_login_follows_the_new_rules(self):
        demo.variables["OWN_PORT"] = str(self.port)
        with self.own.imap(self.port, self.user) as within, wire.Imap("OWN_PORT") as before:
            self.write(backend="nowhere", hostname="new.example.org")
            self.own.reload()
            self.assertIn("b OK", within.command("b", "NOOP"))
            self.assertIn("c OK", before.login("c", self.user, own_postern.PASSWORD), "a connection ends as it began")
            with wire.Imap("OWN_PORT") as after:
                self.assertIn("new.example.org", after.greeting)
                self.assertRegex(after.login("d", self.user, own_postern.PASSWORD), r"^d NO \[UNAVAILABLE\]")

    def test_what_needs_a_restart_is_said(self):
        self.write(queue=257)
        self.own.reload()
        self.assertEqual(demo.eventually(lambda: self.own.lines("restart_needed"), "it is said")[0]["settings"], "auth")


if __name__ == "__main__":
    unittest.main()
