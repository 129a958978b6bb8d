#!/usr/bin/env python3
"""What the report says of given samples."""

import unittest

import axes
import peers
import report


def results(axis="login", kinds=(peers.Postern, peers.Nginx, peers.Dovecot), **samples):
    """Samples by peer; a text is why there are none."""
    made = axes.Results()
    made.expect(axis, kinds)
    for peer, values in samples.items():
        if isinstance(values, str):
            made.fail(axis, peer, values)
            continue
        for value in values:
            made.add(axis, peer, value)
    return made


class Report(unittest.TestCase):
    def test_bounds_are_judged_by_medians(self):
        found = results(postern=[{"cpu_us": 90}, {"cpu_us": 100}, {"cpu_us": 900}], nginx=[{"cpu_us": 100}], Dovecot=[{"cpu_us": 124}])
        text = report.markdown(found, ["## now"])
        self.assertIn("| full login, to nginx | at most 1.00 | 1.00 (CPU time) | met |", text)
        self.assertIn("| full login, to Dovecot | at most 0.80 | 0.81 (CPU time) | **not met** |", text)

    def test_instructions_come_before_time(self):
        found = results(postern=[{"cpu_us": 300, "instructions": 90}], nginx=[{"cpu_us": 100, "instructions": 100}], Dovecot=[{"cpu_us": 100}])
        text = report.markdown(found, ["## now"])
        self.assertIn("| full login, to nginx | at most 1.00 | 0.90 (instructions) | met |", text)
        self.assertIn("| full login, to Dovecot | at most 0.80 | 3.00 (CPU time) | **not met** |", text)

    def test_more_is_better_where_the_bound_is_a_least(self):
        for ours, verdict in ((70, "met"), (69, "**not met**")):
            found = results("autoconfig", (peers.Postern, peers.Nginx), postern=[{"per_cpu_second": ours}], nginx=[{"per_cpu_second": 100}])
            self.assertIn(f"| at least 0.70 | 0.{ours} | {verdict} |", report.markdown(found, ["## now"]))

    def test_a_peer_that_failed_has_its_reason_in_its_row(self):
        text = report.markdown(results(postern=[{"cpu_us": 90}], nginx="does not\nstart | at all", Dovecot=[{"cpu_us": 90}]), ["## now"])
        self.assertIn("| nginx | does not start / at all |", text)
        self.assertIn("| full login, to nginx | at most 1.00 | – | not measured |", text)

    def test_memory_is_compared_over_all_sizes(self):
        sizes = {"pss_1000": 15000, "pss_5000": 16000, "slab_1000": 1, "slab_5000": 2, "idle_cpu_percent": 0}
        text = report.markdown(results("idle", (peers.Postern,), postern=[sizes]), ["## now"])
        self.assertIn("| idle session, TLS in front, KB of PSS | at most 15.50 | 16.00 (KB) | **not met** |", text)
        self.assertIn("| the same, most sessions to fewest | at most 1.10 | 1.07 (5000 to 1000) | met |", text)

    def test_every_axis_has_a_table(self):
        self.assertEqual(set(axes.AXES) - {"idle", "idle_tls"}, set(report.TABLES) | set(report.OWN_TABLES))

    def test_an_attack_is_compared_with_quiet(self):
        sample = {"p50_ms": 1, "p99_ms": 2, "max_ms": 9, "failed": 0, "wanted": 0, "sent": 0}
        found = results("fairness", axes.ATTACKS, quiet=[sample], all=[sample | {"p99_ms": 4.1, "failed": 3, "wanted": 1000, "sent": 700}])
        text = report.markdown(found, ["## now"])
        self.assertIn("| good logins' p99 under attack, to quiet | at most 2.00 | 2.05 | **not met** |", text)
        self.assertIn("| good logins that fail, quiet and under attack | at most 0.00 | 3.00 | **not met** |", text)
        self.assertIn("could not guess as often as it should: 700 of 1 000.", text)

    def test_percentiles_of_functions_are_judged(self):
        found = results("functions", [axes.Function("auth/remembered_password"), axes.Function("auth/app_password")],
                        **{"auth/remembered_password": [{"us": 16, "p99_us": 201}], "auth/app_password": [{"us": 160, "p99_us": 299}]})
        text = report.markdown(found, ["## now"])
        self.assertIn("p99 in µs | at most 200.00 | 201.00 (µs) | **not met** |", text)
        self.assertIn("p99 in µs | at most 300.00 | 299.00 (µs) | met |", text)

    def test_every_session_must_answer_after_a_long_time(self):
        figures = {"sessions": 20000, "processes": 3, "seconds": 600, "answered": 19999}
        self.assertIn("| 1.00 (19 999 of 20 000) | **not met** |", report.markdown(results("idle_long", (peers.Postern,), postern=[figures]), ["## now"]))

    def test_several_processes_are_told(self):
        sizes = {"pss_1000": 15000, "pss_20000": 16000, "slab_1000": 1, "slab_20000": 2, "processes_1000": 1, "processes_20000": 3, "idle_cpu_percent": 0}
        self.assertIn("20 000 by 3 processes of each proxy", report.markdown(results("idle", (peers.Postern,), postern=[sizes]), ["## now"]))


if __name__ == "__main__":
    unittest.main()
