"""What runs out or breaks around postern is the matter of those who need it, while it lasts: memory, descriptors, the disk, the store,
names of servers."""

import concurrent.futures
import contextlib
import os
import pathlib
import resource
import shutil
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest

import demo
import own_postern
import wire
from faulty_backend import reset
from test_processes import free_port

MIB = 1024 * 1024

LISTENERS = """
server: {hostname: mail.example.org, control_socket: $folder/control}
log: {format: json}
auth: {password_hash: {memory_kib: 8192, passes: 1}, failure_delay: 50ms}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {handshake_timeout: 1m, login_timeout: 10m, connections_per_address: 0, sessions_per_account_and_address: 0,
         half_closed_timeout: 1s}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $ISOLATION_IMAP}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $ISOLATION_SMTP}
"""
SERVERS = """
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  smtp: {protocol: submission, host: 127.0.0.1, port: $RELAY_SMTP_PORT, tls: none, login: xclient}
"""
ROUTING = "routing: {default: {imap: dovecot, submission: smtp}}\n"
NAMED_SERVERS = """
  named: {protocol: imap, host: localhost, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
          master_password: {file: $DEMO_DIR/postern/master-password}}
""" + "".join(f"  nowhere{number}: {{protocol: imap, host: mail{number}.nowhere.example, port: 993, connect_timeout: 1s, "
              "check_interval: 1s}\n" for number in range(4))
NAMED_ROUTING = """
routing:
  rules:
    - {name: nowhere, when: {protocol: imap, user: $PUPIL}, backend: nowhere0}
    - {name: named, when: {protocol: imap, user: $ADMIN}, backend: named}
  default: {imap: dovecot, submission: smtp}
"""
SQLITE = "store: {sqlite: $folder/store.db}\n"


def more_descriptors(test_class):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    test_class.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))


class Isolation(unittest.TestCase):
    """A postern of one's own, with helpers. No tests."""

    configuration = LISTENERS + SQLITE + SERVERS + ROUTING

    @classmethod
    def setUpClass(cls):
        more_descriptors(cls)
        for name in ("IMAP", "SMTP"):
            demo.variables[f"ISOLATION_{name}"] = str(free_port())
        cls.teacher, cls.pupil, cls.admin = demo.get("TEACHER"), demo.get("PUPIL"), demo.get("ADMIN")
        cls.stranger = f"stranger@{demo.get('MAIL_DOMAIN')}"  # who has never been here, so nothing is remembered for him
        users = [cls.teacher, cls.pupil, cls.admin, cls.stranger]
        for user in users:
            demo.canary(user, own_postern.PASSWORD)
        cls.own = own_postern.OwnPostern(users)
        cls.addClassCleanup(cls.own.close)
        cls.own.configure(cls.configuration)
        cls.start()

    @classmethod
    def start(cls):
        cls.own.start()

    def skip_with_sanitizer(self, why):
        program = pathlib.Path(demo.get("POSTERN_BINARY")).read_bytes()
        if any(name in program for name in (b"__asan_init", b"__tsan_init")):
            self.skipTest("postern is built with a sanitizer: " + why)

    @property
    def process(self):
        return self.own.process.pid

    def connect(self):
        client = wire.Imap("ISOLATION_IMAP")
        self.addCleanup(client.socket.close)
        return client

    @staticmethod
    def ask_for_login(client, user):
        """The reply, and how many seconds it took."""
        begun = time.monotonic()
        reply = client.command("a", f"LOGIN {user} {own_postern.PASSWORD}")
        return reply, time.monotonic() - begun

    def try_to_log_in(self, user):
        """The same, of a client who leaves then."""
        with wire.Imap("ISOLATION_IMAP") as client:
            return self.ask_for_login(client, user)

    def log_in(self, user):
        client = self.connect()
        self.assertRegex(self.ask_for_login(client, user)[0], "^a OK ")
        return client

    def goes_on(self, client):
        self.assertRegex(client.command("n", "STATUS INBOX (MESSAGES)"), "^n OK ")

    def comes_back(self, user):
        """Logs in as soon as that is possible again; how many seconds that took."""
        begun = time.monotonic()
        demo.eventually(lambda: self.try_to_log_in(user)[0].startswith("a OK "), "logins work again", 30)
        return time.monotonic() - begun

    def memory(self):
        """What of it is resident, in bytes."""
        return int(pathlib.Path(f"/proc/{self.process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process}/fd"))

    def seconds_of_cpu(self):
        fields = pathlib.Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def limited(self, what, soft):
        """postern under a limit that is lower for a while."""
        before = resource.prlimit(self.process, what)
        resource.prlimit(self.process, what, (soft, before[1]))
        try:
            yield
        finally:
            resource.prlimit(self.process, what, before)


