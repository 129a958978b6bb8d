"""A postern of a test's own, with a configuration that the test writes, beside the demo and on the demo's backends."""

import json
import pathlib
import shutil
import signal
import string
import subprocess
import tempfile

import demo
import wire

PASSWORD = "canary-own-Pa55word"


class OwnPostern:
    """In a folder of its own, with a store of its own. `users`: logins, all with PASSWORD."""

    def __init__(self, users):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-own."))
        self.file = self.folder / "postern.yaml"
        self.log = self.folder / "log"
        self.tls = self.folder / "tls"
        self.process = None
        shutil.copytree(pathlib.Path(demo.get("DEMO_DIR")) / "tls", self.tls)
        self.users = users

    def configure(self, text, **values):
        """`text` may name $folder, $tls, the demo's variables and `values`."""
        self.file.write_text(string.Template(text).substitute(demo.variables, folder=self.folder, tls=self.tls, **values))

    def start(self):
        self.run("store", "migrate")
        self.run("account", "import", "-", stdin="login,password\n" + "".join(f"{user},{PASSWORD}\n" for user in self.users))
        with self.log.open("w") as log:
            self.process = subprocess.Popen([demo.get("POSTERN_BINARY"), "serve", "--config", self.file], stdout=log, stderr=log)
        demo.eventually(lambda: self.process.poll() is not None or self.says("ready"), "postern serves")
        assert self.process.poll() is None, self.log.read_text()

    def close(self):
        if self.process:
            self.process.terminate()
            status = self.process.wait(60)
            assert status == 0, f"postern ended with {status}:\n" + self.log.read_text()[-4000:]
        shutil.rmtree(self.folder)

    def run(self, command, *arguments, stdin=None):
        done = demo.postern(command, *arguments, "--config", str(self.file), stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout

    def lines(self, event):
        """The lines of the log with this event."""
        parsed = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in parsed if line["event"] == event]

    def says(self, event):
        return bool(self.lines(event))

    def reload(self, event="reloaded"):
        """Asks it to read its configuration again, and waits for what comes of it: the newest line of that event."""
        before = len(self.lines(event))
        self.process.send_signal(signal.SIGHUP)
        return demo.eventually(lambda: self.lines(event)[before:], f"the log says {event}")[-1]

    @staticmethod
    def imap(port, user):
        """A client that has logged in."""
        demo.variables["OWN_PORT"] = str(port)
        client = wire.Imap("OWN_PORT")
        reply = client.login("in", user, PASSWORD)
        assert reply.startswith("in OK"), reply
        return client
