"""What other servers fell to (docs/known-attacks.md), as far as only the whole program can show that postern does not."""

import pathlib
import socket
import ssl
import subprocess
import threading
import time
import unittest
import warnings

import demo
import own_postern
import wire
from faulty_backend import FaultyBackends
from nginx_streams import in_base64
from test_processes import free_port

PORTS = ("ATTACKS_FIRST", "ATTACKS_SECOND", "ATTACKS_PROXIED", "ATTACKS_SMTP")
NEW_PASSWORD = "canary-newer-Pa55word"
LOGINS = 200  # of somebody, while others send what is no base64

CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth:
  failure_delay: 50ms
  password_hash: {memory_kib: 8192, passes: 1}
  lockout: {free_failures: 100, closed_at: 1000, source_burst: 10000}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
limits: {handshake_timeout: 2s, login_attempts: 100}
listeners:
  - {name: first, protocol: imap, address: 127.0.0.1, port: $ATTACKS_FIRST, default_domain: first.example}
  - {name: second, protocol: imap, address: 127.0.0.1, port: $ATTACKS_SECOND, default_domain: second.example}
  - {name: proxied, protocol: imap, address: 127.0.0.1, port: $ATTACKS_PROXIED, proxies: [127.0.0.3]}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $ATTACKS_SMTP}
backends:
  dovecot: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PORT, tls: none, login: master_user, master_user: postern,
            master_password: {file: $DEMO_DIR/postern/master-password}}
  other: {protocol: imap, host: 127.0.0.1, port: $BACKEND_IMAP_PROXIED_PORT, proxy_header: true, tls: none, login: master_user,
          master_user: postern, master_password: {file: $DEMO_DIR/postern/master-password}}
  smtp: {protocol: submission, host: 127.0.0.1, port: $RELAY_SMTP_PORT, tls: none, login: xclient}
$old
routing:
  rules:
    - {name: second, when: {protocol: imap, domain: second.example}, backend: other}
$rules
  default: {imap: dovecot, submission: smtp}
