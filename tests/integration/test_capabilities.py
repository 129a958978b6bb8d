"""What is offered before login is what every server has that a client may come to, and follows the servers while postern runs."""

import contextlib
import socket
import threading
import time
import unittest
import zlib

import demo
import messages
import own_postern
import wire
from test_processes import free_port

CONFIGURATION = """
server: {hostname: mail.example.org, control_socket: $folder/control}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
submission: {max_message_size: 80MiB}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $imap}
  - {name: imaps-fake, protocol: imap, address: 127.0.0.1, port: $imap_fake}
  - {name: imaps-compressed, protocol: imap, address: 127.0.0.1, port: $imap_compressed}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $submission}
  - {name: submissions-fake, protocol: submission, address: 127.0.0.1, port: $submission_fake}
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}, check_interval: 500ms}
  dovecot-compressed: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
                       master_password: {file: $DEMO_DIR/postern/master-password}, compress: pass}
  fake-imap: {protocol: imap, host: 127.0.0.1, port: $fake_imap, tls: none, check_interval: 500ms}
  relays:
    protocol: submission
    servers:
      - {name: smtp, host: 127.0.0.1, port: $RELAY_SMTP_PORT}
      - {name: smtpadm, host: 127.0.0.1, port: $RELAY_SMTPADM_PORT}
    check_interval: 500ms
    tls: none
    login: xclient
  fake: {protocol: submission, host: 127.0.0.1, port: $fake_smtp, tls: none, login: xclient, check_interval: 500ms}
routing:
  rules:
    - {name: fake mailboxes, when: {listener: imaps-fake, group: pupil}, backend: fake-imap}
    - {name: compressed, when: {listener: imaps-compressed}, backend: dovecot-compressed}
    - {name: fake relay, when: {listener: submissions-fake, network: 192.0.2.0/24}, backend: fake}
  default: {imap: dovecot, submission: relays}
groups: [pupil]
"""
SHORT = {"PIPELINING", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"}


class FakeServer:
    """Greets whoever connects, and answers his first line and no other."""

    def __init__(self, greets, answers):
        self.port = free_port()
        self.greets, self.answers = greets, answers
        self.listener = None

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()

    def serve(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, contextlib.suppress(OSError):
                    client.settimeout(10)
                    client.sendall(self.greets)
                    if client.recv(1000):
                        client.sendall(self.answers)
                    while client.recv(1000):
                        pass

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None


def relay_with(*extensions):
    return "".join(f"250-{each}\r\n" for each in ("fake.example", *extensions)).encode() + b"250 HELP\r\n"


class Capabilities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ports = {name: free_port() for name in ("imap", "imap_fake", "imap_compressed", "submission", "submission_fake")}
        cls.relay = FakeServer(b"220 fake.example\r\n", relay_with("SIZE 5000000", "8BITMIME"))
        cls.imap = FakeServer(b"* OK ready\r\n", b"* CAPABILITY IMAP4rev1 ID LITERAL-\r\nC OK done\r\n")
        cls.addClassCleanup(cls.relay.stop)
        cls.addClassCleanup(cls.imap.stop)
        cls.user = demo.get("ADMIN")
        cls.own = own_postern.OwnPostern([cls.user])
        cls.addClassCleanup(cls.own.close)
        cls.own.configure(CONFIGURATION, **cls.ports, fake_smtp=cls.relay.port, fake_imap=cls.imap.port)
        cls.own.start()

    def submission(self, listener="submission"):
        demo.variables["OWN_PORT"] = str(self.ports[listener])
        return wire.Submission(port_name="OWN_PORT")

    def extensions(self, listener="submission"):
        with self.submission(listener) as client:
            return {line[4:] for line in client.command("EHLO tests.example").split("\r\n")[1:-1]}

    def becomes(self, listener, condition, what):
        """Waits for a list; how long that took."""
        begun = time.monotonic()
        demo.eventually(lambda: condition(self.extensions(listener)), what)
        return time.monotonic() - begun

    def imap_capabilities(self, listener):
        demo.variables["OWN_PORT"] = str(self.ports[listener])
        with wire.Imap("OWN_PORT") as client:
            return client.greeting.partition("[CAPABILITY ")[2].partition("]")[0].split()

    def change(self, relay, **settings):
        """What a real relay says, until the test is over."""
        for name, value in settings.items():
            self.addCleanup(relay.set, name, relay.setting(name))
            relay.set(name, value)

    def test_only_what_every_relay_has(self):
        relay = demo.Relay("SMTPADM")
        self.becomes("submission", lambda offered: "CHUNKING" in offered, "both relays have told")
        self.assertEqual(self.extensions(), SHORT | {"8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "SIZE 62914560"})
        self.change(relay, smtpd_discard_ehlo_keywords="chunking,dsn", message_size_limit="12345678")
        took = self.becomes("submission", lambda offered: "CHUNKING" not in offered, "one relay has lost it")
        print(f"what a relay has lost was offered for {took:.1f} s more", flush=True)
        self.assertLess(took, 10)
        self.assertEqual(self.extensions(), SHORT | {"8BITMIME", "SMTPUTF8", "SIZE 12345678"})
        with demo.Down(relay):
            demo.eventually(lambda: any(line["server"] == "smtpadm" for line in self.own.lines("backend_down")), "it is away")
            self.assertEqual(self.extensions(), SHORT | {"8BITMIME", "SMTPUTF8", "SIZE 12345678"}, "what it said last holds")
        self.doCleanups()
        self.becomes("submission", lambda offered: "CHUNKING" in offered and "SIZE 62914560" in offered, "it has all again")

    def test_a_chunk_goes_to_the_relay_that_offers_chunks(self):
        self.becomes("submission", lambda offered: "CHUNKING" in offered, "both relays have told")
        message = messages.new(self.user, self.user)
        data = bytes(message)
        with self.submission() as client:
            client.command("EHLO tests.example")
            self.assertTrue(client.login(self.user, own_postern.PASSWORD).startswith("235"))
            offered = client.command("EHLO tests.example")
            for hidden in ("VRFY", "ETRN", "XCLIENT", "AUTH", "STARTTLS"):
                self.assertNotIn(hidden, offered)
            self.assertTrue(client.command(f"MAIL FROM:<{self.user}> BODY=8BITMIME SIZE={len(data)}").startswith("250"))
            self.assertTrue(client.command(f"RCPT TO:<{self.user}> NOTIFY=NEVER").startswith("250"))
            client.send(f"BDAT {len(data)} LAST\r\n".encode() + data)
            self.assertTrue(client.reply().startswith("250"))

    def test_a_relay_that_never_answered_is_not_known_to_have_anything(self):
        self.becomes("submission", lambda offered: "DSN" in offered, "the relays have told")
        self.assertEqual(self.extensions("submission_fake"), SHORT)
        self.relay.start()
        self.becomes("submission_fake", lambda offered: offered == SHORT | {"8BITMIME", "SIZE 5000000"}, "it has told")
        self.relay.answers = relay_with("SIZE", "DSN")
        self.becomes("submission_fake", lambda offered: offered == SHORT | {"DSN", "SIZE 62914560"}, "it has other ones")
        self.relay.answers = b"502 what?\r\n"
        demo.eventually(lambda: self.own.says("backend_capabilities_unknown"), "it no longer tells")
        self.own.reload()
        self.assertEqual(self.extensions("submission_fake"), SHORT | {"DSN", "SIZE 62914560"}, "what it said last holds")
        self.assertIn("DSN", self.extensions(), "nobody comes to it from the other listener")
        self.assertEqual(len([line for line in self.own.lines("backend_down") if line["backend"] == "fake"]), 1,
                         "since it is there it is up all the while")

    def test_imap_offers_what_every_server_has(self):
        demo.eventually(lambda: "LITERAL+" in self.imap_capabilities("imap"), "Dovecot has told")
        self.assertEqual(self.imap_capabilities("imap"), "IMAP4rev1 SASL-IR ID ENABLE LITERAL+ AUTH=PLAIN AUTH=LOGIN".split())
        self.assertEqual(self.imap_capabilities("imap_fake"), "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN".split())
        self.imap.start()
        demo.eventually(lambda: self.imap_capabilities("imap_fake") == "IMAP4rev1 SASL-IR ID LITERAL- AUTH=PLAIN AUTH=LOGIN".split(),
                        "what both have")

    def test_compression_passes_where_it_may(self):
        with self.own.imap(self.ports["imap"], self.user) as client:
            self.assertIn("a BAD", client.command("a", "COMPRESS DEFLATE"))
        demo.variables["OWN_PORT"] = str(self.ports["imap_compressed"])
        with wire.Imap("OWN_PORT") as client:
            self.assertIn("COMPRESS=DEFLATE", client.login("in", self.user, own_postern.PASSWORD))
            self.assertIn("a NO", client.command("a", "COMPRESS GZIP"))
            self.assertIn("b BAD", client.command("b", f"LOGIN x {own_postern.PASSWORD}"), "it is still read along")
            self.assertIn("c OK", client.command("c", "COMPRESS DEFLATE"))
            up, down = zlib.compressobj(wbits=-zlib.MAX_WBITS), zlib.decompressobj(wbits=-zlib.MAX_WBITS)
            client.send(up.compress(b"d SELECT INBOX\r\ne NOOP\r\n") + up.flush(zlib.Z_SYNC_FLUSH))
            text = b""
            while b"e OK" not in text:
                text += down.decompress(client.read())
            self.assertIn(b"d OK", text)


if __name__ == "__main__":
    unittest.main()
