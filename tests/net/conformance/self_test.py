"""The conformance runner can pass, and it can fail: each flaw of the stand-in costs its own cases.

A server that keeps the RFC passes all 301. For each flaw, the cases that must not pass are listed with
their verdict; every other case of the selection must still pass.
"""

import contextlib
import io
import json
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import run
from frames import Frame, Reader, Unlawful, masked
from judge import FAIL, NON_STRICT, PASS, Judge
from stand_in import FLAWS, StandIn

# One or two of each kind of case; small ones, because a case that fails takes its whole limit.
SELECTION = (
    "1.1.1,1.1.3,1.2.2,1.2.6,2.1,2.2,2.4,2.5,2.8,2.9,2.10,3.1,3.2,3.4,3.6,4.1.1,4.1.3,4.2.2,4.2.4,"
    "5.1,5.3,5.5,5.6,5.8,5.9,5.12,5.15,5.18,5.19,6.1.2,6.2.3,6.3.1,6.3.2,6.4.1,6.4.2,6.4.3,6.4.4,"
    "6.6.1,6.6.2,6.13.2,6.20.3,6.22.4,7.1.1,7.1.3,7.1.4,7.3.1,7.3.2,7.3.6,7.5.1,7.7.4,7.9.2,7.13.1,"
    "9.8.2")
ECHOES = "1.*,5.3,5.5,6.1.2,6.2.3,6.6.2,6.22.4,7.1.1,9.8.2"  # hear an echo and end normally
MIXED = "3.2,3.4,4.1.3,4.2.4,5.15"  # hear an echo, then are failed
PINGS_BETWEEN = "5.6,5.8,5.19"
FAILED_1002 = "2.5,3.*,4.*,5.1,5.9,5.12,5.15,5.18,7.3.2,7.3.6,7.9.2"
BAD_TEXTS = "6.3.*,6.4.*,6.6.1,6.13.2,6.20.3"
FAILED_1007 = BAD_TEXTS + ",7.5.1"

EXPECTED = {
    None: {},
    "echoes bad text": {FAILED_1007: FAIL},
    "finds bad text at the end of the message": {"6.4.*": NON_STRICT},
    "finds bad text at the end of the frame": {"6.4.3,6.4.4": NON_STRICT},
    "gives up on good text": {"6.2.3,6.4.2,6.4.4": FAIL},
    "never answers a close": {"*": FAIL, FAILED_1002 + "," + FAILED_1007 + ",7.13.1": PASS},
    "leaves TCP open": {"*": FAIL},
    "drops every message": {ECHOES + "," + PINGS_BETWEEN: FAIL, MIXED: NON_STRICT},
    "sends every message twice": {ECHOES + "," + PINGS_BETWEEN + "," + MIXED: FAIL},
    "cuts messages at 1000 bytes": {"1.2.6": FAIL},
    "turns binary into text": {"1.2.*,9.8.2": FAIL},
    "masks its frames": {"*": FAIL, FAILED_1002 + "," + FAILED_1007 + ",7.13.1": PASS, MIXED: FAIL},
    "ignores reserved bits": {"3.*": FAIL},
    "ignores reserved opcodes": {"4.*": FAIL},
    "fails with the wrong code": {FAILED_1002 + "," + FAILED_1007: FAIL},
    "fails without a close": {FAILED_1002 + "," + FAILED_1007: NON_STRICT},
    "forgets what was due when it fails": {MIXED: NON_STRICT, "7.1.1": FAIL},
    "answers pings after the message": {PINGS_BETWEEN: FAIL},
    "sends a fragmented pong": {"2.1,2.2,2.4,2.9,2.10," + PINGS_BETWEEN: FAIL},
    "takes long control frames": {"2.5,7.3.6": FAIL},
    "takes control frames in fragments": {"5.1": FAIL},
    "takes stray continuations": {"5.9": FAIL},
    "takes any close code": {"7.9.2": FAIL},
    "takes one-byte closes": {"7.3.2": FAIL},
    "answers after the close": {"7.1.3,7.1.4": FAIL},
}


def expected_verdict(flaw, case_id):
    verdict = PASS
    for patterns, then in EXPECTED[flaw].items():  # the later line holds
        if any(fnmatchcase(case_id, p) for p in patterns.split(",")):
            verdict = then
    return verdict


