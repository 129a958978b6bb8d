"""Whatever a backend or a client does at any step of its leg: the session ends or the client hears that it may come back, in time; others
notice nothing, and nothing is left behind."""

import concurrent.futures
import contextlib
import json
import os
import resource
import socket
import ssl
import threading
import time
import unittest

import demo
import own_postern
import wire
from faulty_backend import FAULTS, GARBAGE, LONG, LONG_TIMES, SCRIPTS, FaultyBackends, reset
from test_metrics import get, parse
from test_processes import free_port

AT_ONCE = 64
ENOUGH = 20  # seconds: more than all limits of the configuration together, with room for a slow machine

CONFIGURATION = """
server: {hostname: mail.example.org, control_socket: $folder/control}
log: {format: json}
store: {sqlite: $folder/store.db}
auth:
  failure_delay: 50ms
  password_queue: 1000
  password_hash: {memory_kib: 8192, passes: 1}
  lockout: {free_failures: 100, closed_at: 1000, source_burst: 10000}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {handshake_timeout: 3s, login_timeout: 6s, imap_idle_timeout: 2s, submission_idle_timeout: 2s, half_closed_timeout: 1s}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $FAULTS_IMAP}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $FAULTS_SUBMISSION}
  - {name: imap, protocol: imap, tls: starttls, address: 127.0.0.1, port: $FAULTS_IMAP_STARTTLS}
  - {name: submission, protocol: submission, tls: starttls, address: 127.0.0.1, port: $FAULTS_SUBMISSION_STARTTLS}
  - {name: metrics, protocol: metrics, address: 127.0.0.1, port: $FAULTS_METRICS}
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  smtp: {protocol: submission, host: 127.0.0.1, port: $RELAY_SMTP_PORT, tls: none, login: xclient}
$faulty
routing:
  rules:
$rules
  default: {imap: dovecot, submission: smtp}
"""


class Case:
    """A backend of its own, and a user who is sent there."""

    def __init__(self, number, protocol, tls, step, fault, port):
        self.protocol, self.tls, self.step, self.fault, self.port = protocol, tls, step, fault, port
        self.backend, self.user = f"faulty{number}", f"faulty{number}@{demo.get('MAIL_DOMAIN')}"

    def __str__(self):
        return f"{self.protocol}, tls {self.tls}: {self.fault} at {self.step}"

    def settings(self):
        login = "xclient" if self.protocol == "submission" and self.tls != "implicit" else "password"
        trust = "" if self.tls == "none" else f"ca_file: {demo.get('CAFILE')}, tls_name: localhost, "
        return (f"  {self.backend}: {{protocol: {self.protocol}, host: 127.0.0.1, port: {self.port}, tls: {self.tls}, {trust}"
                f"login: {login}, connect_timeout: 2s, login_timeout: 3s, check_interval: 24h}}\n")

    def rule(self):
        return f"    - {{name: {self.backend}, when: {{protocol: {self.protocol}, user: \"{self.user}\"}}, backend: {self.backend}}}\n"


class Bystander:
    """Somebody else, who logs in again and again meanwhile."""

    def __init__(self, user):
        self.user, self.slowest, self.replies = user, 0, []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.go_on)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def go_on(self):
        while not self.is_over.wait(0.05):
            begun = time.monotonic()
            try:
                with wire.Imap("FAULTS_IMAP") as client:
                    self.replies.append(client.login("a", self.user, own_postern.PASSWORD))
            except (OSError, ssl.SSLError, AssertionError) as error:
                self.replies.append(repr(error))
            self.slowest = max(self.slowest, time.monotonic() - begun)


