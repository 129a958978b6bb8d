"""The running demo as the tests see it: its variables, its backends, and the passwords that were used with it."""

import base64
import os
import pathlib
import shlex
import socket
import subprocess
import time

variables = {}  # filled by run.py from the file that scripts/demo --env writes
credentials_used = set()  # (login, password) of every attempt, for the search through the logs


def load(env_file):
    for line in pathlib.Path(env_file).read_text().splitlines():
        name, _, value = line.partition("=")
        variables[name] = "".join(shlex.split(value))


def get(name):
    return variables[name]


def port(name):
    return int(variables[name])


def canary(login, password):
    """Remembers a pair that a test is about to use."""
    credentials_used.add((login, password))
    return login, password


def teacher():
    return canary(get("TEACHER"), get("TEACHER_PASSWORD"))


def admin():
    return canary(get("ADMIN"), get("ADMIN_PASSWORD"))


def pupil():
    return canary(get("PUPIL"), get("PUPIL_PASSWORD"))


def suspended():
    return canary(get("SUSPENDED"), get("SUSPENDED_PASSWORD"))


def plain(login, password):
    """The initial response of SASL PLAIN, in base64."""
    return base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def eventually(condition, what, seconds=30):
    """Asks until the answer is true; gives that answer back."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def listens(number):
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", number)) == 0


def run(*command, stdin=None, timeout=60):
    """Runs a program to its end; its output is text, both streams together."""
    return subprocess.run(
        command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)


def postern(*arguments, stdin=None):
    return run(get("POSTERN_BINARY"), *arguments, stdin=stdin)


def log_text(name):
    return pathlib.Path(get(name)).read_text(errors="replace")


def whole_lines(text):
    """The lines of a log: the last one may still be on its way."""
    return text.rpartition("\n")[0].splitlines()


def logged(name, text):
    """Waits until a log has this text: servers write their logs when they come to it, not before they answer."""
    eventually(lambda: text in log_text(name), f"{name} has: {text}")


def maildir(login):
    return pathlib.Path(get("DEMO_DIR")) / "dovecot" / "mail" / login / "Maildir"


def deliver(login, message):
    """Puts a message into the INBOX behind postern's back, unchanged but for its place."""
    done = subprocess.run(
        ["doveadm", "-c", get("DOVECOT_CONFIG"), "save", "-u", login, "-m", "INBOX"],
        input=message, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise AssertionError(done.stderr.decode(errors="replace"))


def _root_prefix():
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _start_daemon(*command):
    """A daemon would keep a pipe open: it gets none. What goes wrong stands in its log."""
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                   check=True)


class Dovecot:
    """The IMAP backend."""

    @staticmethod
    def stop():
        done = run("doveadm", "-c", get("DOVECOT_CONFIG"), "stop")
        assert done.returncode == 0, done.stdout
        eventually(lambda: not listens(port("BACKEND_IMAP_PORT")), "Dovecot stops")

    @staticmethod
    def start():
        _start_daemon("dovecot", "-c", get("DOVECOT_CONFIG"))
        eventually(lambda: listens(port("BACKEND_IMAP_PORT")), "Dovecot starts")


class Relay:
    """One of the two Postfix: "SMTP" or "SMTPADM"."""

    def __init__(self, name):
        self.config, self.port = get(f"RELAY_{name}_CONFIG"), port(f"RELAY_{name}_PORT")

    def stop(self):
        done = run(*_root_prefix(), "postfix", "-c", self.config, "stop")
        assert done.returncode == 0, done.stdout
        eventually(lambda: not listens(self.port), "the relay stops")

    def start(self):
        _start_daemon(*_root_prefix(), "postfix", "-c", self.config, "start")
        eventually(lambda: listens(self.port), "the relay starts")

    def setting(self, name):
        """A parameter of main.cf."""
        return run("postconf", "-c", self.config, "-h", name).stdout.strip()

    def set(self, name, value):
        """From the next connection on."""
        for command in (("postconf", "-c", self.config, "-e", f"{name}={value}"), ("postfix", "-c", self.config, "reload")):
            done = run(*_root_prefix(), *command)
            assert done.returncode == 0, done.stdout


class Down:
    """`with Down(backend):` stops a backend and starts it again at the end, whatever happens."""

    def __init__(self, backend):
        self.backend = backend

    def __enter__(self):
        self.backend.stop()

    def __exit__(self, *_):
        self.backend.start()
