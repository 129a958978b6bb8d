"""After everything has ended: no log of the whole suite holds a password. Run by run.py as the last."""

import base64
import pathlib
import unittest

import demo


def forms(login, password):
    """A password as it could stand in a log: itself, and inside any base64 text, whatever stands before it there."""
    yield password
    yield demo.plain(login, password)
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + password.encode()).decode().rstrip("=")
        yield encoded[(0, 2, 3)[before]:len(encoded) - 1]


class NoSecretInLogs(unittest.TestCase):
    logs = ("POSTERN_LOG", "DOVECOT_LOG", "RELAY_SMTP_LOG", "RELAY_SMTPADM_LOG")

    def test_the_logs_are_the_right_ones(self):
        for name in self.logs:
            self.assertIn(demo.get("ADMIN" if "SMTPADM" in name else "TEACHER"), demo.log_text(name))
        self.assertGreater(len(demo.credentials_used), 10)

    def test_the_search_would_find_a_password_in_base64(self):
        text = base64.b64encode(b"any text before it, canary, and after it").decode()
        self.assertTrue(any(form in text for form in forms("x", "text before it, canary")))

    def test_no_log_holds_a_password(self):
        for name in self.logs:
            text = demo.log_text(name)
            for login, password in sorted(demo.credentials_used):
                for form in forms(login, password):
                    self.assertFalse(form in text, f"a password of {login} stands in {pathlib.Path(demo.get(name)).name}")

    def test_no_log_holds_the_master_password(self):
        master = pathlib.Path(demo.get("DEMO_DIR"), "postern", "master-password").read_text().strip()
        for name in self.logs:
            self.assertNotIn(master, demo.log_text(name))


if __name__ == "__main__":
    unittest.main()
