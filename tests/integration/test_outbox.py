"""What postern writes to people: put into the outbox by one process, sent by the running one, over TLS and with a password."""

import email
import email.policy
import json
import unittest

import demo
import messages


class Outbox(unittest.TestCase):
    def outbox(self, *arguments):
        done = demo.postern("outbox", *arguments, "--config", demo.get("POSTERN_CONFIG"), "--json")
        self.assertEqual(done.returncode, 0, done.stdout)
        return json.loads(done.stdout)

    def test_a_mail_leaves_through_the_relay_and_arrives_whole(self):
        login, password = demo.teacher()
        number = self.outbox("test", login)["message"]

        def sent():
            return [item for item in self.outbox("list", "--state", "sent") if item["id"] == number]
        item = demo.eventually(sent, "the message was sent")[0]
        self.assertEqual((item["kind"], item["tries"], item["last_error"]), ("mail", 1, ""))

        inbox = messages.mailbox(login, password)
        self.addCleanup(inbox.logout)

        def arrived():
            inbox.noop()
            return inbox.search(None, "HEADER", "Message-ID", f"<{number}.postern@")[1][0].split()
        found = demo.eventually(arrived, "the message arrived")
        self.assertEqual(len(found), 1)
        raw = inbox.fetch(found[0].decode(), "(BODY.PEEK[])")[1][0][1]
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual(mail["Subject"], "Message d'essai, test message")
        self.assertEqual(str(mail["From"].addresses[0].display_name), "Académie Exemple")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail.get_content().replace("\r\n", "\n"),
                         "postern sait vous écrire.\npostern can write to you.\n")

        journal = demo.postern("audit", "list", "--limit", "50", "--config", demo.get("POSTERN_CONFIG"))
        self.assertIn("outbox.sent", journal.stdout)
        self.assertNotIn(login, [item["correlation"] for item in self.outbox("list")])