class Memory(Isolation):
    clients, cancelled, handshakes = 1000, 100_000, 10_000

    def setUp(self):
        self.skip_with_sanitizer("its own memory is most of what the process has")

    @contextlib.contextmanager
    def grows_by_less_than(self, mib, what):
        before = self.memory()
        yield
        grown = (self.memory() - before) / MIB
        print(f"{what}: {grown:.1f} MiB", flush=True)
        self.assertLess(grown, mib, what)

    def fill(self, count):
        """Clients that have sent all that postern keeps of what does not end."""
        kinds = [("IMAP", b"a LOGIN x " + b"y" * 8000), ("IMAP", b"a LOGIN {4000+}\r\n" + b"x" * 4000 + b" {4000+}\r\n" + b"y" * 3999),
                 ("IMAP", b"a AUTHENTICATE PLAIN\r\n" + b"A" * 12000), ("SMTP", b"EHLO x\r\nAUTH LOGIN\r\n" + b"A" * 12000)]
        clients = []
        for number in range(count):
            port, text = kinds[number % len(kinds)]
            client = wire.Wire(f"ISOLATION_{port}")
            client.line()
            client.send(text)
            clients.append(client)
        return clients

    def test_of_clients_that_never_end_what_they_say(self):
        for client in self.fill(100):
            client.socket.close()
        with self.grows_by_less_than(64, "the rest when they are gone"):
            with self.grows_by_less_than(128, f"{self.clients} clients that never end a line, a literal or an exchange"):
                clients = self.fill(self.clients)
                self.goes_on(self.log_in(self.teacher))
            with self.grows_by_less_than(16, "what they say beyond the limits"):
                for client in clients:
                    with contextlib.suppress(OSError, ssl.SSLError):
                        client.send(b"z" * 65536)
                for client in clients:
                    with contextlib.suppress(OSError, ssl.SSLError):
                        client.rest()
                    client.socket.close()

    def cancel(self, client, times):
        batch = 200
        for _ in range(times // batch):
            client.send(b"a AUTHENTICATE PLAIN\r\n*\r\n" * batch)
            answers = 0
            while answers < batch:
                answers += client.line().startswith("a BAD")

    def test_of_cancelled_exchanges(self):
        with self.connect() as client:
            self.cancel(client, 2000)
            with self.grows_by_less_than(4, f"{self.cancelled} cancelled exchanges"):
                self.cancel(client, self.cancelled)

    def first_words(self):
        """A client's first message of TLS, and the name in it."""
        name = b"n00000.names.example"
        said = ssl.MemoryBIO()
        client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname=name.decode())
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return said.read(), name

    def begin_handshakes(self, numbers, waits):
        hello, name = self.first_words()
        for number in numbers:
            with socket.create_connection(("127.0.0.1", demo.port("ISOLATION_IMAP")), 30) as client:
                client.sendall(hello.replace(name, b"n%05d.names.example" % number) if waits else hello[:number % len(hello)])
                if waits:
                    client.recv(1)
                reset(client)

    def test_of_handshakes_that_are_broken_off(self):
        self.begin_handshakes(range(500), True)
        with self.grows_by_less_than(8, f"{self.handshakes} names that clients ask for"):
            self.begin_handshakes(range(self.handshakes), True)
        with self.grows_by_less_than(8, f"{self.handshakes} handshakes that end within the client's first message"):
            self.begin_handshakes(range(self.handshakes), False)
        self.goes_on(self.log_in(self.teacher))


