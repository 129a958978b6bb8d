"""The proxies that are measured beside each other, each private to a run: on loopback, in a folder of its own, as whoever runs this."""

import collections
import contextlib
import json
import grp
import itertools
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import string
import subprocess
import time

DOMAIN = "bench.example.org"
WEB_HOST = f"autoconfig.{DOMAIN}"
AUTOCONFIG = f"/mail/config-v1.1.xml?emailaddress=anne@{DOMAIN}"
PASSWORD = "bench-Pa55word"


class Unusable(Exception):
    """A peer cannot be measured here; the row says why."""


def is_free(port):
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports():
    """Below the range that connections take their ports from."""
    for number in range(21000, 32000):
        if is_free(number):
            yield number
    raise Unusable("no port is free")


ports = free_ports()
numbers = itertools.count()


def listens(port):
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def most_sessions():
    """Of a proxy: each has two descriptors."""
    return min(60_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 300) // 2)


class Pinned:
    """Which processor the proxy has for itself, and which the clients and the backend share. One processor is for all."""

    def __init__(self):
        processors = sorted(os.sched_getaffinity(0))
        self.all = set(processors)
        self.proxy = {processors[0]} if len(processors) > 1 else self.all
        self.others = self.all - self.proxy or self.all


class Stage:
    """What all peers share: the folder, certificates, users, and the backend."""

    def __init__(self, folder, build, users):
        self.folder, self.build, self.pinned = folder, build, Pinned()
        self.load, self.attack = (build / "tests/bench/load" / program for program in ("bench_load", "bench_attack"))
        self.write_users(users)
        self.tls = folder / "tls"
        self.make_certificate()
        self.backends = []
        self.backend_ports = self.start_backend()

    def start_backend(self):
        """Its ports."""
        backend = subprocess.Popen(
            [self.build / "tests/bench/load/bench_backend", "--imap", "0", "--imaps", "0", "--smtp", "0", "--nginx-auth", "0",
             "--certificate", self.tls / "server.pem", "--key", self.tls / "server.key"],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, self.pinned.others))
        self.backends.append(backend)
        return json.loads(backend.stdout.readline())

    def write_users(self, count):
        self.users = [f"user{number}@{DOMAIN}" for number in range(count)]
        self.users_file = self.folder / f"users{count}"
        self.users_file.write_text("".join(f"{user} {PASSWORD}\n" for user in self.users))

    @contextlib.contextmanager
    def few_users(self, count):
        """For peers that begin meanwhile and are slow."""
        before = self.users, self.users_file
        self.write_users(count)
        try:
            yield
        finally:
            self.users, self.users_file = before

    def make_certificate(self):
        """An authority and a server certificate of its own, P-256."""
        self.tls.mkdir(mode=0o755)
        names = ",".join(f"DNS:{name}" for name in ("localhost", DOMAIN, WEB_HOST)) + ",IP:127.0.0.1"
        (self.tls / "extensions").write_text(f"basicConstraints=CA:FALSE\nsubjectAltName={names}\n")

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=self.tls, check=True, capture_output=True)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key, "-days", "30", "-subj", "/CN=bench authority", "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", *key, "-subj", f"/CN={DOMAIN}", "-keyout", "server.key", "-out", "server.csr")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "1", "-days", "30",
                "-extfile", "extensions", "-out", "server.pem")
        (self.tls / "both.pem").write_text((self.tls / "server.pem").read_text() + (self.tls / "server.key").read_text())

    def close(self):
        for backend in self.backends:
            backend.kill()
            backend.wait()
            backend.stdout.close()


