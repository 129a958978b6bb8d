#!/usr/bin/env python3
"""What the guard says of given counts."""

import contextlib
import io
import unittest

import instructions


def said_of(counted, committed):
    """Whether all is well, and the lines."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        is_good = instructions.compare(counted, {"libraries": {}, "k_instructions": committed})
    return is_good, text.getvalue().splitlines()


class Guard(unittest.TestCase):
    def test_growth_within_the_tolerance_is_well(self):
        self.assertEqual(said_of({"one": 104.9}, {"one": 100}), (True, ["ok   one: 104.900 k instructions, +4.9% against 100.000"]))

    def test_one_that_has_grown_more_fails_all(self):
        is_good, lines = said_of({"one": 100, "two": 105.1}, {"one": 100, "two": 100})
        self.assertFalse(is_good)
        self.assertRegex(lines[1], r"^FAIL two: 105\.100 k instructions, \+5\.1% .* grown")

    def test_one_that_has_shrunk_more_asks_for_a_new_figure(self):
        is_good, lines = said_of({"one": 94}, {"one": 100})
        self.assertTrue(is_good)
        self.assertRegex(lines[0], "^ok .*renew")

    def test_nothing_goes_uncompared(self):
        for counted, committed in (({"one": 1, "new": 1}, {"one": 1}), ({"one": 1}, {"one": 1, "gone": 1})):
            is_good, lines = said_of(counted, committed)
            self.assertFalse(is_good)
            self.assertRegex(lines[1], "^FAIL (new|gone): ")

    def test_other_libraries_are_named_when_something_fails(self):
        with contextlib.redirect_stdout(io.StringIO()) as text:
            instructions.compare({"one": 2}, {"libraries": {"libc6": "0"}, "k_instructions": {"one": 1}})
        self.assertIn("libc6 0 (here ", text.getvalue())


if __name__ == "__main__":
    unittest.main()
