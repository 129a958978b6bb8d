"""Real clients read mail through postern: what they get is what Dovecot stores."""

import hashlib
import pathlib
import re
import subprocess
import tempfile
import unittest

import demo
import messages
import wire


def awkward_messages():
    """Messages that a gateway could be tempted to change, or to take for something else."""
    head = b"From: a@academie.example\r\nSubject: awkward\r\nMessage-ID: <%d@tests.example>\r\n\r\n"
    every_byte = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
    bodies = [
        b"* OK not an answer\r\na1 OK neither\r\n+ go on\r\n{100}\r\n{100+}\r\n)\r\n",
        b".\r\n..\r\n.leading dots\r\n" * 20,
        every_byte + b"\r\n" + every_byte[::-1] + b"\r\n",
        b"x" * 70000 + b"\r\n",
        b"no end of line at the end",
        b"",
        b"0123456789abcdef" * 4 + b"\r\n" + (b"A line of a long message.\r\n" * 120000),
    ]
    return [head % number + body for number, body in enumerate(bodies)]


def digest(message):
    """Length and digest: unlike whole messages, two of these can be shown when they differ."""
    return len(message), hashlib.sha256(message).hexdigest()


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.login, cls.password = demo.pupil()
        for message in awkward_messages():
            demo.deliver(cls.login, message)
        with wire.Imap() as client:  # moves what is new to cur/, so that the file names hold still
            client.login("a", cls.login, cls.password)
            client.command("b", "SELECT INBOX")
        cls.stored = cls.stored_messages()

    @classmethod
    def stored_messages(cls):
        """The files of the mailbox as Dovecot wrote them, in the order of their UIDs."""
        folder = demo.maildir(cls.login)
        uid_list = (folder / "dovecot-uidlist").read_text().splitlines()[1:]
        bases = [line.split(" :")[1] for line in uid_list]
        files = {path.name.split(":2,")[0]: path for path in (folder / "cur").iterdir()}
        return [files[base].read_bytes() for base in bases]

    def test_the_store_holds_what_was_delivered(self):
        self.assertEqual({digest(text) for text in self.stored}, {digest(text) for text in awkward_messages()})

    def test_curl_gets_every_message_byte_for_byte(self):
        for number, expected in enumerate(self.stored, 1):
            with self.subTest(message=number):
                self.assertEqual(digest(self.curl(f"INBOX;MAILINDEX={number}")), digest(expected))

    def curl(self, path):
        url = f"imaps://{demo.get('IMAP_HOST')}:{demo.get('IMAP_PORT')}/{path}"
        config = f'user = "{self.login}:{self.password}"\n'.encode()
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "60", "--cacert", demo.get("CAFILE"), "--config", "-", url],
            input=config, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_mbsync_copies_the_mailbox_byte_for_byte(self):
        with tempfile.TemporaryDirectory() as folder:
            self.mbsync(pathlib.Path(folder))
            copies = [path.read_bytes() for path in pathlib.Path(folder, "copy", "INBOX").glob("???/*")]
        # mbsync marks what it copies with a header field, and in a Maildir lines end with LF.
        copies = [re.sub(rb"^X-TUID: .{12}\n", b"", copy, count=1, flags=re.MULTILINE) for copy in copies]
        expected = [message.replace(b"\r\n", b"\n") for message in self.stored]
        self.assertEqual([digest(text) for text in sorted(copies)], [digest(text) for text in sorted(expected)])

    def mbsync(self, folder):
        (folder / "copy").mkdir()
        (folder / "password").write_text(self.password)
        # mbsync compares the name of a certificate only with DNS names: it is given the server's own certificate.
        (folder / "mbsyncrc").write_text(f"""
IMAPStore remote
Host {demo.get("IMAP_HOST")}
Port {demo.get("IMAP_PORT")}
User {self.login}
PassCmd "cat {folder}/password"
SSLType IMAPS
SystemCertificates no
CertificateFile {demo.get("SERVER_CERTIFICATE")}
AuthMechs PLAIN LOGIN

MaildirStore local
Path {folder}/copy/
Inbox {folder}/copy/INBOX

Channel all
Far :remote:
Near :local:
Patterns INBOX
Create Near
Sync Pull
SyncState {folder}/
""")
        done = demo.run("mbsync", "-c", str(folder / "mbsyncrc"), "--all", timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_imaplib_sees_the_whole_mailbox(self):
        session = messages.mailbox(self.login, self.password)
        numbers = session.search(None, "ALL")[1][0].split()
        sizes = [int(session.fetch(n.decode(), "(RFC822.SIZE)")[1][0].split()[-1].rstrip(b")")) for n in numbers]
        session.logout()
        self.assertEqual(sizes, [len(message) for message in self.stored])


class Idling(unittest.TestCase):
    def test_new_mail_shows_while_idle(self):
        login, password = demo.teacher()
        with wire.Imap() as client:
            client.login("a", login, password)
            client.send("b SELECT INBOX\r\n")
            selected = "".join(client.until("b"))
            known = int(re.search(r"\* (\d+) EXISTS", selected).group(1))
            client.send("c IDLE\r\n")
            while not client.line().startswith("+ "):
                pass
            client.silent_for(4)
            known = self.deliver_and_hear(client, login, known)
            self.deliver_and_hear(client, login, known)
            client.send("DONE\r\n")
            for line in client.until("c")[:-1]:
                self.assert_told_by_the_server(line)

    def deliver_and_hear(self, client, login, known):
        """Waits for the server to tell, unasked, of more messages than were known; a line that never comes is a time-out."""
        demo.deliver(login, bytes(messages.new(login, login)))
        while True:
            line = client.line()
            self.assert_told_by_the_server(line)
            told = re.match(r"\* (\d+) EXISTS", line)
            if told and int(told.group(1)) > known:
                return int(told.group(1))

    def assert_told_by_the_server(self, line):
        """Mail of another test may come in meanwhile, but the gateway adds nothing of its own."""
        self.assertRegex(line, r"^\* \d+ (EXISTS|RECENT|FETCH \(.*\))\s*$")


if __name__ == "__main__":
    unittest.main()
