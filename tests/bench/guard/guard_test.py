"""Proves that the guards can fail: of instructions, and of the time a build takes.

    guard_test.py
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "build_time")]

import build_time  # noqa: E402
import guard  # noqa: E402

KEPT = {"instructions": 1000, "why": "as it was"}


class Instructions(unittest.TestCase):
    def test_a_script_that_grows_by_more_than_five_percent_fails_and_is_told_how_to_keep_it(self):
        is_good, words = guard.judge("call", 1051, KEPT)
        self.assertFalse(is_good)
        self.assertIn("+5.1% of the 1,000 kept (as it was)", words)
        self.assertIn("commit the new figure with its reason", words)

    def test_less_passes_without_a_word_of_advice(self):
        for counted in (951, 1000, 1049):
            is_good, words = guard.judge("call", counted, KEPT)
            self.assertTrue(is_good)
            self.assertNotIn("\n", words)

    def test_one_that_shrinks_passes_and_asks_for_the_new_figure(self):
        is_good, words = guard.judge("call", 940, KEPT)
        self.assertTrue(is_good)
        self.assertIn("Keep the new figure", words)

    def test_an_entry_that_nobody_passes_is_no_small_figure_but_a_failure(self):
        with tempfile.TemporaryDirectory() as where, self.assertRaisesRegex(RuntimeError, "was it renamed"):
            (Path(where) / "out").write_text("fn=callsign::detail::something\ntotals: 5\n", encoding="utf-8")
            guard.read_dump((Path(where) / "out").read_text(encoding="utf-8"), "call")


class BuildTime(unittest.TestCase):
    def test_a_unit_above_the_limit_is_named(self):
        taken = build_time.read_log("0m29.5s 0m0.4s a.o\n0m29.5s 0m0.6s b.o\n0m0.01s 0m0.00s c.o\n")
        self.assertEqual(build_time.offenders(taken), ["b.o"])

    def test_what_was_made_twice_counts_as_long_as_it_took_the_compiler(self):
        self.assertEqual(build_time.read_log("0m31.0s 0m0.5s a.o\n0m0.1s 0m0.0s a.o\n"), {"a.o": 31.5})

    def test_the_launcher_keeps_the_exit_code_and_writes_what_was_made(self):
        with tempfile.TemporaryDirectory() as where:
            log = Path(where) / "log"
            timed = HERE.parent / "build_time" / "timed"
            busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3"
            done = subprocess.run([timed, log, "sh", "-c", busy, "-o", "a.o"], check=False)
            self.assertEqual(done.returncode, 3)
            taken = build_time.read_log(log.read_text(encoding="utf-8"))
            self.assertEqual(list(taken), ["a.o"])
            self.assertGreater(taken["a.o"], 0)


if __name__ == "__main__":
    unittest.main()
