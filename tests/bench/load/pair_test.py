#!/usr/bin/env python3
"""usage: pair_test.py BENCH_LOAD BENCH_BACKEND BENCH_ATTACK: the clients and the server of the benchmark understand each other."""

import contextlib
import http.server
import imaplib
import json
import pathlib
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

LOAD, BACKEND, ATTACK = sys.argv[1:4]
MESSAGE = 3_000_000


class Pair(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="postern-pair.")))
        (cls.folder / "users").write_text("anne@example.org secret-1\npaul@example.org secret-2\n")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:localhost", "-keyout", cls.folder / "key", "-out", cls.folder / "pem"],
                       check=True, capture_output=True)
        cls.server = cls.enterClassContext(contextlib.closing(Ended(
            [BACKEND, "--imap", "0", "--imaps", "0", "--smtp", "0", "--nginx-auth", "0", "--certificate", cls.folder / "pem", "--key", cls.folder / "key"])))
        cls.ports = json.loads(cls.server.process.stdout.readline())

    def load(self, mode, port, *options):
        command = [LOAD, mode, "--port", str(self.ports[port]), "--users", self.folder / "users", "--ca", self.folder / "pem", *options]
        done = subprocess.run(command if port == "imaps" else [*command, "--plain"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual((result["errors"], result["first_error"]), (0, ""))
        return result

    def test_full_logins_are_counted_to_the_last(self):
        result = self.load("login", "imaps", "--count", "50", "--concurrency", "8")
        self.assertEqual((result["operations"], result["handshakes"], result["resumed"]), (50, 50, 0))

    def test_all_but_the_first_login_of_a_client_are_resumed(self):
        result = self.load("login", "imaps", "--count", "50", "--concurrency", "4", "--resume")
        self.assertEqual((result["operations"], result["resumed"]), (50, 46))

    def test_a_server_of_another_authority_is_an_error(self):
        command = [LOAD, "login", "--port", str(self.ports["imaps"]), "--users", self.folder / "users", "--count", "1",
                   "--ca", "/etc/ssl/certs/ca-certificates.crt"]
        result = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
        self.assertEqual(result["operations"], 0)
        self.assertGreater(result["errors"], 0)

    def test_submission_moves_whole_messages(self):
        for size in (0, 78, 1000, MESSAGE):
            result = self.load("submit", "smtp", "--count", "5", "--octets", str(size))
            self.assertEqual((result["operations"], result["octets"]), (5, 5 * (size // 78 * 78)))

    def test_download_and_upload_move_every_octet(self):
        for port in ("imap", "imaps"):
            for mode in ("fetch", "append"):
                result = self.load(mode, port, "--count", "5", "--octets", str(MESSAGE))
                self.assertEqual((result["operations"], result["octets"]), (5, 5 * MESSAGE))

    def test_round_trips_are_timed_one_by_one(self):
        result = self.load("roundtrip", "imap", "--count", "100")
        self.assertEqual(result["operations"], 100)
        self.assertLess(0, result["microseconds"]["p50"])
        self.assertLessEqual(result["microseconds"]["p50"], result["microseconds"]["p99"])

    def test_idle_sessions_are_held_and_answer_when_asked(self):
        command = [LOAD, "idle", "--port", str(self.ports["imaps"]), "--users", self.folder / "users", "--ca", self.folder / "pem",
                   "--sessions", "100", "--concurrency", "10", "--octets", "5000", "--sources", "3"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            held = json.loads(client.stdout.readline())
            self.assertEqual((held["event"], held["held"], held["octets"], held["errors"]), ("held", 100, 500_000, 0))
            client.stdin.write("check\n")
            client.stdin.flush()
            checked = json.loads(client.stdout.readline())
            self.assertEqual((checked["event"], checked["operations"], checked["errors"]), ("checked", 100, 0))
            client.stdin.close()
            self.assertEqual(client.wait(60), 0)

    def test_sessions_begin_at_a_steady_rate(self):
        result = self.load("login", "imaps", "--count", "20", "--rate", "40", "--concurrency", "100")
        self.assertEqual(result["operations"], 20)
        self.assertGreater(result["seconds"], 19 / 40)
        self.assertLessEqual(result["microseconds"]["p99"], result["microseconds"]["max"])

    def attack(self, port, *options):
        return subprocess.Popen([ATTACK, "--port", str(port), "--users", self.folder / "users", "--ca", self.folder / "pem", *options],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def told(self, attack, until):
        """What it says when that first holds."""
        while True:
            attack.stdin.write("\n")
            attack.stdin.flush()
            told = json.loads(attack.stdout.readline())
            if until(told):
                return told

    def test_guesses_are_sent_and_their_answers_counted(self):
        with self.attack(self.ports["imaps"], "--guesses", "200", "--guess-sources", "7") as attack:
            told = self.told(attack, lambda told: sum(told["guesses"]["answers"].values()) >= 50)["guesses"]
            self.assertEqual([answer.split()[0] for answer in told["answers"]], ["OK"])  # it believes everybody
            self.assertGreaterEqual(told["sent"], 50)
            self.assertEqual((told["ungreeted"], told["unanswered"]), (0, 0))
            attack.stdin.close()
            self.assertEqual(attack.wait(60), 0)

    def test_a_guesser_whose_connection_is_ended_takes_another(self):
        with Refusing(self.folder) as server, self.attack(server.port, "--guesses", "50") as attack:
            told = self.told(attack, lambda told: told["guesses"]["answers"].get("NO [AUTHENTICATIONFAILED] no", 0) >= 6)["guesses"]
            self.assertGreaterEqual(told["connections"], 3)
            attack.stdin.close()
            self.assertEqual(attack.wait(60), 0)

    def test_connections_that_say_nothing_are_opened_again(self):
        with socket.create_server(("127.0.0.1", 0)) as server, self.attack(server.getsockname()[1], "--silent", "3", "--stalled", "2") as attack:
            first = [server.accept() for _ in range(5)]
            sources = [address.rpartition(".")[0] for _, (address, _) in first]
            self.assertEqual(len(set(sources)), 5)
            self.told(attack, lambda told: (told["silent"]["standing"], told["stalled"]["standing"]) == (3, 2))
            hellos = sorted(len(connection.recv(4096)) for connection, (address, _) in first if address.startswith("127.3."))
            self.assertEqual(hellos[0], hellos[1] // 2)
            for connection, _ in first:
                connection.close()
            again = [server.accept() for _ in range(5)]
            self.told(attack, lambda told: (told["silent"]["opened"], told["stalled"]["opened"]) == (6, 4))
            for connection, _ in again:
                connection.close()
            attack.stdin.close()
            self.assertEqual(attack.wait(60), 0)

    def test_requests_go_on_when_the_server_closes_connections(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            answered = 0

            def do_GET(self):
                self.answered += 1
                self.send_response(200)
                self.send_header("content-length", "1000")
                self.send_header("Connection", "close" if self.answered == 3 else "keep-alive")
                self.end_headers()
                self.wfile.write(b"x" * 1000)

            def log_message(self, *_):
                pass
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.ports["http"] = server.server_port
            result = self.load("http", "http", "--count", "12")
            server.shutdown()
        self.assertEqual((result["operations"], result["handshakes"], result["octets"]), (12, 4, 12_000))

    def test_nginx_is_told_where_to_go(self):
        for protocol, port in (("imap", "imap"), ("smtp", "smtp")):
            request = urllib.request.Request(f"http://127.0.0.1:{self.ports['nginx_auth']}/", method="GET")
            request.headers = {"Auth-Protocol": protocol}  # as nginx writes it; add_header() would change its capitals
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.assertEqual((answer.headers["Auth-Status"], answer.headers["Auth-Port"]), ("OK", str(self.ports[port])))

    def test_other_clients_understand_the_server(self):
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=10) as client:
            client.login("anne@example.org", 'with "quotes"')
            self.assertEqual(client.select()[0], "OK")
            self.assertEqual(client.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")[0], "OK")
            self.assertEqual(len(client.fetch("1", "(BODY.PEEK[]<0.200>)")[1][0][1]), 200)
        with imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=10) as client:
            client.authenticate("PLAIN", lambda _: b"\0anne\0secret")
            self.assertEqual(client.noop()[0], "OK")
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=10) as client:
            client.login("anne@example.org", "secret")
            client.sendmail("anne@example.org", "b@example.org", "Subject: x\r\n\r\n.\r\nx\r\n..\r\n")
            client.docmd("MAIL FROM:<anne@example.org>")
            client.send("BDAT 4\r\nabcdBDAT 4 LAST\r\nefgh")
            self.assertEqual([client.getreply()[0], client.getreply()[0], client.noop()[0]], [250, 250, 250])


class Refusing:
    """An IMAP server in TLS that refuses two logins on each connection and ends it."""

    def __init__(self, folder):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(folder / "pem", folder / "key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
                with self.context.wrap_socket(connection, server_side=True) as client:
                    client.sendall(b"* OK here\r\n")
                    for _ in range(2):
                        client.recv(4096)
                        client.sendall(b"in NO [AUTHENTICATIONFAILED] no\r\n")
                    client.sendall(b"* BYE enough\r\n")
            except ssl.SSLError:
                continue
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Ended:
    """A process that is ended at the end."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
