"""A backend of two servers: users keep to theirs, another stands in for one that is killed or hangs, and they come back."""

import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import demo
import wire
from test_processes import free_port

CONFIGURATION = """
server: {{hostname: mail.example.org}}
log: {{format: json}}
store: {{sqlite: {folder}/store.db}}
auth: {{password_hash: {{memory_kib: 8192, passes: 1}}}}
tls: {{certificate: {certificate}, key: {key}}}
listeners:
  - {{name: submissions, protocol: submission, address: 127.0.0.1, port: {port}, proxies: [127.0.0.3]}}
backends:
  relays:
    protocol: submission
    servers:
      - {{host: 127.0.0.1, port: {smtp}, name: smtp}}
      - {{host: 127.0.0.1, port: {smtpadm}, name: smtpadm}}
      - {{host: 127.0.0.1, port: {silent}, name: silent}}
    check_interval: 1s
    tls: none
    login: xclient
routing: {{default: {{submission: relays}}}}
"""
USERS = 24


class Pool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-pool."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.silent = cls.enterClassContext(socket.create_server(("127.0.0.1", 0)))
        cls.port = free_port()
        demo.variables["POOL_PORT"] = str(cls.port)
        tls = pathlib.Path(demo.get("DEMO_DIR")) / "tls"
        cls.file = cls.folder / "postern.yaml"
        cls.file.write_text(CONFIGURATION.format(
            folder=cls.folder, certificate=tls / "server.pem", key=tls / "server.key", port=cls.port,
            smtp=demo.get("RELAY_SMTP_PORT"), smtpadm=demo.get("RELAY_SMTPADM_PORT"),
            silent=cls.silent.getsockname()[1]))
        cls.run_postern("store", "migrate")
        cls.users = [f"user{number}@{demo.get('MAIL_DOMAIN')}" for number in range(USERS)]
        cls.run_postern("account", "import", "-",
                        stdin="login,password\n" + "".join(f"{user},canary-pool-Pa55word\n" for user in cls.users))
        cls.log = cls.folder / "log"
        cls.start()

    @classmethod
    def start(cls):
        with cls.log.open("w") as log:
            cls.process = subprocess.Popen([demo.get("POSTERN_BINARY"), "serve", "--config", cls.file], stdout=log, stderr=log)
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.terminate)
        demo.eventually(lambda: cls.process.poll() is not None or cls.says("ready"), "postern serves")
        demo.eventually(lambda: cls.says("backend_down", "silent"), "the check finds the silent server")

    @classmethod
    def says(cls, event, server=""):
        """Whether a line of the log has this event."""
        return any(f'"{event}"' in line and server in line for line in cls.log.read_text().splitlines())

    @classmethod
    def run_postern(cls, command, *arguments, stdin=None):
        done = demo.postern(command, *arguments, "--config", str(cls.file), stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout

    def login(self, user, source="", preface=b""):
        """The server that the user came to, and how long it took."""
        begun = time.monotonic()
        with wire.Wire("POOL_PORT", source, preface) as client:
            client.reply = lambda: wire.Submission.reply(client)
            client.reply()
            client.send("EHLO tests.example\r\n")
            client.reply()
            demo.canary(user, "canary-pool-Pa55word")
            client.send(f"AUTH PLAIN {demo.plain(user, 'canary-pool-Pa55word')}\r\n")
            reply = client.reply()
            took = time.monotonic() - begun
            self.assertTrue(reply.startswith("235"), reply)
            client.send("EHLO tests.example\r\n")
            name = client.reply().split()[0].partition("-")[2]
        return name.partition(".")[0], took

    def homes(self):
        return {user: self.login(user)[0] for user in self.users}

    def test_users_keep_to_their_server_and_come_back_to_it(self):
        homes = self.homes()
        self.assertEqual(set(homes.values()), {"smtp", "smtpadm"}, "both have users")
        explained = self.run_postern("route", "explain", self.users[0], "--protocol", "submission")
        self.assertIn("127.0.0.1:" + demo.get(f"RELAY_{homes[self.users[0]].upper()}_PORT"), explained)
        with demo.Down(demo.Relay("SMTP")):
            logins = [self.login(user) for user in self.users]
            self.assertEqual({server for server, _ in logins}, {"smtpadm"})
            print(f"{USERS} logins while one relay is killed: the slowest took {max(took for _, took in logins):.2f} s", flush=True)
            demo.eventually(lambda: self.says("backend_down", '"smtp"'), "the log tells which one is away")
        # The next check finds that it is back, without anybody who logs in.
        demo.eventually(lambda: self.says("backend_up", '"smtp"'), "the check finds the server")
        self.assertEqual(self.homes(), homes)

    def test_a_load_balancer_says_who_its_client_is(self):
        user = self.users[0]
        self.login(user, "127.0.0.3", b"PROXY TCP4 192.0.2.77 127.0.0.1 50001 465\r\n")
        body = socket.inet_aton("192.0.2.78") + socket.inet_aton("127.0.0.1") + (50001).to_bytes(2, "big") + (465).to_bytes(2, "big")
        self.login(user, "127.0.0.3", b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + len(body).to_bytes(2, "big") + body)
        for address in ("192.0.2.77", "192.0.2.78"):
            demo.eventually(lambda: self.says("login", f'"{address}"'), f"postern's line of the login from {address}")
            # Postfix writes the client's address only when the session has ended.
            demo.eventually(lambda: f"[{address}]" in demo.log_text("RELAY_SMTP_LOG") + demo.log_text("RELAY_SMTPADM_LOG"),
                            f"the relay knows {address} by XCLIENT")
        for source, preface in (("", b"PROXY TCP4 192.0.2.79 127.0.0.1 50001 465\r\n"), ("127.0.0.3", b"")):
            with self.subTest(source=source), self.assertRaises((ssl.SSLError, OSError)):
                self.login(user, source, preface)
        self.assertNotIn("192.0.2.79", self.log.read_text(), "nobody else is believed")

    def test_a_server_that_accepts_and_says_nothing_gets_nobody(self):
        homes = self.homes()
        self.assertNotIn("silent", homes.values())
        explained = [self.run_postern("route", "explain", user, "--protocol", "submission") for user in self.users]
        self.assertTrue(any(f"at 127.0.0.1:{self.silent.getsockname()[1]}" in text for text in explained), "some belong to it")


if __name__ == "__main__":
    unittest.main()
