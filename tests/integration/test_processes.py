"""Several postern processes on one PostgreSQL: a budget is one budget, whoever asks whom, and whoever dies."""

import concurrent.futures
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import demo
import wire

GUESSES = 256
BUDGET = 5  # free failures, and the one that begins the first wait

CONFIGURATION = """
server: {{hostname: mail.example.org}}
log: {{format: json}}
store:
  postgresql: {{host: {socket}, user: postern, database: postern}}
auth:
  failure_delay: 50ms
  password_queue: 1000
  password_hash: {{memory_kib: 8192, passes: 1}}
  lockout: {{first_wait: 1h}}
tls: {{certificate: {certificate}, key: {key}}}
listeners:
  - {{name: imaps, protocol: imap, address: 127.0.0.1, port: {port}}}
backends:
  nowhere: {{protocol: imap, host: 127.0.0.1, port: 1, tls: none, login: password}}
routing: {{default: {{imap: nowhere}}}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SharedBudget(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-processes."))
        cls.script = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lib" / "postgresql_for_tests"
        subprocess.run([cls.script, "start", cls.folder], check=True, capture_output=True)
        cls.socket = (cls.folder / "socket").read_text().strip()
        subprocess.run(["psql", "-h", cls.socket, "-U", "postern", "-d", "postgres", "-qc", "CREATE DATABASE postern"], check=True)
        cls.processes = []

    @classmethod
    def tearDownClass(cls):
        for process, _ in cls.processes:
            process.kill()
            process.wait()
        subprocess.run([cls.script, "stop", cls.folder], check=True, capture_output=True)
        shutil.rmtree(cls.folder)

    def configuration(self):
        port = free_port()
        file = self.folder / f"postern-{port}.yaml"
        tls = pathlib.Path(demo.get("DEMO_DIR")) / "tls"
        file.write_text(CONFIGURATION.format(socket=self.socket, certificate=tls / "server.pem", key=tls / "server.key", port=port))
        return file, port

    def postern(self, *arguments, stdin=None):
        done = demo.postern(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stdout)

    def serve(self):
        file, port = self.configuration()
        log = (self.folder / f"{port}.log").open("w")
        process = subprocess.Popen([demo.get("POSTERN_BINARY"), "serve", "--config", file], stdout=log, stderr=log)
        self.processes.append((process, port))
        demo.eventually(lambda: process.poll() is not None or '"ready"' in (self.folder / f"{port}.log").read_text(), "postern serves")
        self.assertIsNone(process.poll(), (self.folder / f"{port}.log").read_text())
        demo.variables[f"PROCESS_{port}"] = str(port)
        return process, port

    def guess(self, port, password):
        """What the answer's code is."""
        with wire.Imap(f"PROCESS_{port}") as client:
            reply = client.login("a", "victim", password)
        return reply.split("[", 1)[1].split("]", 1)[0] if "[" in reply else reply.strip()

    def test_guesses_at_two_processes_grant_exactly_one_budget(self):
        file, _ = self.configuration()
        self.postern("store", "migrate", "--config", str(file))
        self.postern("account", "add", "victim", "--password-file", "-", "--config", str(file), stdin="the right one\n")
        first, first_port = self.serve()
        _, second_port = self.serve()
        with concurrent.futures.ThreadPoolExecutor(64) as crowd:
            answers = list(crowd.map(lambda i: self.guess((first_port, second_port)[i % 2], f"wrong {i}"), range(GUESSES)))
        looked_at = answers.count("AUTHENTICATIONFAILED")
        print(f"{GUESSES} parallel wrong guesses at two processes: {looked_at} looked at, {answers.count('UNAVAILABLE')} throttled")
        self.assertEqual(looked_at, BUDGET, answers)
        self.assertEqual(answers.count("UNAVAILABLE"), GUESSES - BUDGET, answers)

        _, third_port = self.serve()
        self.assertEqual(self.guess(third_port, "one more"), "UNAVAILABLE", "a process that starts later knows")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        for port in (second_port, third_port):
            self.assertEqual(self.guess(port, f"after the kill {port}"), "UNAVAILABLE", "the death of one changes nothing")
        left = subprocess.run(["psql", "-h", self.socket, "-U", "postern", "-d", "postern", "-Atc",
                               "SELECT n FROM bucket WHERE kind = 'untrusted'"], check=True, capture_output=True, text=True)
        self.assertEqual(left.stdout.strip(), str(BUDGET))
