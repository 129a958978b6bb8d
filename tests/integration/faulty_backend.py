"""Backends that go through a login as a script says, and at one of its steps do what no server should."""

import contextlib
import selectors
import socket
import ssl
import struct
import threading

import demo

TLS = b"TLS"  # a step that is the handshake

# What the backend says, one step after the other: the greeting by itself, every other answer when a line has come.
IMAP_LOGIN = [("capability", b"* CAPABILITY IMAP4rev1\r\nC OK done\r\n"), ("login", b"L OK in\r\n"),
              ("capability after login", b"* CAPABILITY IMAP4rev1\r\nP OK done\r\n"), ("relay", b"* STATUS INBOX ()\r\nb OK done\r\n")]
XCLIENT_LOGIN = [("ehlo", b"250-relay\r\n250 XCLIENT ADDR LOGIN\r\n"), ("xclient", b"220 relay ESMTP\r\n"),
                 ("ehlo of the client", b"250-relay\r\n250 SIZE 1000000\r\n"), ("relay", b"250 2.1.0 Ok\r\n")]
AUTH_LOGIN = [("ehlo", b"250-relay\r\n250 AUTH PLAIN\r\n"), ("auth", b"235 2.7.0 Ok\r\n"), ("relay", b"250 2.1.0 Ok\r\n")]
SCRIPTS = {
    ("imap", "none"): [("greeting", b"* OK ready\r\n"), *IMAP_LOGIN],
    ("imap", "starttls"): [("greeting", b"* OK ready\r\n"), ("starttls", b"S OK begin\r\n"), ("handshake", TLS), *IMAP_LOGIN],
    ("imap", "implicit"): [("handshake", TLS), ("greeting", b"* OK ready\r\n"), *IMAP_LOGIN],
    ("submission", "none"): [("greeting", b"220 relay ESMTP\r\n"), *XCLIENT_LOGIN],
    ("submission", "starttls"): [("greeting", b"220 relay ESMTP\r\n"), ("ehlo before tls", b"250-relay\r\n250 STARTTLS\r\n"),
                                 ("starttls", b"220 go\r\n"), ("handshake", TLS), *XCLIENT_LOGIN],
    ("submission", "implicit"): [("handshake", TLS), ("greeting", b"220 relay ESMTP\r\n"), *AUTH_LOGIN],
}
FAULTS = ("close", "reset", "half and close", "half and silence", "silence", "garbage", "long line", "farewell")
GARBAGE = bytes(range(256)) + b"\r\n"
LONG = b"x" * 65536
LONG_TIMES = 32


class Closed(Exception):
    """The other side has gone."""


def wait_for_the_end(connection):
    """Silence, until the other side has enough of it."""
    while connection.recv(65536):
        pass


def reset(connection):
    """The end of a peer that dies."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class FaultyBackends:
    """Any number of them, each on a port of its own."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls = demo.get("DEMO_DIR") + "/tls/"
        self.context.load_cert_chain(tls + "server.pem", tls + "server.key")
        self.lock, self.open = threading.Lock(), 0
        self.met = set()  # ports that somebody came to
        self.is_over = False

    def add(self, protocol, tls, step=None, fault=None, context=None):
        """The port of one that does `fault` in place of `step`. `context`: of its TLS."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.selector.register(listener, selectors.EVENT_READ, (context or self.context, SCRIPTS[protocol, tls], step, fault))
        return listener.getsockname()[1]

    def start(self):
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def close(self):
        self.is_over = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()

    def accept(self):
        while not self.is_over:
            for key, _ in self.selector.select(0.2):
                connection = key.fileobj.accept()[0]
                with self.lock:
                    self.open += 1
                    self.met.add(connection.getsockname()[1])
                threading.Thread(target=self.serve, args=(connection, *key.data), daemon=True).start()

    def serve(self, connection, context, script, step, fault):
        connection.settimeout(60)
        with contextlib.suppress(OSError, Closed):
            connection = self.play(connection, context, script, step, fault)
            wait_for_the_end(connection)
        connection.close()
        with self.lock:
            self.open -= 1

    def play(self, connection, context, script, step, fault):
        """All of the script, but for its faulty step. The connection as it is then."""
        speaks_first = True
        for name, words in script:
            if words is not TLS and not speaks_first and not connection.recv(4096):
                raise Closed
            if name == step:
                self.fail(connection, fault, b"\x16\x03\x03\x00\x7a\x02\x00" if words is TLS else words)
            if words is TLS:
                connection = context.wrap_socket(connection, server_side=True)
                speaks_first = script[0][1] is TLS  # behind STARTTLS it has greeted before
            else:
                connection.sendall(words)
                speaks_first = False
        return connection

    @staticmethod
    def fail(connection, fault, words):
        if fault.startswith("half"):
            connection.sendall(words[:len(words) // 2])
        elif fault == "garbage":
            connection.sendall(GARBAGE)
        elif fault == "farewell":
            connection.sendall(b"421 4.3.2 Bye\r\n" if words[:1] in b"0123456789" else b"* BYE Bye\r\n")
        elif fault == "long line":
            for _ in range(LONG_TIMES):
                connection.sendall(LONG)
        if fault in ("silence", "half and silence", "garbage", "long line"):
            wait_for_the_end(connection)
        if fault == "reset":
            reset(connection)
        raise Closed