class Flaws(unittest.TestCase):
    maxDiff = None

    def test_each_flaw_costs_its_own_cases(self):
        self.assertEqual(set(EXPECTED) - {None}, FLAWS)
        cases = run.chosen(run.all_cases(), SELECTION)
        self.assertEqual(len(cases), len(SELECTION.split(",")))

        def verdicts(flaw, which=cases, patience=0.5):
            with StandIn(flaw) as server:
                judge = Judge("127.0.0.1", server.port, "/", patience=patience)
                return {v.case.id: v.verdict for v in run.run(which, judge, lambda _: None)}

        # Most of a failure is waiting for what does not come, so many fail at once.
        with ThreadPoolExecutor(len(EXPECTED)) as pool:
            for flaw, got in zip(EXPECTED, pool.map(verdicts, EXPECTED)):
                with self.subTest(flaw=flaw):
                    # What comes late on a slow machine looks as if it did not come.
                    doubtful = [c for c in cases if got[c.id] != expected_verdict(flaw, c.id)]
                    got = verdicts(flaw, doubtful, patience=5) if doubtful else {}
                    wrong = {i: v for i, v in got.items() if v != expected_verdict(flaw, i)}
                    self.assertEqual(wrong, {})


class Runs(unittest.TestCase):
    def said(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = run.main(list(arguments))
        return code, out.getvalue()

    def test_a_server_that_keeps_the_rfc_passes_all_301(self):
        with StandIn() as server:
            code, said = self.said("--url", server.url)
        self.assertEqual((code, said.splitlines()[-1]), (0, "301 passed, 0 failed"), said)

    def test_and_all_small_ones_byte_by_byte(self):
        with StandIn() as server:
            code, said = self.said("--url", server.url, "--bytewise", "--cases", "[1-7].*")
        self.assertEqual((code, said.splitlines()[-1]), (0, "246 passed, 0 failed"), said)

    def test_what_is_not_strict_fails_unless_that_is_allowed(self):
        with StandIn("finds bad text at the end of the frame") as server:
            arguments = ["--url", server.url, "--cases", "6.4.*", "--patience", "0.35"]
            code, said = self.said(*arguments)
            self.assertEqual((code, said.splitlines()[-1]), (1, "2 passed, 2 failed"))
            self.assertIn("6.4.3 non-strict", said)
            code, said = self.said(*arguments, "--lenient")
            self.assertEqual((code, said.splitlines()[-1]), (0, "4 passed, 0 failed"))

    def test_the_json_has_every_case(self):
        with StandIn("takes any close code") as server, tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "verdicts.json")
            self.said("--url", server.url, "--cases", "7.*", "--patience", "0.35", "--json", str(file))
            cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
        self.assertEqual(len(cases), 37)
        self.assertEqual({c["id"] for c in cases if c["verdict"] == "fail"},
                         {f"7.9.{n}" for n in range(1, 10)})

    def test_nobody_there_is_not_a_pass(self):
        with StandIn() as server:
            url = server.url
        self.assertEqual(self.said("--url", url)[0], 2)
        self.assertEqual(self.said("--url", url, "--cases", "12.*")[0], 2)


class Frames(unittest.TestCase):
    def test_masks_as_section_5_3_says(self):
        data, key = bytes(range(256)) + b"abc", b"\x01\x20\x03\x44"
        self.assertEqual(masked(data, key), bytes(b ^ key[n % 4] for n, b in enumerate(data)))
        self.assertEqual(masked(data[5:], key, 5), masked(data, key)[5:])

    def test_reads_a_server_however_it_is_cut(self):
        wire = b"".join(f._replace(is_masked=False).wire() for f in (
            Frame(1, b"a" * 126, fin=False), Frame(9, b"p"), Frame(0, b"b" * 65536),
            Frame(8, b"\x03\xe8bye")))
        expected = [("ping", b"p"), ("text", b"a" * 126 + b"b" * 65536), ("close", 1000, b"bye")]
        for size in (1, 2, 3, 7, 1000, len(wire)):
            reader = Reader()
            heard = [s for n in range(0, len(wire), size) for s in reader.feed(wire[n:n + size])]
            self.assertEqual(heard, expected)

    def test_what_a_server_must_not_send(self):
        for wire in (
            "818000000000", "c100", "8300", "8b00",  # mask, reserved bit, reserved opcodes
            "817e0005", "817f00000000000000ff", "817f8000000000000000",  # lengths
            "8000", "010061810061", "0900", "897e007e" + 126 * "00",  # fragments, control frames
            "88016f", "880203ed", "880207cf", "8102c328", "880403e8c328", "88008100",  # ends, text
        ):
            with self.subTest(wire=wire), self.assertRaises(Unlawful):
                Reader().feed(bytes.fromhex(wire))


if __name__ == "__main__":
    unittest.main()
