"""A client that speaks TLS over a socket of its own, so that tests decide what goes into one write, when to half-close, and what is said
before STARTTLS."""

import socket
import ssl
import struct

import demo


class Wire:
    timeout = 30

    def __init__(self, port_name, source="", preface=b"", plaintext=False, certificate=None, server_name="localhost"):
        """`preface`: bytes before TLS. `plaintext`: without TLS until `start_tls`. `certificate`: the files of the client's own."""
        self.certificate, self.server_name = certificate, server_name
        self.socket = socket.create_connection(("127.0.0.1", demo.port(port_name)), self.timeout, (source, 0))
        self.socket.sendall(preface)
        self.tls, self.buffer = None, b""
        if not plaintext:
            self.start_tls()

    def start_tls(self):
        """The handshake. What came before it is gone."""
        context = ssl.create_default_context(cafile=demo.get("CAFILE"))
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=self.server_name)
        self.buffer = b""
        self._until_done(self.tls.do_handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """All of it in one write."""
        data = data if isinstance(data, bytes) else data.encode()
        if not self.tls:
            self.socket.sendall(data)
            return
        self.tls.write(data)
        self._flush()

    def line(self):
        """One line with its CRLF; what is left of it, or nothing, at the end of the connection."""
        while b"\n" not in self.buffer:
            more = self._read()
            if not more:
                rest, self.buffer = self.buffer, b""
                return rest.decode(errors="replace")
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return (line + b"\n").decode(errors="replace")

    def read(self):
        """What is there, or comes next; nothing at the end of the connection."""
        data, self.buffer = self.buffer or self._read(), b""
        return data

    def rest(self):
        """Everything until the other side ends the connection."""
        while more := self._read():
            self.buffer += more
        data, self.buffer = self.buffer, b""
        return data

    def silent_for(self, seconds):
        """Waits for that time, or until something arrives; whether nothing did. What came is there to be read."""
        self.socket.settimeout(seconds)
        try:
            self.buffer += self._read()
            return False
        except TimeoutError:
            return not self.buffer
        finally:
            self.socket.settimeout(self.timeout)

    def half_close(self):
        """Says that nothing more will be sent (close_notify and FIN), and goes on listening."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()
        self.socket.shutdown(socket.SHUT_WR)

    def vanish(self):
        """Ends the connection with a reset, as when a client dies."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _flush(self):
        if data := self.outgoing.read():
            self.socket.sendall(data)

    def _receive(self):
        data = self.socket.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    def _until_done(self, step):
        while True:
            try:
                result = step()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()

    def _read(self):
        if not self.tls:
            return self.socket.recv(65536)
        try:
            return self._until_done(lambda: self.tls.read(65536))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""


class Imap(Wire):
    def __init__(self, port_name="IMAP_PORT", plaintext=False, **tls):
        super().__init__(port_name, plaintext=plaintext, **tls)
        self.greeting = self.line()

    def until(self, tag):
        """The lines up to the tagged reply; that one is the last."""
        lines = []
        while not lines or not lines[-1].startswith(tag + " "):
            lines.append(self.line())
            if not lines[-1]:
                raise AssertionError(f"the connection ended before the reply to {tag}: {lines}")
        return lines

    def command(self, tag, text):
        self.send(f"{tag} {text}\r\n")
        return self.until(tag)[-1]

    def login(self, tag, login, password):
        demo.canary(login, password)
        return self.command(tag, f'LOGIN "{login}" "{password}"')


class Submission(Wire):
    def __init__(self, source="", port_name="SMTP_PORT", plaintext=False, **tls):
        super().__init__(port_name, source, plaintext=plaintext, **tls)
        self.greeting = self.reply()

    def reply(self):
        """A whole reply, its lines joined."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        if not lines[-1]:
            raise AssertionError("the connection ended instead of a reply")
        return "".join(lines)

    def command(self, text):
        self.send(text + "\r\n")
        return self.reply()

    def login(self, login, password):
        demo.canary(login, password)
        return self.command("AUTH PLAIN " + demo.plain(login, password))
