"""Who postern is to a backend that asks for a certificate, and which keys a backend may have."""

import contextlib
import select
import shutil
import socket
import ssl
import threading
import unittest

import certificates
import demo
import own_postern
import wire
from test_processes import free_port


class Doorman:
    """Stands before Dovecot with TLS, and lets nobody in without a certificate that `authority` has signed."""

    def __init__(self, server, authority, starttls=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(server / "server.pem", server / "server.key")
        self.context.load_verify_locations(authority)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.starttls, self.seen = starttls, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, plain):
        with contextlib.suppress(OSError), contextlib.ExitStack() as ended:
            ended.enter_context(plain).settimeout(30)
            if self.starttls:
                plain.sendall(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
                tag = plain.recv(100).split()[0]
                plain.sendall(tag + b" OK begin\r\n")
            client = ended.enter_context(self.context.wrap_socket(plain, server_side=True))
            self.seen.append(dict(entry[0] for entry in client.getpeercert()["subject"])["commonName"])
            dovecot = ended.enter_context(socket.create_connection(("127.0.0.1", demo.port("BACKEND_IMAP_PORT")), 30))
            if self.starttls:
                dovecot.recv(4096)  # its greeting: it has been said
            self.carry(client, dovecot)

    @staticmethod
    def carry(client, dovecot):
        """On one thread: OpenSSL allows no two on one connection."""
        other = {client: dovecot, dovecot: client}
        while ready := [client] if client.pending() else select.select([client, dovecot], [], [], 30)[0]:
            for source in ready:
                piece = source.recv(4096)
                if not piece:
                    return
                other[source].sendall(piece)

    def close(self):
        self.listener.close()


CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}, failure_delay: 50ms}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
listeners: [{name: imaps, protocol: imap, address: 127.0.0.1, port: $port}]
backends:
$backends
routing:
  rules:
$rules
  default: {imap: good}
"""
COMMON = """    protocol: imap
    host: localhost
    ca_file: $CAFILE
    login: master_user
    master_user: postern
    master_password: {file: $DEMO_DIR/postern/master-password}
"""
OURS = "    client_certificate: {certificate: $tls/ours.pem, key: $tls/ours.key}\n"
OTHER_PIN = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="


class BackendTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.users = {name: f"{name}@{demo.get('MAIL_DOMAIN')}" for name in ("nobody", "stranger", "pinned-other", "pinned-starttls")}
        cls.users |= {"good": demo.get("TEACHER"), "starttls": demo.get("PUPIL")}
        cls.own = own_postern.OwnPostern(sorted(cls.users.values()))
        cls.addClassCleanup(cls.own.close)
        ours = certificates.Authority(cls.own.tls, "internal-authority")
        ours.sign("ours")
        certificates.Authority(cls.own.tls, "other-authority").sign("strange")
        cls.implicit, cls.starttls = Doorman(cls.own.tls, ours.file), Doorman(cls.own.tls, ours.file, starttls=True)
        cls.addClassCleanup(cls.implicit.close)
        cls.addClassCleanup(cls.starttls.close)
        cls.pin = certificates.pin(cls.own.tls / "server.pem")
        implicit, starttls = (f"    port: {door.port}\n" for door in (cls.implicit, cls.starttls))
        starttls += "    tls: starttls\n"
        backends = {
            "good": implicit + OURS + f"    pins: [{OTHER_PIN}, {cls.pin}]\n",
            "starttls": starttls + OURS + f"    pins: [{cls.pin}]\n",
            "nobody": implicit,
            "stranger": implicit + OURS.replace("ours", "strange"),
            "pinned-other": implicit + OURS + f"    pins: [{OTHER_PIN}]\n",
            "pinned-starttls": starttls + OURS + f"    pins: [{OTHER_PIN}]\n",
        }
        cls.own.configure(
            CONFIGURATION.replace("$backends", "".join(f"  {name}:\n{COMMON}{more}" for name, more in backends.items()))
            .replace("$rules", "".join(f'    - {{name: {name}, when: {{protocol: imap, user: "{user}"}}, backend: {name}}}\n'
                                       for name, user in cls.users.items())), port=cls.port)
        cls.own.start()
        demo.variables["OWN_PORT"] = str(cls.port)

    def log_in(self, name):
        with wire.Imap("OWN_PORT") as client:
            reply = client.login("a", self.users[name], own_postern.PASSWORD)
            return reply + client.command("b", "STATUS INBOX (MESSAGES)") if reply.startswith("a OK") else reply

    def newest_line(self, name):
        return demo.eventually(lambda: [line for line in self.own.lines("login") if line.get("backend") == name], name)[-1]

    def test_a_backend_that_asks_who_we_are_is_shown_our_certificate(self):
        for name, door in (("good", self.implicit), ("starttls", self.starttls)):
            with self.subTest(backend=name):
                self.assertRegex(self.log_in(name), "^a OK [^\r]*\r\nb OK")
                self.assertIn("ours", door.seen)

    def test_without_a_certificate_or_with_a_strangers_nobody_gets_in(self):
        for name in ("nobody", "stranger"):
            with self.subTest(backend=name):
                self.assertRegex(self.log_in(name), r"^a NO \[UNAVAILABLE\]")
                line = self.newest_line(name)
                self.assertEqual(line["reason"], "backend_closed")
                self.assertRegex(line["detail"], "alert (certificate required|unknown ca)")
        self.assertNotIn("strange", self.implicit.seen)

    def test_a_key_that_is_not_pinned_gets_no_login_and_its_pin_is_told(self):
        for name in ("pinned-other", "pinned-starttls"):
            with self.subTest(backend=name):
                self.assertRegex(self.log_in(name), r"^a NO \[UNAVAILABLE\]")
                line = self.newest_line(name)
                self.assertEqual(line["reason"], "backend_unreachable")
                self.assertEqual(line["detail"], f"TLS: the key of the certificate is not pinned: its pin is {self.pin}")

    def test_a_reload_reads_the_files_again_and_takes_no_key_that_does_not_fit(self):
        files = [self.own.tls / "ours.pem", self.own.tls / "ours.key"]
        kept = [file.read_bytes() for file in files]
        shutil.copy(self.own.tls / "strange.key", files[1])
        refused = self.own.reload("reload_refused")
        self.assertIn("backend good: cannot use private key", str(refused))
        done = demo.postern("check", str(self.own.file))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"postern\.yaml:\d+: backends\.good: cannot use private key ")
        self.assertRegex(self.log_in("good"), "^a OK", "what was read before goes on")
        shutil.copy(self.own.tls / "strange.pem", files[0])
        self.own.reload()
        self.assertRegex(self.log_in("good"), r"^a NO \[UNAVAILABLE\]")
        for file, contents in zip(files, kept):
            file.write_bytes(contents)
        self.own.reload()
        self.assertRegex(self.log_in("good"), "^a OK")


if __name__ == "__main__":
    unittest.main()
