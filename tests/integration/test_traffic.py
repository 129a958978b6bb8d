"""The same conversation with Dovecot through postern and straight: hundreds of commands by chance, and the same answers to all of them."""

import random
import re
import socket
import unittest

import demo
import wire

SEEDS = 6
COMMANDS = 150
FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Forwarded", "Label1"]
ITEMS = ["FLAGS", "UID", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[]", "BODY.PEEK[HEADER.FIELDS (SUBJECT TO)]",
         "BODY.PEEK[TEXT]<3.40>", "(FLAGS UID)", "(UID RFC822.SIZE BODY.PEEK[1])", "FAST", "BODY[]"]
KEYS = ["ALL", "UNSEEN", "SEEN", "DELETED", "UNDELETED FLAGGED", "SUBJECT odd", "TEXT body", "LARGER 200", "NOT KEYWORD Label1",
        "OR ANSWERED DRAFT", "1:3", "UID 1:*", "CHARSET UTF-8 TEXT mail"]


class Straight(wire.Imap):
    """An IMAP client of the backend itself, without TLS, as the master user."""

    def __init__(self, login):
        self.socket = socket.create_connection(("127.0.0.1", demo.port("BACKEND_IMAP_PORT")), self.timeout)
        self.buffer = b""
        self.greeting = self.line()
        with open(f"{demo.get('DEMO_DIR')}/postern/master-password", encoding="ascii") as file:
            password = file.read().strip()
        assert self.command("in", f'LOGIN "{login}*postern" "{password}"').startswith("in OK")

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def _read(self):
        return self.socket.recv(65536)


def ask(client, command):
    client.send(f"c {command}\r\n")
    return client.until("c")


class Script:
    """What one client says, step by step. The same seed says the same."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.folder = f"Traffic{seed}"
        self.number = 0

    def message(self):
        self.number += 1
        odd = "odd" if self.number % 2 else "even"
        body = "".join(self.random.choice("abc é\u20ac.") for _ in range(self.random.randrange(400)))
        return (f"From: a@example.org\r\nTo: b@example.org\r\nSubject: mail {self.number} {odd}\r\nMessage-ID: <{self.number}@example.org>\r\n"
                f"Date: Sat, 28 Nov 2026 10:00:{self.number % 60:02} +0100\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                f"Content-Transfer-Encoding: 8bit\r\n\r\nbody {body}\r\n.\r\na LOGOUT\r\n").encode()

    def numbers(self):
        low = self.random.randrange(1, 9)
        return self.random.choice([str(low), f"{low}:{low + self.random.randrange(4)}", "1:*", f"{low},1", "*"])

    def some_flags(self):
        return " ".join(self.random.sample(FLAGS, self.random.randrange(1, 4)))

    def append(self, client):
        """With a literal that is asked for, or one that is not (RFC 7888)."""
        message, waits = self.message(), self.random.random() < 0.5
        head = f'a APPEND {self.folder} ({self.some_flags()}) "28-Nov-2026 10:00:00 +0100" {{{len(message)}{"" if waits else "+"}}}\r\n'
        asked = []
        if waits:
            client.send(head)
            asked = [client.line()]
            client.send(message + b"\r\n")
        else:
            client.send(head.encode() + message + b"\r\n")
        return asked + client.until("a")

    def pipelined(self, client):
        """Several commands in one write. Dovecot may answer one before another: the order of the lines is its own affair."""
        commands = [f"FETCH {self.numbers()} FLAGS", "NOOP", f"SEARCH {self.random.choice(KEYS)}", f"UID FETCH {self.numbers()} UID"]
        client.send("".join(f"p{index} {command}\r\n" for index, command in enumerate(commands)))
        lines = []
        while sum(line[0] == "p" for line in lines) < len(commands):
            lines.append(client.line())
        return sorted(lines)

    def idle(self, client):
        client.send("i IDLE\r\n")
        first = client.line()
        client.send("DONE\r\n")
        return [first] + client.until("i")

    def search_with_literal(self, client):
        client.send("s SEARCH SUBJECT {3}\r\n")
        asked = client.line()
        client.send("odd\r\n")
        return [asked] + client.until("s")

    def step(self, client):
        """One of them, and every line of the answer."""
        chance = self.random.random()
        if chance < 0.2:
            return self.append(client)
        if chance < 0.3:
            return self.pipelined(client)
        if chance < 0.34:
            return self.idle(client)
        if chance < 0.38:
            return self.search_with_literal(client)
        uid = self.random.choice(["", "UID "])
        command = self.random.choice([
            f"{uid}FETCH {self.numbers()} {self.random.choice(ITEMS)}",
            f"{uid}STORE {self.numbers()} {self.random.choice(['+', '-', ''])}FLAGS{self.random.choice(['', '.SILENT'])} ({self.some_flags()})",
            f"{uid}SEARCH {self.random.choice(KEYS)}", f"{uid}SORT (REVERSE DATE SUBJECT) UTF-8 {self.random.choice(KEYS)}",
            f"{uid}THREAD REFERENCES UTF-8 ALL", f"{uid}COPY {self.numbers()} {self.folder}-copy", f"{uid}MOVE {self.numbers()} {self.folder}-copy",
            "EXPUNGE", "NOOP", "CHECK", f'LIST "" {self.folder}*', f"STATUS {self.folder}-copy (MESSAGES UNSEEN UIDNEXT)",
            f"EXAMINE {self.folder}-copy", f"SELECT {self.folder}", f"SELECT {self.folder}", "NAMESPACE", "FETCH x FLAGS", "SELECT nowhere",
            "NONSENSE"])
        return ask(client, command)


def plain(lines):
    """Without what differs between two mailboxes of the same contents, and between two moments."""
    text = "".join(lines)
    text = re.sub(r" \(\d+\.\d+ \+ [\d.+ ]*secs\)", "", text)
    text = re.sub(r"UIDVALIDITY \d+", "UIDVALIDITY n", text)
    text = re.sub(r"(APPENDUID|COPYUID) \d+", r"\1 n", text)
    text = re.sub(r"HIGHESTMODSEQ \d+", "HIGHESTMODSEQ n", text)
    return re.sub(r'INTERNALDATE "[^"]*"', "INTERNALDATE d", text)


class Traffic(unittest.TestCase):
    def compare(self, seed, through, straight):
        scripts = [Script(seed), Script(seed)]
        for client in (through, straight):
            for name in (f"Traffic{seed}", f"Traffic{seed}-copy"):
                self.assertIn("OK", client.command("m", f"CREATE {name}"))
            ask(client, f"SELECT Traffic{seed}")
        bytes_of_all = 0
        for number in range(COMMANDS):
            answers = [plain(script.step(client)) for script, client in zip(scripts, (through, straight))]
            self.assertEqual(*answers, f"seed {seed}, command {number}")
            bytes_of_all += len(answers[0])
        for client in (through, straight):
            client.command("m", "CLOSE")
            for name in (f"Traffic{seed}", f"Traffic{seed}-copy"):
                self.assertIn("OK", client.command("m", f"DELETE {name}"))
        return bytes_of_all

    def test_postern_changes_nothing(self):
        total = 0
        for seed in range(SEEDS):
            with self.subTest(seed=seed), wire.Imap() as through:
                self.assertIn("in OK", through.login("in", *demo.pupil()))
                with Straight(demo.get("ADMIN")) as straight:
                    total += self.compare(seed, through, straight)
        print(f"{SEEDS * COMMANDS} steps, {total} bytes of answers: the same through postern as straight", flush=True)


if __name__ == "__main__":
    unittest.main()
