"""Logins that must fail: what is said, and that the session goes on."""

import base64
import unittest

import demo
import wire

wrong = "canary-wrong-Pa55word"
unknown = "nobody.at.all@academie.example"


class ImapRefusals(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(wire.Imap())

    def test_a_wrong_password_is_refused_and_the_right_one_works_after_it(self):
        login, password = demo.teacher()
        self.assertRegex(self.client.login("a", login, wrong), r"^a NO \[AUTHENTICATIONFAILED\] ")
        self.assertRegex(self.client.login("b", login, password), r"^b OK \[CAPABILITY [^]]*IMAP4rev1")
        self.assertIn("c OK", self.client.command("c", "SELECT INBOX"))

    def test_an_unknown_user_gets_the_same_words_as_a_wrong_password(self):
        first = self.client.login("a", demo.get("TEACHER"), wrong)
        self.assertEqual(self.client.login("a", unknown, wrong), first)

    def test_a_suspended_account_is_told_so_only_after_the_right_password(self):
        login, password = demo.suspended()
        first = self.client.login("a", unknown, wrong)
        self.assertEqual(self.client.login("a", login, wrong), first)
        self.assertRegex(self.client.login("b", login, password), r"^b NO \[CONTACTADMIN\] ")
        self.assertIn("c OK", self.client.command("c", "NOOP"))

    def test_nothing_but_the_login_commands_is_known_before_login(self):
        self.assertIn("a BAD", self.client.command("a", "SELECT INBOX"))
        self.assertIn("b BAD", self.client.command("b", "UNKNOWN"))
        self.assertIn("c OK", self.client.command("c", "NOOP"))

    def test_authenticate_plain_can_be_cancelled(self):
        self.client.send("a AUTHENTICATE PLAIN\r\n")
        self.assertEqual(self.client.line(), "+ \r\n")
        self.client.send("*\r\n")
        self.assertIn("a BAD", self.client.until("a")[-1])
        login, password = demo.teacher()
        self.client.send("b AUTHENTICATE PLAIN\r\n")
        self.client.line()
        self.client.send(demo.plain(login, password) + "\r\n")
        self.assertIn("b OK", self.client.until("b")[-1])

    def test_authenticate_login_works_and_refuses(self):
        login, password = demo.teacher()
        for tag, secret, answer in (("a", wrong, "a NO [AUTHENTICATIONFAILED]"), ("b", password, "b OK")):
            demo.canary(login, secret)
            self.client.send(f"{tag} AUTHENTICATE LOGIN\r\n")
            for text in (login, secret):
                self.assertTrue(self.client.line().startswith("+ "))
                self.client.send(base64.b64encode(text.encode()) + b"\r\n")
            self.assertIn(answer, self.client.until(tag)[-1])

    def test_too_many_refused_logins_end_the_connection(self):
        for number in range(5):
            self.client.send(f"t{number} LOGIN {unknown} {wrong}{number}\r\n")
            demo.canary(unknown, f"{wrong}{number}")
        self.assertIn(b"* BYE ", self.client.rest())


class SubmissionRefusals(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(wire.Submission())
        self.client.command("EHLO tests.example")

    def test_a_wrong_password_is_refused_and_the_right_one_works_after_it(self):
        login, password = demo.admin()
        self.assertRegex(self.client.login(login, wrong), r"^535 5\.7\.8 ")
        self.assertRegex(self.client.login(login, password), r"^235 2\.7\.0 ")
        self.assertRegex(self.client.command(f"MAIL FROM:<{login}>"), r"^250 ")

    def test_an_unknown_user_gets_the_same_words_as_a_wrong_password(self):
        first = self.client.login(demo.get("TEACHER"), wrong)
        self.assertEqual(self.client.login(unknown, wrong), first)

    def test_a_suspended_account_is_told_so_only_after_the_right_password(self):
        login, password = demo.suspended()
        first = self.client.login(unknown, wrong)
        self.assertEqual(self.client.login(login, wrong), first)
        self.assertRegex(self.client.login(login, password), r"^525 5\.7\.13 ")
        self.assertRegex(self.client.command("NOOP"), r"^250 ")

    def test_auth_can_be_cancelled_and_started_again(self):
        self.assertRegex(self.client.command("AUTH LOGIN"), r"^334 ")
        self.assertRegex(self.client.command("*"), r"^501 ")
        self.assertRegex(self.client.login(*demo.teacher()), r"^235 ")

    def test_mechanisms_that_are_not_offered_are_refused(self):
        self.assertRegex(self.client.command("AUTH CRAM-MD5"), r"^504 5\.5\.4 ")
        self.assertRegex(self.client.command("AUTH PLAIN not-base64!"), r"^501 5\.5\.2 ")


if __name__ == "__main__":
    unittest.main()