"""


def server_context(folder, versions, ciphers):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "rsa.pem", folder / "rsa.key")
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = versions
    return context


class Attacks(unittest.TestCase):
    old = {"tls-1-1": (ssl.TLSVersion.TLSv1_1, "ALL"), "no-secrecy": (ssl.TLSVersion.TLSv1_2, "kRSA"),
           "cbc": (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-SHA256"), "good": (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256")}

    @classmethod
    def setUpClass(cls):
        cls.domain = demo.get("MAIL_DOMAIN")
        cls.teacher, cls.pupil, cls.admin = demo.get("TEACHER"), demo.get("PUPIL"), demo.get("ADMIN")
        cls.users = {name: f"{name}@{cls.domain}" for name in cls.old}
        cls.own = own_postern.OwnPostern([cls.teacher, cls.pupil, cls.admin, "same@first.example", *cls.users.values()])
        cls.addClassCleanup(cls.own.close)
        cls.start_old_backends()
        for name in PORTS:
            demo.variables[name] = str(free_port())
        settings = "".join(f"  {name}: {{protocol: imap, host: 127.0.0.1, port: {port}, tls: implicit, tls_name: localhost, "
                           f"ca_file: $folder/rsa.pem, login: password}}\n" for name, port in cls.ports.items())
        rules = "".join(f"    - {{name: {name}, when: {{protocol: imap, user: \"{user}\"}}, backend: {name}}}\n"
                        for name, user in cls.users.items())
        cls.own.configure(CONFIGURATION.replace("$old", settings).replace("$rules", rules))
        cls.own.run("store", "migrate")
        cls.own.run("account", "import", "-", stdin="login,password,state\n" + f"same@second.example,{NEW_PASSWORD},active\n" +
                    "".join(f"{state}@{cls.domain},{own_postern.PASSWORD},{state}\n" for state in ("suspended", "provisional")))
        cls.own.run("account", "add", f"nopassword@{cls.domain}", "--no-password")
        for user in (cls.teacher, cls.pupil, cls.admin, "same@first.example", f"suspended@{cls.domain}", f"provisional@{cls.domain}"):
            demo.canary(user, own_postern.PASSWORD)
        for user in (cls.admin, "same@second.example"):
            demo.canary(user, NEW_PASSWORD)
        cls.own.start()

    @classmethod
    def start_old_backends(cls):
        """With a certificate for RSA, as ciphers without forward secrecy want one."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", cls.own.folder / "rsa.key", "-out",
                        cls.own.folder / "rsa.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        cls.backends = FaultyBackends()
        cls.contexts = {name: server_context(cls.own.folder, *how) for name, how in cls.old.items()}
        cls.ports = {name: cls.backends.add("imap", "implicit", context=context) for name, context in cls.contexts.items()}
        cls.backends.start()
        cls.addClassCleanup(cls.backends.close)

    def imap(self, port_name="ATTACKS_FIRST", source=""):
        client = wire.Wire(port_name, source)
        self.addCleanup(client.socket.close)
        client.line()
        return client

    def submission(self, source=""):
        client = wire.Submission(source, "ATTACKS_SMTP")
        self.addCleanup(client.socket.close)
        client.command("EHLO tests.example")
        return client

    @staticmethod
    def say(client, *lines):
        """Each when the one before is answered; the last answer."""
        for line in lines:
            client.send(line + "\r\n")
            answer = client.line()
        return answer

    def log_in(self, user, password=own_postern.PASSWORD, port_name="ATTACKS_FIRST", source=""):
        with wire.Wire(port_name, source) as client:
            client.line()
            return self.say(client, f"a LOGIN {user} {password}")

    def last_login(self, account):
        return demo.eventually(lambda: [line for line in self.own.lines("login") if line["account"] == account],
                               f"a login of {account}")[-1]

    # Wrong identity

    def test_a_bare_name_is_somebody_else_at_each_listener(self):
        for _ in range(2):  # the second time it is remembered
            for port_name, account, password, backend in (("ATTACKS_FIRST", "same@first.example", own_postern.PASSWORD, "dovecot"),
                                                          ("ATTACKS_SECOND", "same@second.example", NEW_PASSWORD, "other")):
                self.assertIn("a OK", self.log_in("same", password, port_name))
                self.assertEqual(self.last_login(account)["backend"], backend)
        self.assertIn("a NO", self.log_in("same", NEW_PASSWORD, "ATTACKS_FIRST"))
        self.assertIn("a NO", self.log_in("same", own_postern.PASSWORD, "ATTACKS_SECOND"))

    def test_what_is_remembered_of_a_password_is_of_one_account(self):
        def everywhere(user, password):
            """Codes of logins by both protocols from two places, twice each."""
            answers = []
            for source in ("127.0.0.21", "127.0.9.22") * 2:
                answers.append(self.log_in(user, password, source=source)[:4])
                answers.append(self.submission(source).command("AUTH PLAIN " + demo.plain(user, password))[:3])
            return set(answers)

        self.assertEqual(everywhere(self.admin, own_postern.PASSWORD), {"a OK", "235"})
        self.assertEqual(everywhere(self.pupil, own_postern.PASSWORD), {"a OK", "235"})
        self.own.run("account", "passwd", self.admin, "--password-file", "-", stdin=NEW_PASSWORD + "\n")
        self.assertEqual(everywhere(self.admin, own_postern.PASSWORD), {"a NO", "535"})
        self.assertEqual(everywhere(self.pupil, own_postern.PASSWORD), {"a OK", "235"})
        self.assertEqual(everywhere(self.pupil, NEW_PASSWORD), {"a NO", "535"})
        self.assertEqual(everywhere(self.admin, NEW_PASSWORD), {"a OK", "235"})

    def test_id_says_nothing_about_where_a_client_is(self):
        client = self.imap(source="127.0.0.77")
        claim = 'ID ("name" "x" "x-originating-ip" "192.0.2.99" "x-connected-ip" "192.0.2.99" "x-session-id" "stolen")'
        client.send(f"a {claim}\r\n")
        while not client.line().startswith("a OK"):
            pass
        self.assertIn("b OK", self.say(client, f"b LOGIN {self.teacher} {own_postern.PASSWORD}"))
        client.send(f"c {claim}\r\nd LOGOUT\r\n")
        client.rest()
        demo.eventually(lambda: self.last_login(self.teacher)["client"] == "127.0.0.77", "the log tells where the client really is")
        demo.logged("DOVECOT_LOG", "rip=127.0.0.77, ")
        self.assertNotIn("rip=192.0.2.99", demo.log_text("DOVECOT_LOG"))

    def test_a_client_certificate_is_not_asked_for(self):
        tls = pathlib.Path(self.own.tls)
        for version in ("-tls1_2", "-tls1_3"):
            done = demo.run("openssl", "s_client", "-connect", f"127.0.0.1:{demo.get('ATTACKS_FIRST')}", version, "-msg", "-quiet", "-cert",
                            str(tls / "server.pem"), "-key", str(tls / "server.key"), stdin="a AUTHENTICATE EXTERNAL =\r\nb LOGOUT\r\n")
            self.assertIn("ServerHello", done.stdout)
            self.assertNotIn("CertificateRequest", done.stdout)
            self.assertIn("a NO", done.stdout)

    # Every mechanism

    def mechanisms(self, user, password):
        """For each, the answer, and that to a second try on the same connection, by somebody who may."""
        name, secret = (in_base64(text) for text in (user, password))
        plain = demo.plain(user, password)
        for lines in ([f"a LOGIN {user} {password}"], [f"a AUTHENTICATE PLAIN {plain}"], ["a AUTHENTICATE PLAIN", plain],
                      ["a AUTHENTICATE LOGIN", name, secret], [f"a AUTHENTICATE LOGIN {name}", secret]):
            client = self.imap()
            yield self.say(client, *lines), self.say(client, f"b LOGIN {self.teacher} {own_postern.PASSWORD}")[:4]
        for lines in ([f"AUTH PLAIN {plain}"], ["AUTH PLAIN", plain], ["AUTH LOGIN", name, secret], [f"AUTH LOGIN {name}", secret]):
            client = self.submission()
            yield self.say(client, *lines), self.say(client, "AUTH PLAIN " + demo.plain(self.teacher, own_postern.PASSWORD))[:3]

    def test_every_mechanism_gets_every_answer(self):
        for user, password, imap, submission in (
                (self.teacher, "wrong", "a NO [AUTHENTICATIONFAILED]", "535 5.7.8"),
                ("nobody@" + self.domain, "x", "a NO [AUTHENTICATIONFAILED]", "535 5.7.8"),
                ("nopassword@" + self.domain, "x", "a NO [AUTHENTICATIONFAILED]", "535 5.7.8"),
                ("suspended@" + self.domain, own_postern.PASSWORD, "a NO [CONTACTADMIN]", "525 5.7.13"),
                ("provisional@" + self.domain, own_postern.PASSWORD, "a NO [CONTACTADMIN]", "535 5.7.8")):
            for first, second in self.mechanisms(user, password):
                with self.subTest(user=user, answer=first):
                    self.assertTrue(first.startswith((imap, submission)), first)
                    self.assertIn(second, ("b OK", "235"), "nothing is left of the try before")
        for first, _ in self.mechanisms(self.pupil, own_postern.PASSWORD):
            self.assertRegex(first, "^(a OK|235 2.7.0) ")

    def test_bad_base64_is_its_senders_matter(self):
        is_over = threading.Event()
        sent = [0] * 4

        def attack(number):
            while not is_over.is_set():
                with wire.Wire("ATTACKS_FIRST", f"127.0.0.{30 + number}") as client:
                    client.line()
                    client.send("a AUTHENTICATE PLAIN\r\n!\r\nb AUTHENTICATE LOGIN\r\n====\r\nc AUTHENTICATE PLAIN\r\nAA\r\n")
                    sent[number] += client.rest().count(b" BAD ")
        attackers = [threading.Thread(target=attack, args=(number,)) for number in range(len(sent))]
        for attacker in attackers:
            attacker.start()
        try:
            answers = {self.log_in(self.pupil)[:4] for _ in range(LOGINS)}
        finally:
            is_over.set()
            for attacker in attackers:
                attacker.join()
        print(f"{LOGINS} logins beside {sum(sent)} responses that are no base64", flush=True)
        self.assertEqual(answers, {"a OK"})
        self.assertGreater(sum(sent), LOGINS)

    # The ends of a PROXY header

    def test_a_proxy_header_has_107_bytes_at_the_most(self):
        for length, accepted in ((107, True), (108, False)):
            header = b"PROXY UNKNOWN " + b"x" * (length - 16) + b"\r\n"
            self.assertEqual(len(header), length)
            with self.subTest(length=length):
                if accepted:
                    with wire.Wire("ATTACKS_PROXIED", "127.0.0.3", header) as client:
                        self.assertIn("* OK", client.line())
                else:
                    with self.assertRaises((ssl.SSLError, OSError)):
                        wire.Wire("ATTACKS_PROXIED", "127.0.0.3", header)

    def test_a_slow_proxy_header_has_the_time_of_the_handshake(self):
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", demo.port("ATTACKS_PROXIED")), 30, ("127.0.0.3", 0)) as balancer:
            balancer.settimeout(0.2)  # so that all of it would take nine seconds
            for byte in b"PROXY TCP4 192.0.2.80 127.0.0.1 50001 143\r\n":
                try:
                    balancer.sendall(bytes([byte]))
                    if not balancer.recv(1):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        self.assertLess(time.monotonic() - begun, 6)

    # TLS towards backends

    def can_be_connected_to(self, name):
        context = ssl.create_default_context(cafile=self.own.folder / "rsa.pem")
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        with socket.create_connection(("127.0.0.1", self.ports[name]), 30) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as client:
            return client.version()

    def test_a_backend_without_good_tls_gets_no_login(self):
        for name in self.old:
            with self.subTest(backend=name):
                self.assertEqual(self.can_be_connected_to(name), "TLSv1.1" if name == "tls-1-1" else "TLSv1.2")
                answer = self.log_in(self.users[name])
                self.assertRegex(answer, "^a OK " if name == "good" else r"^a NO \[UNAVAILABLE\] ")
                if name != "good":
                    line = self.last_login(self.users[name])
                    self.assertEqual(line["reason"], "backend_unreachable")
                    self.assertIn("TLS: ", line["detail"])


if __name__ == "__main__":
    unittest.main()
