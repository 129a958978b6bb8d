"""A postern of a test's own, with a configuration that the test writes, beside the demo and on the demo's backends."""

import json
import os
import pathlib
import shutil
import signal
import socket
import string
import subprocess
import tempfile

import demo
import wire

PASSWORD = "canary-own-Pa55word"


def is_alive(process):
    """Whether it runs; one that has ended may wait for somebody who asks how."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class OwnPostern:
    """In a folder of its own, with a store of its own. `users`: logins, all with PASSWORD."""

    def __init__(self, users):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-own."))
        self.file = self.folder / "postern.yaml"
        self.log = self.folder / "log"
        self.tls = self.folder / "tls"
        self.process = self.successor = None
        shutil.copytree(pathlib.Path(demo.get("DEMO_DIR")) / "tls", self.tls)
        self.users = users

    def configure(self, text, **values):
        """`text` may name $folder, $tls, the demo's variables and `values`."""
        self.file.write_text(string.Template(text).substitute(demo.variables, folder=self.folder, tls=self.tls, **values))

    def start(self, listening_on=None, through=()):
        """`listening_on`: the port of a socket that it gets as from systemd. `through`: a command that becomes postern in the end."""
        self.run("store", "migrate")
        self.run("account", "import", "-", stdin="login,password\n" + "".join(f"{user},{PASSWORD}\n" for user in self.users))
        command = [*through, demo.get("POSTERN_BINARY"), "serve", "--config", self.file]
        with self.log.open("a") as log:
            if listening_on:
                with socket.create_server(("127.0.0.1", listening_on)) as listener:
                    self.process = subprocess.Popen(["bash", "-c", f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"',
                                                     "bash", *command], pass_fds=[listener.fileno()], stdout=log, stderr=log)
            else:
                self.process = subprocess.Popen(command, stdout=log, stderr=log)
        demo.eventually(lambda: self.process.poll() is not None or self.says("ready"), "postern serves")
        assert self.process.poll() is None, self.log.read_text()

    def close(self):
        """Ends it, and its successor."""
        if not self.folder.exists():
            return
        if self.successor:
            os.kill(self.successor, signal.SIGTERM)
            demo.eventually(lambda: not is_alive(self.successor), "the successor ends", 60)
        if self.process:
            self.process.terminate()
            status = self.process.wait(60)
            assert status == 0, f"postern ended with {status}:\n" + self.log.read_text()[-4000:]
        shutil.rmtree(self.folder)

    def upgrade(self):
        """Has itself replaced by the same program; from then on that is who reloads."""
        self.process.send_signal(signal.SIGUSR2)
        demo.eventually(lambda: self.lines("retired") or self.lines("upgrade_refused"), "the old one gives way", 60)
        self.successor = self.lines("upgrading")[0]["process"]

    def wait_for_the_old_one(self):
        assert self.process.wait(60) == 0, self.log.read_text()[-4000:]

    def run(self, command, *arguments, stdin=None):
        done = demo.postern(command, *arguments, "--config", str(self.file), stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout

    def lines(self, event):
        """The lines of the log with this event."""
        parsed = [json.loads(line) for line in demo.whole_lines(self.log.read_text()) if line.startswith("{")]
        return [line for line in parsed if line["event"] == event]

    def says(self, event):
        return bool(self.lines(event))

    def reload(self, event="reloaded"):
        """Asks it to read its configuration again, and waits for what comes of it: the newest line of that event."""
        before = len(self.lines(event))
        os.kill(self.successor or self.process.pid, signal.SIGHUP)
        return demo.eventually(lambda: self.lines(event)[before:], f"the log says {event}")[-1]

    @staticmethod
    def imap(port, user):
        """A client that has logged in."""
        demo.variables["OWN_PORT"] = str(port)
        client = wire.Imap("OWN_PORT")
        reply = client.login("in", user, PASSWORD)
        assert reply.startswith("in OK"), reply
        return client