class Exhausted(Isolation):
    def test_without_descriptors_sessions_go_on_and_nobody_spins(self):
        self.skip_with_sanitizer("it opens pipes to look at memory, and takes it for a fault when it cannot")
        session, waiting = self.log_in(self.teacher), self.connect()
        with self.limited(resource.RLIMIT_NOFILE, self.open_files() + 8):
            crowd = [socket.create_connection(("127.0.0.1", demo.port("ISOLATION_IMAP"))) for _ in range(40)]
            demo.eventually(lambda: self.own.says("accept_failed"), "it has no descriptor left")
            reply, took = self.ask_for_login(waiting, self.pupil)
            self.assertRegex(reply, r"^a NO \[UNAVAILABLE\] ")
            begun = self.seconds_of_cpu()
            time.sleep(2)
            spent = self.seconds_of_cpu() - begun
            self.goes_on(session)
            for client in crowd:
                client.close()
            back = self.comes_back(self.pupil)
        print(f"without descriptors: a login is refused after {took:.1f} s, {spent:.2f} s of CPU in 2 s, logins work {back:.1f} s later")
        self.assertLess(spent, 0.5)
        self.goes_on(session)

    def test_on_a_full_disk_sessions_and_remembered_logins_go_on(self):
        session = self.log_in(self.teacher)
        with self.limited(resource.RLIMIT_FSIZE, 1):
            self.assertRegex(self.try_to_log_in(self.pupil)[0], r"^a NO \[UNAVAILABLE\] ")
            self.assertRegex(self.try_to_log_in(self.teacher)[0], "^a OK ", "nothing is to be written for him")
            self.goes_on(session)
        self.comes_back(self.pupil)
        before = len(self.own.lines("login"))
        self.log_in(self.pupil)
        demo.eventually(lambda: len(self.own.lines("login")) > before, "the log is written again")
        self.goes_on(session)
        self.no_guess_is_counted()

    def test_with_a_locked_store_remembered_logins_go_on(self):
        session = self.log_in(self.teacher)
        with contextlib.closing(sqlite3.connect(self.own.folder / "store.db", timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with concurrent.futures.ThreadPoolExecutor(1) as somebody:
                refused = somebody.submit(self.try_to_log_in, self.admin)
                while not refused.done():
                    reply, took = self.try_to_log_in(self.teacher)
                    self.assertRegex(reply, "^a OK ")
                    self.assertLess(took, 3)
                    self.goes_on(session)
            self.assertRegex(refused.result()[0], r"^a NO \[UNAVAILABLE\] ")
            self.assertLess(refused.result()[1], 15)
            other.execute("ROLLBACK")
        print(f"with a locked store: refused after {refused.result()[1]:.1f} s, back after {self.comes_back(self.admin):.1f} s", flush=True)
        self.no_guess_is_counted()

    def test_without_memory_a_right_password_is_not_called_wrong(self):
        self.skip_with_sanitizer("it needs an address space without limits")
        session = self.log_in(self.teacher)
        size = int(pathlib.Path(f"/proc/{self.process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        with self.limited(resource.RLIMIT_AS, size + 4 * MIB):
            self.assertRegex(self.try_to_log_in(self.stranger)[0], r"^a NO \[UNAVAILABLE\] ", "8 MiB are needed to look at his password")
            self.assertRegex(self.try_to_log_in(self.teacher)[0], "^a OK ")
            self.goes_on(session)
        self.comes_back(self.stranger)
        self.goes_on(session)
        self.no_guess_is_counted()

    def no_guess_is_counted(self):
        with contextlib.closing(sqlite3.connect(self.own.folder / "store.db", timeout=30)) as store:
            self.assertEqual(store.execute("SELECT count(*) FROM bucket WHERE kind = 'untrusted' AND n > 0").fetchall(), [(0,)])


class Server(Isolation):
    """PostgreSQL goes away and comes back."""

    configuration = LISTENERS + "store: {postgresql: {host: $ISOLATION_SOCKET, user: postern, database: postern}}\n" + SERVERS + ROUTING

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-isolation."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.control("start")
        cls.addClassCleanup(cls.control, "stop")
        demo.variables["ISOLATION_SOCKET"] = (cls.folder / "socket").read_text().strip()
        cls.ask("CREATE DATABASE postern", "postgres")
        super().setUpClass()

    @classmethod
    def control(cls, what):
        script = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lib" / "postgresql_for_tests"
        subprocess.run([script, what, cls.folder], check=True, capture_output=True)

    @staticmethod
    def ask(question, database="postern"):
        return subprocess.run(["psql", "-h", demo.get("ISOLATION_SOCKET"), "-U", "postern", "-d", database, "-Atqc", question], check=True,
                              capture_output=True, text=True).stdout.strip()

    def test_without_a_store_sessions_go_on_and_logins_come_back(self):
        session = self.log_in(self.teacher)
        self.control("pause")
        for user in (self.teacher, self.pupil):
            reply, took = self.try_to_log_in(user)
            self.assertRegex(reply, r"^a NO \[UNAVAILABLE\] ")
            self.assertLess(took, 5)
            self.goes_on(session)
        self.control("resume")
        print(f"without PostgreSQL: refused after {took:.1f} s, back after {self.comes_back(self.pupil):.1f} s", flush=True)
        self.goes_on(session)
        self.assertEqual(self.ask("SELECT count(*) FROM bucket WHERE kind = 'untrusted' AND n > 0"), "0")


class Names(Isolation):
    """A server of names that never answers: postern gets one of its own, on an address of this host."""

    configuration = LISTENERS + SQLITE + SERVERS + NAMED_SERVERS + NAMED_ROUTING

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can keep silent on port 53 and give postern a resolv.conf of its own")
        cls.silent = cls.enterClassContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        cls.silent.bind(("127.0.0.53", 53))
        super().setUpClass()

    @classmethod
    def start(cls):
        names = cls.own.folder / "resolv.conf"
        names.write_text("nameserver 127.0.0.53\noptions timeout:3 attempts:1\n")
        cls.own.start(through=["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', names])

    def test_a_name_without_an_answer_is_the_matter_of_its_users_alone(self):
        session = self.log_in(self.teacher)
        for _ in range(3):
            for user in (self.teacher, self.admin):
                reply, took = self.try_to_log_in(user)
                self.assertRegex(reply, "^a OK ")
                self.assertLess(took, 2, f"{user} is at a server whose name is known, or has no name")
            reply, took = self.try_to_log_in(self.pupil)
            self.assertRegex(reply, r"^a NO \[UNAVAILABLE\] ")
            self.assertLess(took, 5)
            self.goes_on(session)
        self.assertTrue(self.silent.recv(512), "it was asked")


if __name__ == "__main__":
    unittest.main()
