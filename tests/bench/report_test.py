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
        self.assertEqual(set(axes.AXES) - {"idle", "idle_tls", "moved"}, set(report.TABLES))


if __name__ == "__main__":
    unittest.main()