class Peer:
    """A proxy. Its ports are `imap`, `submission` and `https`, None where it has none."""
    name = program = ""
    has_https = False
    patience = 60  # seconds for its start
    environment = {}

    def __init__(self, stage, backend_ports=None):
        """Without `backend_ports` before the backend that all share."""
        self.stage, self.process = stage, None
        self.backend_ports = backend_ports or stage.backend_ports
        self.folder = stage.folder / f"peer{next(numbers)}"
        self.imap, self.submission, self.metrics = next(ports), next(ports), next(ports)
        self.https = next(ports) if self.has_https else None

    def configuration(self):
        raise NotImplementedError

    def command(self, file):
        raise NotImplementedError

    def prepare(self, file):
        """What is to be done once, before the first start."""

    def fill_in(self, template, **more):
        return string.Template(template).substitute(
            folder=self.folder, tls=self.stage.tls, imap=self.imap, submission=self.submission, https=self.https, metrics=self.metrics,
            domain=DOMAIN, web_host=WEB_HOST, backend_imap=self.backend_ports["imap"], backend_imaps=self.backend_ports["imaps"],
            backend_smtp=self.backend_ports["smtp"], nginx_auth=self.backend_ports["nginx_auth"], sessions=most_sessions(), **more)

    def start(self):
        if shutil.which(self.program) is None and not pathlib.Path(self.program).exists():
            raise Unusable(f"{self.program} is not installed")
        file = self.folder / "configuration"
        if not self.folder.exists():
            self.folder.mkdir(mode=0o755)
            file.write_text(self.configuration())
            self.prepare(file)
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(self.command(file), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=os.environ | self.environment, preexec_fn=lambda: os.sched_setaffinity(0, self.processors()))
        deadline = time.monotonic() + self.patience
        while not all(listens(port) for port in (self.imap, self.submission, self.https) if port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Unusable("does not start: " + " ".join((self.folder / "output").read_text(errors="replace").split())[-300:])
            time.sleep(0.05)

    def processors(self):
        return self.stage.pinned.proxy

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for process in reversed(self.processes()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def processes(self):
        """The ids of all its processes, the first one first."""
        children = collections.defaultdict(list)
        for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                children[parent].append(int(status.parent.name))
        found = [self.process.pid]
        for process in found:
            found += children[process]
        return found


class Postern(Peer):
    """With what it does in earnest: accounts, routing rules, limits, metrics and a log line for each login and session."""
    name = "postern"
    has_https = True
    threads = 1
    tls_behind = False

    def __init__(self, stage, backend_ports=None):
        super().__init__(stage, backend_ports)
        self.program = str(stage.build / "app/postern")

    def processors(self):
        return self.stage.pinned.proxy if self.threads == 1 else self.stage.pinned.all

    def configuration(self):
        imap_backend = "port: $backend_imap, tls: none" if not self.tls_behind else "port: $backend_imaps, tls: implicit, tls_name: localhost, ca_file: $tls/ca.pem"
        return self.fill_in("""
server: {hostname: $domain, threads: $threads}
log: {format: json}
store: {sqlite: $folder/accounts.db}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {connections: $sessions, connections_per_address: $sessions, sessions_per_account: 10000, sessions_per_account_and_address: 9000}
submission: {messages_per_hour: 1000000, recipients_per_hour: 1000000}
groups: [teacher, staff]
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $imap, default_domain: $domain}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $submission, default_domain: $domain}
  - {name: https, protocol: https, address: 127.0.0.1, port: $https}
  - {name: metrics, protocol: metrics, address: 127.0.0.1, port: $metrics}
backends:
  mailboxes: {protocol: imap, host: 127.0.0.1, """ + imap_backend + """, login: master_user, master_user: master, master_password: {file: $folder/master}}
  archive: {protocol: imap, host: 127.0.0.1, port: $backend_imap, tls: none, login: password}
  relay: {protocol: submission, host: 127.0.0.1, port: $backend_smtp, tls: none, login: xclient}
routing:
  rules:
    - {name: archive, when: {protocol: imap, user: "*.retired@$domain"}, backend: archive}
    - {name: inside, when: {protocol: imap, group: staff, network: 10.40.0.0/16}, backend: archive}
    - {name: elsewhere, when: {protocol: imap, domain: college.example.org}, backend: archive}
    - {name: services, when: {protocol: submission, group: staff, network: 10.0.0.0/8}, backend: relay, senders: any}
  default: {imap: mailboxes, submission: relay}
domains:
  - name: $domain
    display_name: Bench
    imap: {hostname: imap.$domain, listener: imaps}
    submission: {hostname: smtp.$domain, listener: submissions}
""", threads=self.threads)

    def prepare(self, file):
        (self.folder / "master").write_text("master-password\n")
        people = "login,password,groups\n" + "".join(f"{user},{PASSWORD},teacher\n" for user in self.stage.users)
        for arguments, text in ((["store", "migrate"], ""), (["account", "import", "-"], people)):
            done = subprocess.run([self.program, *arguments, "--config", file], input=text, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Unusable(f"postern {arguments[0]}: {done.stderr or done.stdout}")

    def command(self, file):
        return [self.program, "serve", "--config", file]


class PosternTwoThreads(Postern):
    name = "postern, 2 threads"
    threads = 2


class PosternTlsBehind(Postern):
    name = "postern, TLS behind"
    tls_behind = True


class Nginx(Peer):
    """As Debian packages it, with Debian's session tickets and one worker."""
    name = "nginx"
    program = "/usr/sbin/nginx"
    has_https = True
    proxy_buffer = "4k"
    processes_setting = "worker_processes 1;"

    def configuration(self):
        return self.fill_in("""
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off; $processes pid $folder/pid; error_log $folder/error.log;
$user
events { worker_connections 65536; }
mail {
  server_name $domain; auth_http 127.0.0.1:$nginx_auth/; proxy_buffer $proxy_buffer; timeout 1h;
  ssl_certificate $tls/server.pem; ssl_certificate_key $tls/server.key; ssl_protocols TLSv1.3;
  imap_capabilities IMAP4rev1 LITERAL+ SASL-IR ID IDLE NAMESPACE;
  smtp_capabilities PIPELINING 8BITMIME "SIZE 104857600"; smtp_auth plain login;
  server { listen 127.0.0.1:$imap ssl backlog=4096; protocol imap; }
  server { listen 127.0.0.1:$submission ssl backlog=4096; protocol smtp; }
}
http {
  access_log $folder/access.log; types { text/xml xml; } client_body_temp_path $folder/body; proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi; uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  ssl_certificate $tls/server.pem; ssl_certificate_key $tls/server.key; ssl_protocols TLSv1.3;
  keepalive_requests 1000000000; sendfile on; tcp_nopush on;
  server { listen 127.0.0.1:$https ssl backlog=4096; root $folder/web; }
}
""", user=f"user {pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name};" if os.geteuid() == 0 else "", processes=self.processes_setting,
    proxy_buffer=self.proxy_buffer)

    def prepare(self, file):
        (self.folder / "web/mail").mkdir(parents=True)

    def serve_file(self, octets):
        (self.folder / "web" / AUTOCONFIG.partition("?")[0][1:]).write_bytes(octets)

    def command(self, file):
        return [self.program, "-c", file, "-e", self.folder / "error.log"]


class Nginx16k(Nginx):
    name = "nginx, 16k buffers"
    proxy_buffer = "16k"


class Haproxy(Peer):
    """TCP mode: it ends TLS, and knows nothing of mail."""
    name = "HAProxy"
    program = "/usr/sbin/haproxy"
    tls_behind = False

    def configuration(self):
        imap = "$backend_imap" if not self.tls_behind else "$backend_imaps ssl verify required verifyhost localhost ca-file $tls/ca.pem"
        return self.fill_in("""
global
  maxconn $sessions
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode tcp
  timeout connect 5s
  timeout client 2h
  timeout server 2h
listen imap
  bind 127.0.0.1:$imap ssl crt $tls/both.pem backlog 4096
  server backend 127.0.0.1:""" + imap + """
listen submission
  bind 127.0.0.1:$submission ssl crt $tls/both.pem backlog 4096
  server backend 127.0.0.1:$backend_smtp
""")

    def command(self, file):
        return [self.program, "-db", "-f", file]


class HaproxyTlsBehind(Haproxy):
    name = "HAProxy, TLS behind"
    tls_behind = True


class Dovecot(Peer):
    """Its imap-login and submission-login as proxies, one process each, with a password database that believes everybody."""
    name = "Dovecot"
    program = "/usr/sbin/dovecot"

    def configuration(self):
        name = pwd.getpwuid(os.getuid()).pw_name
        internal, login = ("dovecot", "dovenull") if os.geteuid() == 0 else (name, name)
        return self.fill_in("""
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/log
listen = 127.0.0.1
protocols = imap submission
default_internal_user = $internal
default_internal_group = $group
default_login_user = $login
ssl = required
ssl_min_protocol = TLSv1.2
ssl_cert = <$tls/server.pem
ssl_key = <$tls/server.key
ssl_client_ca_file = $tls/ca.pem
auth_mechanisms = plain login
hostname = $domain
submission_relay_host = 127.0.0.1
default_client_limit = 50000
service anvil {
  client_limit = 60000
}
service imap-login {
  chroot =
  service_count = 0
  process_min_avail = 1
  process_limit = 1
  client_limit = 45000
  vsz_limit = 0
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $imap
    ssl = yes
  }
}
service submission-login {
  chroot =
  service_count = 0
  process_min_avail = 1
  process_limit = 1
  client_limit = 45000
  inet_listener submission {
    port = 0
  }
  inet_listener submissions {
    port = $submission
    ssl = yes
  }
}
mail_max_userip_connections = 100000
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=%{if;%s;eq;imap;$backend_imap;$backend_smtp}
}
userdb {
  driver = static
  args = uid=$internal gid=$group home=$folder/home
}
""", internal=internal, login=login, group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name)

    def command(self, file):
        return [self.program, "-F", "-c", file]


# What OpenSSL finds in the processor that valgrind 3.19 shows on a machine with AVX2, without its random numbers (RDRAND, RDSEED).
ONE_PROCESSOR = {"OPENSSL_ia32cap": "0x3ffaf3ffffebffff:0x27aa"}


def callgrind(folder):
    """The beginning of a command whose instructions are counted from when that is asked for; they go to folder/callgrind.N."""
    if shutil.which("valgrind") is None:
        raise Unusable("valgrind is not installed")
    return ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/callgrind"]


def total_of(text):
    """The instructions that a file of callgrind's has."""
    return int(re.search(r"^totals: (\d+)", text, re.MULTILINE)[1])


def without_debugging_information(stage, program):
    """A copy: valgrind cannot read clang's."""
    stripped = stage.folder / f"{program.name}{next(numbers)}"
    subprocess.run(["strip", "--strip-debug", "-o", stripped, program], check=True)
    return stripped


class Counted:
    """A peer of one process that valgrind runs, to count its instructions in user mode. Very slow."""
    patience = 300
    environment = ONE_PROCESSOR
    counts = False

    def command(self, file):
        return [*callgrind(self.folder), *super().command(file)]

    def control(self, *action):
        done = subprocess.run(["callgrind_control", *action, str(self.process.pid)], capture_output=True, text=True, timeout=self.patience, check=False)
        if done.returncode or "OK" not in done.stdout:
            raise Unusable("callgrind_control: " + done.stdout + done.stderr)

    def count(self, load):
        """What `load()` gives, and how many instructions that took."""
        if not self.counts:
            self.control("--instr=on")
            self.counts = True
        before = set(self.folder.glob("callgrind.*"))
        self.control("--zero")
        result = load()
        self.control("--dump")
        written = (set(self.folder.glob("callgrind.*")) - before).pop()
        return result, total_of(written.read_text())


class CountedPostern(Counted, Postern):
    def __init__(self, stage):
        super().__init__(stage)
        self.program = str(without_debugging_information(stage, pathlib.Path(self.program)))


class CountedNginx(Counted, Nginx):
    processes_setting = "master_process off;"


class CountedHaproxy(Counted, Haproxy):
    pass
