"""The program is replaced and reloaded under load: nobody is cut, nobody is refused."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import ssl
import time
import unittest

import demo
import own_postern
from test_processes import free_port
from test_reload import CONFIGURATION

SESSIONS = 1000
LOGINS_A_SECOND = 50
RELOADS = 20


class Client:
    """An IMAP session over TLS, one of many on one thread."""

    @classmethod
    async def connect(cls, port, context, source="127.0.0.1"):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost",
                                                                 local_addr=(source, 0))
        await self.reader.readline()
        return self

    async def command(self, text):
        self.writer.write(f"t {text}\r\n".encode())
        while True:
            line = await self.reader.readline()
            if line.startswith(b"t ") or not line:
                return line.decode()

    async def login(self, user):
        return await self.command(f'LOGIN "{user}" "{own_postern.PASSWORD}"')

    def close(self):
        self.writer.transport.abort()


class Upgrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))

    def setUp(self):
        self.user = demo.get("TEACHER")
        self.port = free_port()
        demo.canary(self.user, own_postern.PASSWORD)
        self.own = own_postern.OwnPostern([self.user])
        self.addCleanup(self.own.close)
        self.write("mail.example.org")
        self.own.start()
        self.context = ssl.create_default_context(cafile=demo.get("CAFILE"))

    def write(self, hostname, port=None):
        listener = f"{{name: imaps, protocol: imap, address: 127.0.0.1, port: {port or self.port}}}"
        self.own.configure(CONFIGURATION, listeners=listener, hostname=hostname, backend="dovecot", queue=256)

    def test_nobody_notices_twenty_reloads_and_an_upgrade(self):
        asyncio.run(self.live())

    async def live(self):
        sessions = await self.open_sessions()
        stop = asyncio.Event()
        load = asyncio.create_task(self.keep_logging_in(stop))
        for number in range(RELOADS):
            if number == RELOADS // 2:
                await asyncio.to_thread(self.own.upgrade)
            self.write(f"mail{number}.example.org")
            await asyncio.to_thread(self.own.reload)
        stop.set()
        took = await load
        replies = await asyncio.gather(*(session.command("NOOP") for session in sessions))
        dropped = [reply for reply in replies if not reply.startswith("t OK")]
        self.assertEqual(dropped, [])
        self.assertEqual(self.own.lines("reload_refused") + self.own.lines("upgrade_refused"), [])
        self.assertEqual(self.failures(), "[]")
        print(f"{len(sessions)} sessions, {len(took)} logins, {RELOADS} reloads, 1 upgrade: 0 dropped, 0 failed; "
              f"the slowest login took {max(took):.2f} s", flush=True)
        for session in sessions:
            session.close()
        await asyncio.to_thread(self.own.wait_for_the_old_one)

    def is_accepted(self, reply):
        if not reply.startswith("t OK"):
            self.fail(reply + self.failures())

    def failures(self):
        return str([line for line in self.own.lines("login") if line["outcome"] != "accepted"][:5])

    async def open_sessions(self):
        gate = asyncio.Semaphore(20)

        async def open_one():
            async with gate:
                session = await Client.connect(self.port, self.context)
                reply = await session.login(self.user)
                self.is_accepted(reply)
                return session
        return await asyncio.gather(*(open_one() for _ in range(SESSIONS)))

    async def keep_logging_in(self, stop):
        """New clients at a steady rate until it is to stop; how long each login took. Any failure is raised."""
        async def one():
            begun = time.monotonic()
            client = await Client.connect(self.port, self.context)
            reply = await client.login(self.user)
            self.is_accepted(reply)
            took = time.monotonic() - begun
            self.assertTrue((await client.command("NOOP")).startswith("t OK"))
            client.close()
            return took

        tasks, begun = [], time.monotonic()
        while not stop.is_set() or len(tasks) < 200:
            tasks.append(asyncio.create_task(one()))
            await asyncio.sleep(max(0, begun + len(tasks) / LOGINS_A_SECOND - time.monotonic()))
        return await asyncio.gather(*tasks)

    def test_a_successor_that_cannot_serve_changes_nothing(self):
        (self.own.tls / "server.key").rename(self.own.tls / "away")
        self.own.process.send_signal(signal.SIGUSR2)
        line = demo.eventually(lambda: self.own.lines("upgrade_refused"), "the log says so")[0]
        self.assertEqual(line["reason"], "it ended with status 1")
        (self.own.tls / "away").rename(self.own.tls / "server.key")
        self.own.imap(self.port, self.user).socket.close()
        self.assertEqual(self.own.reload()["listeners"], 1)

    def test_the_successor_gets_the_listening_sockets_alone(self):
        """A connection that is open in two processes would not end when one of them closes it."""
        def sockets(process):
            links = (os.readlink(f"/proc/{process}/fd/{number}") for number in os.listdir(f"/proc/{process}/fd"))
            return {link for link in links if link.startswith("socket:")}
        with self.own.imap(self.port, self.user):
            self.own.upgrade()
            with open("/proc/net/tcp", encoding="ascii") as table:
                lines = [line.split() for line in table][1:]
            established = {f"socket:[{line[9]}]" for line in lines if line[3] == "01"}
            mine = sockets(self.own.process.pid)
            self.assertTrue(mine & established, "the session, and its way to the backend")
            self.assertFalse(mine & established & sockets(self.own.successor))
        self.own.wait_for_the_old_one()

    def test_the_old_one_ends_with_its_successor(self):
        """So that whoever watches over it sees that nobody listens, and starts it anew."""
        with self.own.imap(self.port, self.user) as client:
            self.own.upgrade()
            os.kill(self.own.successor, signal.SIGKILL)
            self.assertIn(b"* BYE", client.rest())
        self.own.wait_for_the_old_one()
        self.assertTrue(self.own.lines("successor_ended"))
        self.own.successor = None

    def test_the_old_one_ends_its_last_sessions_in_time(self):
        text = CONFIGURATION.replace("server: {", "server: {drain_timeout: 300ms, ")
        self.own.configure(text, listeners=f"{{name: imaps, protocol: imap, address: 127.0.0.1, port: {self.port}}}",
                           hostname="mail.example.org", backend="dovecot", queue=256)
        self.own.reload()
        with self.own.imap(self.port, self.user) as client:
            self.own.upgrade()
            self.assertIn(b"* BYE", client.rest())
        self.own.wait_for_the_old_one()

    def test_who_is_still_in_the_old_one_can_be_seen_and_kicked(self):
        text = CONFIGURATION.replace("server: {", "server: {control_socket: $folder/control, ")
        self.own.configure(text, listeners=f"{{name: imaps, protocol: imap, address: 127.0.0.1, port: {self.port}}}",
                           hostname="mail.example.org", backend="dovecot", queue=256)
        self.own.reload()
        with self.own.imap(self.port, self.user) as old, contextlib.ExitStack() as ended:
            self.own.upgrade()
            new = ended.enter_context(self.own.imap(self.port, self.user))
            who = json.loads(self.own.run("who", "--json"))
            self.assertEqual({session["process"] for session in who["sessions"]}, {self.own.process.pid, self.own.successor})
            self.assertEqual(who["total"], 2)
            self.assertEqual(json.loads(self.own.run("kick", self.user, "--json")), {"sessions": 2})
            for client in (old, new):
                self.assertIn(b"* BYE", client.rest())
        self.own.wait_for_the_old_one()
        self.assertEqual([file.name for file in self.own.folder.glob("control*")], ["control"])
        self.assertEqual(json.loads(self.own.run("who", "--json")), {"sessions": [], "total": 0})

    def test_sockets_of_systemd_are_used(self):
        self.own.close()
        self.own = own_postern.OwnPostern([self.user])
        self.addCleanup(self.own.close)
        self.write("mail.example.org")
        self.own.start(listening_on=self.port)
        self.own.imap(self.port, self.user).socket.close()
        self.assertEqual(self.own.lines("inherited_socket_unused"), [])


if __name__ == "__main__":
    unittest.main()
