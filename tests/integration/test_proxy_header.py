"""Dovecot hears from a PROXY header who the client is, in the clear and before STARTTLS."""

import unittest

import demo
import own_postern
import wire
from test_processes import free_port

CONFIGURATION = """
server: {hostname: mail.example.org}
log: {format: json}
store: {sqlite: $folder/store.db}
auth: {password_hash: {memory_kib: 8192, passes: 1}}
tls: {certificate: $tls/server.pem, key: $tls/server.key}
listeners: [{name: imaps, protocol: imap, address: 127.0.0.1, port: $port}]
backends:
  dovecot:
    protocol: imap
    host: 127.0.0.1
    port: $BACKEND_IMAP_PROXIED_PORT
    check_interval: 500ms
    proxy_header: $says
    tls: $how
    $trust
    login: master_user
    master_user: postern
    master_password: {file: $DEMO_DIR/postern/master-password}
routing: {default: {imap: dovecot}}
"""


class ProxyHeader(unittest.TestCase):
    def start(self, **how):
        self.user, self.port = demo.get("TEACHER"), free_port()
        self.own = own_postern.OwnPostern([self.user])
        self.addCleanup(self.own.close)
        self.own.configure(CONFIGURATION, port=self.port, **how)
        self.own.start()

    def login_from(self, source):
        demo.variables["OWN_PORT"] = str(self.port)
        client = wire.Wire("OWN_PORT", source)
        self.addCleanup(client.socket.close)
        client.line()
        demo.canary(self.user, own_postern.PASSWORD)
        client.send(f'a LOGIN "{self.user}" "{own_postern.PASSWORD}"\r\n')
        return client.line()

    def is_known(self, source):
        self.assertTrue(self.login_from(source).startswith("a OK"))
        demo.logged("DOVECOT_LOG", f"rip={source}, ")

    def test_in_the_clear(self):
        self.start(says="true", how="none", trust="")
        self.is_known("127.0.0.61")
        self.assertFalse(self.own.lines("backend_down"), "checks say a header, too")

    def test_before_starttls(self):
        self.start(says="true", how="starttls", trust="ca_file: $DEMO_DIR/tls/ca.pem\n    tls_name: localhost".replace(
            "$DEMO_DIR", demo.get("DEMO_DIR")))
        self.is_known("127.0.0.62")

    def test_nobody_gets_in_without_one(self):
        self.start(says="false", how="none", trust="")
        self.assertRegex(self.login_from("127.0.0.63"), r"^a NO \[UNAVAILABLE\]")


if __name__ == "__main__":
    unittest.main()
