"""The same bytes before login to nginx' mail proxy and to postern, both before the demo's Dovecot and Postfix. What is answered
differently stands in docs/differences-from-nginx.md, and nothing else does."""

import concurrent.futures
import http.server
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import demo
import own_postern
import wire
from nginx_streams import AWAY, ODD_PASSWORD, START_TLS, imap_streams, smtp_streams, starttls_streams
from test_processes import free_port

TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "differences-from-nginx.md"
WAYS = ("by turns", "in one write", "byte by byte")

POSTERN = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth:
  failure_delay: 50ms
  password_hash: {memory_kib: 8192, passes: 1}
  lockout: {free_failures: 100, closed_at: 1000, source_burst: 10000}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {login_timeout: 20s}
listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $imap}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $smtp}
  - {name: imap, protocol: imap, tls: starttls, address: 127.0.0.1, port: $imap_starttls}
  - {name: submission, protocol: submission, tls: starttls, address: 127.0.0.1, port: $smtp_starttls}
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  smtp: {protocol: submission, host: 127.0.0.1, port: $RELAY_SMTP_PORT, tls: none, login: xclient}
  imap-away: {protocol: imap, host: 127.0.0.1, port: 1, tls: none, login: password}
  smtp-away: {protocol: submission, host: 127.0.0.1, port: 1, tls: none, login: xclient}
routing:
  rules:
    - {name: imap away, when: {protocol: imap, user: $away}, backend: imap-away}
    - {name: smtp away, when: {protocol: submission, user: $away}, backend: smtp-away}
  default: {imap: dovecot, submission: smtp}
"""

NGINX = """
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log info;
events {{ worker_connections 512; }}
mail {{
    server_name mail.example.org;
    auth_http 127.0.0.1:{auth}/;
    timeout 4s;
    proxy_timeout 4s;
    imap_auth plain login;
    smtp_auth plain login;
    ssl_certificate {tls}/server.pem;
    ssl_certificate_key {tls}/server.key;
    server {{ listen 127.0.0.1:{imap} ssl; protocol imap; }}
    server {{ listen 127.0.0.1:{smtp} ssl; protocol smtp; }}
    server {{ listen 127.0.0.1:{imap_starttls}; protocol imap; starttls only; }}
    server {{ listen 127.0.0.1:{smtp_starttls}; protocol smtp; starttls only; }}
}}
"""


class Authorities(http.server.ThreadingHTTPServer):
    """nginx' `auth_http`: who may come in, and where to. The master's password takes the place of the user's for Dovecot."""

    def __init__(self, passwords):
        self.passwords = passwords
        self.master = (pathlib.Path(demo.get("DEMO_DIR")) / "postern" / "master-password").read_text().strip()
        super().__init__(("127.0.0.1", 0), Question)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, protocol, user, password):
        if self.passwords.get(user) != password:
            return {"Auth-Status": "Invalid login or password", "Auth-Wait": "1"}
        if user == AWAY:
            return {"Auth-Status": "OK", "Auth-Server": "127.0.0.1", "Auth-Port": "1"}
        if protocol == "imap":
            return {"Auth-Status": "OK", "Auth-Server": "127.0.0.1", "Auth-Port": demo.get("BACKEND_IMAP_PORT"),
                    "Auth-User": user + "*postern", "Auth-Pass": self.master}
        return {"Auth-Status": "OK", "Auth-Server": "127.0.0.1", "Auth-Port": demo.get("RELAY_SMTP_PORT")}


