"""What a metrics listener tells: counters that follow what happens, readiness, and nothing about anybody."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import tempfile
import unittest

import demo
import own_postern
import wire
from test_processes import free_port

repository = pathlib.Path(__file__).resolve().parents[2]

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? ([0-9.e+-]+|NaN|[+-]Inf)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"')


def get(path, method="GET", port_name="METRICS_PORT"):
    connection = http.client.HTTPConnection("127.0.0.1", demo.port(port_name), timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def parse(text):
    """{(name, labels): value}, and the names that were announced. Strict: a line that does not fit is an error."""
    numbers, announced = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            announced.add(line.split()[2])
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            if not sample:
                raise AssertionError(f"not a line of metrics: {line}")
            key = sample[1], frozenset(LABEL.findall(sample[2] or ""))
            if key in numbers:
                raise AssertionError(f"told twice: {line}")
            numbers[key] = float(sample[3])
    return numbers, announced


def number(name, port_name="METRICS_PORT", **labels):
    return parse(get("/metrics", port_name=port_name)[1])[0][name, frozenset(labels.items())]


def readiness(port_name="METRICS_PORT"):
    answer, body = get("/health/ready", port_name=port_name)
    return answer.status, json.loads(body)["checks"]


class Numbers(unittest.TestCase):
    def grows(self, amount, name, **labels):
        """`with self.grows(2, name, ...):` the number has grown by so much at the end, or soon after."""
        return Growth(amount, name, labels)

    def test_a_right_and_a_wrong_password_are_counted_apart(self):
        login = {"protocol": "imap"}
        with self.grows(1, "postern_logins_total", **login, outcome="accepted", reason="none"), \
                self.grows(1, "postern_logins_total", **login, outcome="refused", reason="wrong_credentials"), \
                self.grows(1, "postern_login_duration_seconds_count", **login, outcome="accepted"), \
                self.grows(1, "postern_backend_logins_total", backend="dovecot", server="127.0.0.1", outcome="accepted"), \
                self.grows(1, "postern_tls_handshakes_total", **login, version="TLSv1.3", outcome="succeeded"), \
                wire.Imap() as client:
            self.assertRegex(client.login("a", demo.get("TEACHER"), "canary-metrics-Pa55word"), "^a NO ")
            self.assertRegex(client.login("b", *demo.teacher()), "^b OK ")

    def test_submission_is_counted_apart_from_imap(self):
        with self.grows(1, "postern_logins_total", protocol="submission", outcome="accepted", reason="none"), \
                self.grows(0, "postern_logins_total", protocol="imap", outcome="accepted", reason="none"), \
                wire.Submission() as client:
            client.command("EHLO tests.example")
            self.assertRegex(client.login(*demo.admin()), "^235 ")

    def test_a_session_is_seen_while_it_lasts_and_its_bytes_as_they_move(self):
        sessions = {"name": "postern_sessions", "protocol": "imap"}
        demo.eventually(lambda: number(**sessions) == 0, "the sessions of other tests are over")
        with wire.Imap() as client:
            self.assertEqual(number(**sessions), 1)
            client.login("a", *demo.teacher())
            with self.grows(len("b NOOP\r\n"), "postern_relayed_bytes_total", protocol="imap", direction="from_client"):
                self.assertIn("b OK", client.command("b", "NOOP"))
        demo.eventually(lambda: number(**sessions) == 0, "the session is over")

    def test_commands_that_are_kept_from_a_backend_are_counted(self):
        with self.grows(1, "postern_refused_commands_total", protocol="imap"):
            with wire.Imap() as client:
                client.login("a", *demo.teacher())
                self.assertRegex(client.command("b", "UNAUTHENTICATE"), "^b BAD ")
                self.assertIn("c OK", client.command("c", "LOGOUT"))

    def test_a_handshake_that_fails_is_counted(self):
        with self.grows(1, "postern_tls_handshakes_total", protocol="imap", version="none", outcome="failed"):
            with socket.create_connection(("127.0.0.1", demo.port("IMAP_PORT")), timeout=30) as client:
                client.sendall(b"a LOGIN in clear\r\n")
                with contextlib.suppress(ConnectionResetError):
                    while client.recv(1000):
                        pass

    def test_answers_are_counted_by_their_class(self):
        with self.grows(1, "postern_http_requests_total", protocol="metrics", **{"class": "4xx"}):
            self.assertEqual(get("/nothing")[0].status, 404)


class Growth:
    def __init__(self, amount, name, labels):
        self.amount, self.name, self.labels = amount, name, labels

    def __enter__(self):
        self.before = number(self.name, **self.labels)

    def __exit__(self, kind, *_):
        if kind is None:
            demo.eventually(lambda: number(self.name, **self.labels) == self.before + self.amount,
                            f"{self.name} {self.labels} grows by {self.amount} from {self.before}")


class Page(unittest.TestCase):
    def test_it_has_the_type_that_prometheus_expects(self):
        answer, _ = get("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")

    def test_it_tells_exactly_what_is_documented(self):
        documented = re.findall(r"^\| `((?:postern|process)_[a-z_]+)` \|", (repository / "docs/operation.md").read_text(), re.M)
        self.assertEqual(parse(get("/metrics")[1])[1], set(documented))

    def test_it_names_nobody_and_nothing_that_a_client_sent(self):
        stranger = "canary-stranger-name"
        with wire.Imap() as client:
            self.assertRegex(client.login("a", f"{stranger}@{demo.get('MAIL_DOMAIN')}", "canary-metrics-Pa55word"), "^a NO ")
        get(f"/{stranger}", method="BREW")
        _, text = get("/metrics")
        for person in ("TEACHER", "ADMIN", "PUPIL", "SUSPENDED"):
            self.assertNotIn(demo.get(person).partition("@")[0], text)
        for word in (stranger, "@", demo.get("MAIL_DOMAIN"), "BREW"):
            self.assertNotIn(word, text)
        labels = {label for _, pairs in parse(text)[0] for label, _ in pairs}
        self.assertEqual(labels, {"protocol", "outcome", "reason", "direction", "version", "backend", "server", "class", "le"})

    def test_the_number_of_its_lines_does_not_grow_with_what_clients_do(self):
        lines = len(parse(get("/metrics")[1])[0])
        with wire.Imap() as client:
            client.login("a", "somebody-else", "canary-metrics-Pa55word")
            client.login("b", *demo.teacher())
        self.assertEqual(len(parse(get("/metrics")[1])[0]), lines)

    def test_other_paths_and_methods_get_nothing(self):
        for path in ("/", "/metrics/", "/health", "/mail/config-v1.1.xml"):
            self.assertEqual(get(path)[0].status, 404, path)
        answer, _ = get("/metrics", method="DELETE")
        self.assertEqual((answer.status, answer.getheader("Allow")), (405, "GET, HEAD"))
        answer, body = get("/metrics", method="HEAD")
        self.assertEqual((answer.status, body), (200, ""))

    def test_no_other_listener_serves_it(self):
        for url in (f"https://autoconfig.{demo.get('MAIL_DOMAIN')}", f"http://autoconfig.{demo.get('MAIL_DOMAIN')}"):
            port = demo.get("HTTPS_PORT" if url.startswith("https") else "HTTP_PORT")
            done = demo.run("curl", "--silent", "--cacert", demo.get("CAFILE"), "--connect-to", f"::127.0.0.1:{port}", f"{url}/metrics")
            self.assertNotIn("postern_", done.stdout)


class Health(unittest.TestCase):
    def test_the_process_says_that_it_lives(self):
        self.assertEqual(get("/health/live")[0].status, 200)

    def test_it_is_ready_only_while_every_routed_backend_is_up(self):
        well = (200, {"process": "ok", "store": "ok", "backends": "ok"})
        failed = {"protocol": "imap", "outcome": "failed", "reason": "backend_unreachable"}
        server = {"backend": "dovecot", "server": "127.0.0.1"}
        demo.eventually(lambda: readiness() == well, "it is ready")
        before = number("postern_logins_total", **failed)
        with demo.Down(demo.Dovecot()):
            with wire.Imap() as client:
                self.assertRegex(client.login("a", *demo.teacher()), r"^a NO \[UNAVAILABLE\] ")
            self.assertEqual(readiness(), (503, {**well[1], "backends": "no server is up of: dovecot"}))
            self.assertEqual(number("postern_backend_up", **server), 0)
            self.assertEqual(number("postern_ready"), 0)
            self.assertEqual(number("postern_logins_total", **failed), before + 1)
            self.assertEqual(get("/health/live")[0].status, 200)
        demo.eventually(lambda: readiness() == well, "it is ready again although nobody has logged in")
        self.assertEqual(number("postern_backend_up", **server), 1)


class OnItsOwn(unittest.TestCase):
    """A postern that is told of a service manager, and reads its configuration again."""

    CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $imap}
  - {name: metrics, protocol: metrics, address: 127.0.0.1, port: $metrics}
backends:
  $backend: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, check_interval: 1s}
routing: {default: {imap: $backend}}
"""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-notify."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(self.folder / "notify"))
        self.manager.settimeout(30)
        self.imap, metrics = free_port(), free_port()
        demo.variables["OWN_METRICS_PORT"] = str(metrics)
        self.postern = own_postern.OwnPostern([])
        self.ports = {"imap": self.imap, "metrics": metrics}
        self.postern.configure(self.CONFIGURATION, backend="first", **self.ports)
        os.environ["NOTIFY_SOCKET"] = str(self.folder / "notify")
        try:
            self.postern.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        self.is_closed = False
        self.addCleanup(self.close)

    def close(self):
        if not self.is_closed:
            self.is_closed = True
            self.postern.close()

    def states(self, *wanted):
        """What the service manager hears, until it is `wanted`."""
        heard = []
        while not set(wanted) <= set(heard):
            heard += self.manager.recv(4096).decode().split("\n")
        return heard

    def test_the_service_manager_hears_that_it_is_ready_and_that_it_stops(self):
        self.assertIn("READY=1", self.states("READY=1"))
        with wire.Imap("IMAP_PORT"):
            self.close()
        self.assertIn("STOPPING=1", self.states("STOPPING=1"))

    def test_the_service_manager_hears_who_takes_over(self):
        self.states("READY=1")
        self.postern.upgrade()
        main = f"MAINPID={self.postern.successor}"
        heard = self.states("READY=1", main)
        self.assertNotIn("STOPPING=1", heard)
        self.postern.wait_for_the_old_one()
        self.assertEqual(readiness("OWN_METRICS_PORT")[0], 200)
        self.close()
        # That of the old one would have come before.
        self.assertEqual(self.states("STOPPING=1").count("STOPPING=1"), 1)

    def test_numbers_go_on_and_follow_the_configuration_when_it_is_read_again(self):
        before = number("postern_tls_handshakes_total", "OWN_METRICS_PORT", protocol="imap", version="TLSv1.3", outcome="succeeded")
        demo.variables["OWN_PORT"] = str(self.imap)
        with wire.Imap("OWN_PORT"):
            self.assertEqual(number("postern_backend_up", "OWN_METRICS_PORT", backend="first", server="127.0.0.1"), 1)
            self.postern.configure(self.CONFIGURATION, backend="second", **self.ports)
            self.postern.reload()
            demo.eventually(lambda: number("postern_backend_up", "OWN_METRICS_PORT", backend="second", server="127.0.0.1") == 1,
                            "the backend of the new configuration is told")
        numbers, _ = parse(get("/metrics", port_name="OWN_METRICS_PORT")[1])
        self.assertNotIn(("postern_backend_up", frozenset({"backend": "first", "server": "127.0.0.1"}.items())), numbers)
        self.assertGreater(
            number("postern_tls_handshakes_total", "OWN_METRICS_PORT", protocol="imap", version="TLSv1.3", outcome="succeeded"), before)
        self.assertEqual(readiness("OWN_METRICS_PORT")[0], 200)


@unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
class Unit(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-unit."))
        self.addCleanup(shutil.rmtree, self.folder)
        text = (repository / "packaging/systemd/postern.service").read_text()
        self.assertIn("/usr/sbin/postern", text)
        self.unit = self.folder / "postern.service"
        self.unit.write_text(text.replace("/usr/sbin/postern", demo.get("POSTERN_BINARY")))

    def test_systemd_understands_the_unit(self):
        done = demo.run("systemd-analyze", "verify", self.unit)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, ""))

    def test_it_is_as_confined_as_the_documentation_says(self):
        done = demo.run("systemd-analyze", "security", "--offline=true", self.unit)
        exposure = re.search(r"Overall exposure level for postern.service: ([0-9.]+)", done.stdout)
        self.assertTrue(exposure, done.stdout)
        self.assertIn(f"gives it {exposure[1]} ", (repository / "docs/operation.md").read_text())


if __name__ == "__main__":
    unittest.main()
