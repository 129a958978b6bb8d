"""A backend that is away: the client is told to come back, and its session works again when the backend does."""

import unittest

import demo
import wire


class ImapBackendDown(unittest.TestCase):
    def test_the_session_outlives_the_absence_of_dovecot(self):
        with wire.Imap() as client:
            with demo.Down(demo.Dovecot()):
                self.assertRegex(client.login("a", *demo.teacher()), r"^a NO \[UNAVAILABLE\] ")
                self.assertIn("b OK", client.command("b", "NOOP"))
                self.assertRegex(client.login("c", *demo.teacher()), r"^c NO \[UNAVAILABLE\] ")
            self.assertRegex(client.login("d", *demo.teacher()), r"^d OK ")
            self.assertIn("e OK", client.command("e", "SELECT INBOX"))

    def test_a_wrong_password_is_still_a_wrong_password(self):
        with demo.Down(demo.Dovecot()), wire.Imap() as client:
            self.assertRegex(client.login("a", demo.get("TEACHER"), "canary-away-Pa55word"), r"^a NO \[AUTHENTICATIONFAILED\] ")

    def test_a_session_that_was_logged_in_ends_with_its_backend(self):
        with wire.Imap() as client:
            client.login("a", *demo.teacher())
            with demo.Down(demo.Dovecot()):
                client.rest()


class RelayDown(unittest.TestCase):
    def test_the_session_outlives_the_absence_of_its_relay(self):
        with wire.Submission() as client:
            client.command("EHLO tests.example")
            with demo.Down(demo.Relay("SMTP")):
                self.assertRegex(client.login(*demo.teacher()), r"^454 4\.7\.0 ")
                self.assertRegex(client.command("NOOP"), r"^250 ")
                self.other_relay_still_works()
            self.assertRegex(client.login(*demo.teacher()), r"^235 ")
            self.assertRegex(client.command(f"MAIL FROM:<{demo.get('TEACHER')}>"), r"^250 ")

    def other_relay_still_works(self):
        with wire.Submission() as client:
            client.command("EHLO tests.example")
            self.assertRegex(client.login(*demo.admin()), r"^235 ")


if __name__ == "__main__":
    unittest.main()