class Question(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        said = {name: urllib.parse.unquote(self.headers.get(name, "")) for name in ("Auth-Protocol", "Auth-User", "Auth-Pass")}
        self.send_response(200)
        for name, value in self.server.answer(*said.values()).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class Proxy:
    """One of the two, by its ports: a name of `wire`'s for each."""

    def __init__(self, name, ports):
        self.name = name
        for port, number in ports.items():
            demo.variables[f"{name}_{port}"] = str(number)

    def answers(self, stream, way):
        """What it says to a stream, classified, until it ends the connection."""
        with wire.Wire(f"{self.name}_{stream.port}", plaintext=stream.port.endswith("_starttls")) as client:
            client.socket.settimeout(60)
            said = [self.line(client)]
            try:
                self.talk(client, stream, way, said)
            except (OSError, ssl.SSLError):
                pass  # it has hung up before all was said; what it said is still to be read
            while said[-1]:
                said.append(self.line(client))
        return stream.classify(said)

    def talk(self, client, stream, way, said):
        if way == "in one write":
            client.send(b"".join(stream.turns))
        elif way == "byte by byte":
            for byte in b"".join(stream.turns):
                client.send(bytes([byte]))
        else:
            for turn in stream.turns[:-1]:
                if turn is START_TLS:
                    client.start_tls()
                    continue
                client.send(turn)
                while said[-1] and (said.append(self.line(client)) or not stream.is_answer(said[-1])):
                    pass
            client.send(stream.turns[-1])

    @staticmethod
    def line(client):
        try:
            return client.line()
        except (OSError, ssl.SSLError):
            return ""


def rows():
    """Of the table: what nginx and postern say to a stream, by its name."""
    found = {}
    for line in TABLE.read_text().splitlines():
        if cells := re.match(r"\| `((?:imap|smtp): .+?)` \| (.*?) \| (.*?) \| (.+) \| (.+) \|$", line):
            assert cells[1] not in found, f"twice: {cells[1]}"
            found[cells[1]] = (cells[2], cells[3])
    return found


class Differential(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="postern-nginx."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        user = demo.get("TEACHER")
        odd = "odd." + user
        cls.own = own_postern.OwnPostern([user, AWAY])
        cls.addClassCleanup(cls.own.close)
        passwords = dict([demo.canary(user, own_postern.PASSWORD), demo.canary(AWAY, own_postern.PASSWORD), demo.canary(odd, ODD_PASSWORD)])
        cls.postern = Proxy("POSTERN", cls.start_postern(odd))
        cls.nginx = Proxy("NGINX", cls.start_nginx(passwords))
        cls.streams = [*imap_streams(user, own_postern.PASSWORD, odd), *smtp_streams(user, own_postern.PASSWORD),
                       *starttls_streams(user, own_postern.PASSWORD)]

    @staticmethod
    def ports():
        return {name: free_port() for name in ("imap", "smtp", "imap_starttls", "smtp_starttls")}

    @classmethod
    def start_postern(cls, odd):
        ports = cls.ports()
        cls.own.configure(POSTERN, away=AWAY, **ports)
        cls.own.run("store", "migrate")
        quoted = ODD_PASSWORD.replace('"', '""')
        cls.own.run("account", "import", "-", stdin=f'login,password\n{odd},"{quoted}"\n')
        cls.own.start()
        return ports

    @classmethod
    def start_nginx(cls, passwords):
        authorities = Authorities(passwords)
        cls.addClassCleanup(authorities.server_close)
        cls.addClassCleanup(authorities.shutdown)
        ports = cls.ports()
        file = cls.folder / "nginx.conf"
        file.write_text(NGINX.format(folder=cls.folder, tls=cls.own.tls, auth=authorities.server_address[1], **ports))
        with (cls.folder / "nginx.out").open("w") as output:
            process = subprocess.Popen(["/usr/sbin/nginx", "-p", cls.folder, "-e", cls.folder / "nginx.log", "-c", file],
                                       stdout=output, stderr=output)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        demo.eventually(lambda: process.poll() is not None or demo.listens(ports["smtp_starttls"]), "nginx listens")
        assert process.poll() is None, (cls.folder / "nginx.log").read_text() + (cls.folder / "nginx.out").read_text()
        return ports

    def gather(self):
        """(nginx, postern) for each stream and way."""
        asked = [(stream, way) for stream in self.streams for way in WAYS if way == "by turns" or START_TLS not in stream.turns]
        with concurrent.futures.ThreadPoolExecutor(128) as crowd:
            both = [(crowd.submit(self.nginx.answers, *each), crowd.submit(self.postern.answers, *each)) for each in asked]
        return {(stream.name, way): tuple(answers.result() for answers in pair) for (stream, way), pair in zip(asked, both)}

    def test_what_differs_is_explained_and_what_is_explained_differs(self):
        found = self.gather()
        self.assertEqual(len({stream.name for stream in self.streams}), len(self.streams), "names are unique")
        differences, moved = {}, {}
        for (name, way), (nginx, postern) in found.items():
            by_turns = found[name, "by turns"]
            if postern != by_turns[1]:
                moved[name, way] = (by_turns[1], postern)
            if way == "by turns" and nginx != postern:
                differences[name] = (nginx, postern)
            elif way != "by turns" and nginx != by_turns[0]:
                differences[f"{name}, {way}"] = (nginx, postern)
        self.assertEqual(moved, {}, "postern answers the same however the bytes come")
        self.assertEqual(rows(), differences)
        print(f"{len(self.streams)} streams, {len(found)} dialogues with each: {len(differences)} differ, all of them explained", flush=True)


if __name__ == "__main__":
    unittest.main()
