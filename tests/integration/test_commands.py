"""postern's own commands beside the running server: routes, accounts, and mistakes in a configuration."""

import datetime
import json
import os
import pathlib
import re
import tempfile
import unittest

import demo
import wire


class RouteExplain(unittest.TestCase):
    def explain(self, user, protocol):
        done = demo.postern("route", "explain", user, "--protocol", protocol, "--from", "10.1.2.3", "--config",
                            demo.get("POSTERN_CONFIG"))
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_a_bare_name_means_what_it_means_at_a_login(self):
        self.assertIn("smtpadm", self.explain(demo.get("ADMIN").split("@")[0], "smtp"))

    def test_it_names_the_rule_and_the_backend(self):
        text = self.explain(demo.get("ADMIN"), "smtp")
        self.assertIn("administration", text)
        self.assertIn("smtpadm", text)

    def test_it_says_why_an_earlier_rule_did_not_match(self):
        text = self.explain(demo.get("TEACHER"), "submission")
        self.assertIn("administration", text)
        self.assertIn("administrative_staff", text)
        self.assertRegex(text, r"\bsmtp\b")
        self.assertNotRegex(self.explain(demo.get("TEACHER"), "imap"), r"backend:? smtp")


class Accounts(unittest.TestCase):
    password = "canary-added-Pa55word-2"

    def account(self, *arguments, stdin=None):
        done = demo.postern("account", *arguments, "--config", demo.get("POSTERN_CONFIG"), stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def login(self, name):
        with wire.Imap() as client:
            return client.login("a", name, self.password)

    def test_an_account_is_added_suspended_and_resumed_while_postern_serves(self):
        name = "nadia.nouvelle@academie.example"
        self.assertRegex(self.login(name), r"^a NO \[AUTHENTICATIONFAILED\]")
        self.account("add", name, "--group", "teacher", "--password-file", "-", stdin=self.password + "\n")
        self.assertRegex(self.login(name), r"^a OK ")
        self.account("suspend", name)
        self.assertRegex(self.login(name), r"^a NO \[CONTACTADMIN\]")
        self.account("resume", name)
        self.assertRegex(self.login(name), r"^a OK ")

    def test_an_app_password_opens_mail_until_it_is_revoked(self):
        login, _ = demo.teacher()
        def app_password(*arguments):
            done = demo.postern("app-password", *arguments, "--json", "--config", demo.get("POSTERN_CONFIG"))
            self.assertEqual(done.returncode, 0, done.stdout)
            return json.loads(done.stdout)
        secret = app_password("add", login, "phone", "--scopes", "imap")["app_password"]
        demo.canary(login, secret)
        with wire.Imap() as client:
            self.assertRegex(client.login("a", login, secret), r"^a OK ")
        with wire.Submission() as client:
            client.command("EHLO client.example")
            self.assertRegex(client.login(login, secret), r"^535 5\.7\.8 ")
        number = str(app_password("list", login)[0]["id"])
        app_password("revoke", login, number)
        with wire.Imap() as client:
            self.assertRegex(client.login("a", login, secret), r"^a NO \[AUTHENTICATIONFAILED\]")

    def test_the_list_has_everybody_and_no_secret(self):
        text = self.account("list", "--json")
        accounts = json.loads(text)
        logins = {account["login"] for account in accounts}
        self.assertLessEqual({demo.get(name) for name in ("TEACHER", "ADMIN", "PUPIL", "SUSPENDED")}, logins)
        self.assertNotIn("argon2", text)

    def test_an_import_with_a_mistake_imports_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "accounts.csv")
            file.write_text("login,password,groups,display_name,aliases,state\n"
                            "good.one@academie.example,canary-import-Pa55word,teacher,Good One,,active\n"
                            "bad.one@academie.example,canary-import-Pa55word,no_such_group,Bad One,,active\n")
            demo.canary("good.one@academie.example", "canary-import-Pa55word")
            done = demo.postern("account", "import", str(file), "--config", demo.get("POSTERN_CONFIG"))
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r":3\b.*the group given here is not in the configuration")
        self.assertNotIn("canary-import", done.stdout)
        self.assertNotIn("good.one", self.account("list", "--json"))


class Check(unittest.TestCase):
    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            return file.name, demo.postern("check", file.name)

    def test_a_file_that_is_named_wins_over_the_environment(self):
        os.environ["POSTERN_CONFIG"] = "/nonexistent/postern.yaml"
        self.addCleanup(os.environ.pop, "POSTERN_CONFIG")
        named = demo.get("POSTERN_CONFIG")
        for arguments in (("check", named), ("account", "list", "--config", named), ("store", "status", "-c", named)):
            done = demo.postern(*arguments)
            self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotEqual(demo.postern("account", "list").returncode, 0)

    def test_the_demos_own_configuration_is_right(self):
        self.assertEqual(demo.postern("check", demo.get("POSTERN_CONFIG")).returncode, 0)

    def test_six_mistakes_are_six_errors_at_their_places(self):
        text = pathlib.Path(demo.get("POSTERN_CONFIG")).read_text()
        for right, wrong in (("  hostname:", "  hostnam:"), ("format: json", "format: xml"), ("submission: smtp\n", "submission: smpt\n"),
                             ("max_message_size: 50MiB", "max_message_size: big"), ("login: master_user", "login: masteruser"),
                             ("group: [administrative_staff]", "group: [administrativ_staff]")):
            self.assertIn(right, text)
            text = text.replace(right, wrong, 1)
        name, done = self.check(text)
        self.assertNotEqual(done.returncode, 0)
        for line, needle in ((2, "hostname"), (5, "format"), (None, "smpt"), (None, "max_message_size"), (None, "master_user"),
                             (None, "administrativ_staff")):
            self.assertRegex(done.stdout, rf"{name}:{line or '[0-9]+'}:\d+: .*{needle}")
        errors = [line for line in done.stdout.splitlines() if re.match(rf"{re.escape(name)}:\d+:\d+: ", line)]
        self.assertEqual(len(errors), 6, done.stdout)


class LoginLines(unittest.TestCase):
    def lines(self, since):
        """Those of earlier tests may be written during this one."""
        entries = [json.loads(line) for line in demo.whole_lines(demo.log_text("POSTERN_LOG"))]
        return [entry for entry in entries if entry.get("event") == "login" and entry["time"] >= since]

    def test_each_login_is_one_line_with_what_an_administrator_needs(self):
        since = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        login, password = demo.teacher()
        with wire.Imap() as client:
            client.login("a", login, "canary-logged-Pa55word")
            client.login("b", login, password)
        entries = demo.eventually(lambda: len(self.lines(since)) >= 2 and self.lines(since), "two lines")
        self.assertEqual(len(entries), 2)
        refused, accepted = entries
        self.assertNotEqual(refused["outcome"], accepted["outcome"])
        self.assertTrue(refused["reason"])
        for entry in entries:
            self.assertEqual((entry["account"], entry["protocol"], entry["tls"]), (login, "imap", "TLSv1.3"))
            self.assertIn("127.0.0.1", entry["client"])
            self.assertGreaterEqual(entry["duration_ms"], 0)
        self.assertEqual(accepted["backend"], "dovecot")


if __name__ == "__main__":
    unittest.main()