class Faults(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
        cls.teacher, cls.pupil = demo.get("TEACHER"), demo.get("PUPIL")
        cls.backends = FaultyBackends()
        kinds = [(protocol, tls, step, fault) for (protocol, tls), script in SCRIPTS.items() for step, _ in script for fault in FAULTS]
        cls.cases = [Case(number, *kind, cls.backends.add(*kind)) for number, kind in enumerate(kinds)]
        cls.backends.start()
        cls.addClassCleanup(cls.backends.close)
        for name in ("IMAP", "SUBMISSION", "IMAP_STARTTLS", "SUBMISSION_STARTTLS", "METRICS"):
            demo.variables[f"FAULTS_{name}"] = str(free_port())
        cls.own = own_postern.OwnPostern([cls.teacher, cls.pupil, *(case.user for case in cls.cases)])
        cls.addClassCleanup(cls.own.close)
        cls.own.configure(CONFIGURATION.replace("$faulty", "".join(case.settings() for case in cls.cases))
                          .replace("$rules", "".join(case.rule() for case in cls.cases)))
        cls.own.start()
        for user in (cls.teacher, cls.pupil):
            demo.canary(user, own_postern.PASSWORD)
            cls.log_in("IMAP", user).socket.close()
            cls.log_in("SUBMISSION", user).socket.close()

    @staticmethod
    def log_in(protocol, user):
        """A client that is in."""
        if protocol == "IMAP":
            client = wire.Imap("FAULTS_IMAP")
            reply = client.command("a", f"LOGIN {user} {own_postern.PASSWORD}")
            assert reply.startswith("a OK"), reply
            return client
        client = wire.Submission(port_name="FAULTS_SUBMISSION")
        client.command("EHLO tests.example")
        reply = client.command("AUTH PLAIN " + demo.plain(user, own_postern.PASSWORD))
        assert reply.startswith("235"), reply
        return client

    def open_files(self):
        return len(os.listdir(f"/proc/{self.own.process.pid}/fd"))

    def sessions(self):
        numbers = parse(get("/metrics", port_name="FAULTS_METRICS")[1])[0]
        return sum(value for (name, _), value in numbers.items() if name in ("postern_sessions", "postern_connections"))

    def is_left_clean(self, before):
        demo.eventually(lambda: self.sessions() == 0, "no session and no connection is left")
        demo.eventually(lambda: json.loads(self.own.run("who", "--json"))["total"] == 0, "nobody is in")
        demo.eventually(lambda: self.backends.open == 0, "no connection to a backend is left")
        demo.eventually(lambda: self.open_files() <= before, f"back to {before} descriptors")
        self.assertIsNone(self.own.process.poll())

    def run_all(self, attempt, cases):
        """Each in turn, many at once, while somebody else goes on. What went wrong."""
        demo.eventually(lambda: self.sessions() == 0 and self.backends.open == 0, "nobody is there before, and no check is under way")
        self.backends.met.clear()
        before = self.open_files()
        with Bystander(self.pupil) as bystander, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as crowd:
            begun = time.monotonic()
            wrong = [said for said in crowd.map(attempt, cases) if said]
            took = time.monotonic() - begun
        self.assertEqual(wrong, [])
        self.assertEqual([reply for reply in bystander.replies if not reply.startswith("a OK")], [])
        self.assertLess(bystander.slowest, ENOUGH)
        print(f"{len(cases)} faults in {took:.1f} s; meanwhile {len(bystander.replies)} logins of somebody else, the slowest "
              f"{bystander.slowest * 1000:.0f} ms", flush=True)
        self.is_left_clean(before)

    @staticmethod
    def timed(attempt):
        def run(case):
            begun = time.monotonic()
            try:
                said = attempt(case)
            except (OSError, ssl.SSLError, AssertionError) as error:
                said = repr(error)
            took = time.monotonic() - begun
            if not said and took > ENOUGH:
                said = f"took {took:.1f} s"
            return f"{case}: {said}" if said else None
        return run

    def test_of_backends(self):
        self.run_all(lambda case: demo.eventually(lambda: self.reach_backend(case), "its backend is reached")[0], self.cases)

    def reach_backend(self, case):
        """What came of it; None when so many log in at once that it was not asked."""
        said = self.timed(self.meet_backend)(case)
        return (said,) if case.port in self.backends.met else None

    def meet_backend(self, case):
        """None, or what went wrong."""
        if case.step == "relay":
            return self.meet_backend_after_login(case)
        if case.protocol == "imap":
            with wire.Imap("FAULTS_IMAP") as client:
                reply = client.command("a", f"LOGIN {case.user} {own_postern.PASSWORD}")
                after = client.command("b", "NOOP")
            good = reply.startswith("a NO [UNAVAILABLE] ") and after.startswith("b OK")
        else:
            with wire.Submission(port_name="FAULTS_SUBMISSION") as client:
                client.command("EHLO tests.example")
                reply = client.command("AUTH PLAIN " + demo.plain(case.user, own_postern.PASSWORD))
                after = client.command("NOOP")
            good = reply.startswith("454 4.7.0 ") and after.startswith("250")
        return None if good else reply + after

    def meet_backend_after_login(self, case):
        with self.log_in(case.protocol.upper(), case.user) as client:
            client.send("b STATUS INBOX (MESSAGES)\r\n" if case.protocol == "imap" else f"MAIL FROM:<{case.user}>\r\n")
            with contextlib.suppress(ConnectionResetError):
                client.rest()

    def test_of_clients(self):
        protocols = [(protocol, tls, step, fault) for protocol in ("IMAP", "SUBMISSION") for tls in ("", "_STARTTLS")
                     for step in range(len(self.steps(protocol, tls))) for fault in FAULTS[:-1]]
        self.run_all(self.timed(self.be_a_client), protocols)

    def steps(self, protocol, tls):
        """What a client does; each step is done when it has its answer, the last of a list is not waited for."""
        begin = [b""] if not tls else [b"", b"s STARTTLS\r\n" if protocol == "IMAP" else b"STARTTLS\r\n"]
        plain = demo.plain(self.teacher, own_postern.PASSWORD)
        if protocol == "IMAP":
            log_in = f"a LOGIN {self.teacher} {own_postern.PASSWORD}\r\n"
            ways = [["a NOOP\r\n"], ["a LOGIN {5}\r\n"], ["a AUTHENTICATE PLAIN\r\n"], ["a AUTHENTICATE LOGIN\r\n", "eA==\r\n"],
                    [log_in, None], [log_in], [log_in, "b SELECT INBOX\r\n"], [log_in, "b APPEND INBOX {100}\r\n", "Subject: x\r\n", None]]
        else:
            hello, log_in = "EHLO tests.example\r\n", f"AUTH PLAIN {plain}\r\n"
            ways = [[hello], [hello, "AUTH PLAIN\r\n"], [hello, "AUTH LOGIN\r\n", "eA==\r\n"], [hello, log_in, None], [hello, log_in],
                    [hello, log_in, f"MAIL FROM:<{self.teacher}>\r\n"],
                    [hello, log_in, f"MAIL FROM:<{self.teacher}>\r\n", f"RCPT TO:<{self.teacher}>\r\n", "DATA\r\n", "Subject: x\r\n", None]]
        before_tls = [begin[:count] for count in range(len(begin) + 1)]
        within_tls = [[*begin, ssl.SSLContext, *way] for way in [[], *ways]]
        return before_tls + within_tls

    def be_a_client(self, case):
        """Goes as far as the step, fails there, and sees to it that postern ends the connection if it is still open."""
        protocol, tls, step, fault = case
        with wire.Wire(f"FAULTS_{protocol}{tls}", plaintext=True) as client:
            client.timeout = ENOUGH
            client.socket.settimeout(ENOUGH)
            self.go_as_far(client, self.steps(protocol, tls)[step], protocol, is_greeted_in_clear=bool(tls))
            self.fail_as(client, fault)

    @staticmethod
    def go_as_far(client, way, protocol, is_greeted_in_clear):
        """None in a way: what is before it is not waited for."""
        for turn, after in zip(way, [*way[1:], ""]):
            if turn is None:
                return
            if turn == b"":
                if is_greeted_in_clear:
                    client.line()
            elif turn is ssl.SSLContext:
                client.start_tls()
                if not is_greeted_in_clear:
                    client.line()
            else:
                client.send(turn)
                if after is not None:
                    Faults.hear_answer(client, protocol)

    @staticmethod
    def hear_answer(client, protocol):
        while line := client.line():
            if line[3:4] != "-" if protocol == "SUBMISSION" else not line.startswith("* "):
                return
        raise AssertionError("the connection ended instead of an answer")

    @staticmethod
    def fail_as(client, fault):
        half = b"a NOO" if client.tls else b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            if fault.startswith("half"):
                client.send(half)
            elif fault == "garbage":
                client.send(GARBAGE)
            elif fault == "long line":
                for _ in range(LONG_TIMES):
                    client.send(LONG)
            if fault in ("silence", "half and silence", "garbage", "long line"):
                client.rest()
        if fault == "reset":
            reset(client.socket)


if __name__ == "__main__":
    unittest.main()
