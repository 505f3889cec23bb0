#!/usr/bin/python3 -B
"""Counts the instructions of fixed scripts and compares them with the figures that are kept.

    guard.py PROGRAM BUILD COMPILER SCRIPT              fails when the script has grown by more than 5 %
    guard.py PROGRAM BUILD COMPILER SCRIPT --keep WHY   writes the new figure, and why it is another

PROGRAM is callsign-guarded-scripts, BUILD says which figures are meant (dev, release), COMPILER by whom
it was compiled. What is counted, and why so: docs/decisions/0050-instructions-are-counted.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "counts.json"
TOLERANCE = 0.05
SKIPPED = 77

# Where the test kit hands over to the library: only what happens below these is counted, so that
# neither the kit's scheduler nor its transcripts are. None of them calls another of them.
RESUMED_WORKER = "callsign::detail::worker_actor::resume(*"
MESSAGE_ENTRIES = (
    RESUMED_WORKER,
    "caf::scheduled_actor::resume(*",
    "callsign::detail::io_turn::on_turn(*",
    "callsign::detail::connection_line::heard(*",
    "callsign::detail::connection_line::received(*",
    "callsign::detail::connection_line::written(*",
    "callsign::rules::outbox::gather(*",
)
ENTRIES = {
    "call": ("bench::guard::call_once(*", RESUMED_WORKER),
    "echo": MESSAGE_ENTRIES,
    "echo-in-connection": MESSAGE_ENTRIES,
    "broadcast": MESSAGE_ENTRIES,
}


# The price of one round is the difference between two runs: what beginning, warming up and end cost is
# in both.
ROUNDS = (20, 60)


def read_dump(text, script):
    """The instructions in callgrind's file; complains about an entry that nobody passed."""
    for entry in ENTRIES[script]:
        if entry.rstrip("*") not in text:
            raise RuntimeError(f"nothing passed {entry}: was it renamed? Then it must be, here, too")
    return int(re.search(r"^totals: (\d+)", text, re.MULTILINE).group(1))


def run_counted(program, script, rounds, where):
    """All counted instructions of one run, and how many calls or deliveries it had."""
    file = Path(where) / "out"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", "--compress-strings=no",
         "--collect-atstart=no", *(f"--toggle-collect={entry}" for entry in ENTRIES[script]),
         program, script, str(rounds)],
        capture_output=True, text=True, check=False,
        # The C library chooses among its copies of memcpy and the like by the processor: let them be
        # the same ones everywhere.
        env={"PATH": os.environ["PATH"],
             "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-FSRM,-BMI2,-RTM"})
    if done.returncode != 0:
        raise RuntimeError(f"the script failed: {done.stdout}{done.stderr}")
    return read_dump(file.read_text(encoding="utf-8"), script), int(done.stdout)


def count(program, script, where):
    """Instructions for each call or delivery of the script."""
    (few, of_few), (many, of_many) = (run_counted(program, script, rounds, where) for rounds in ROUNDS)
    return (many - few) / (of_many - of_few)


def judge(script, counted, kept):
    """Whether the count may stand, and what there is to say about it."""
    change = counted / kept["instructions"] - 1
    line = (f"{script}: {counted:,.0f} instructions each, {change:+.1%} of the "
            f"{kept['instructions']:,.0f} kept ({kept['why']})")
    if change > TOLERANCE:
        return False, line + ("\nThat is more than 5 % up. If it has to be, commit the new figure with "
                              "its reason:")
    if change < -TOLERANCE:
        return True, line + ("\nThat is more than 5 % down. Keep the new figure, so that what was won "
                             "is not lost again:")
    return True, line


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program")
    parser.add_argument("build", choices=("dev", "release"))
    parser.add_argument("compiler")
    parser.add_argument("script", choices=tuple(ENTRIES))
    parser.add_argument("--keep", metavar="WHY")
    asked = parser.parse_args()

    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    if asked.compiler != kept["compiler"] and not asked.keep:
        print(f"the figures are of {kept['compiler']}, this is {asked.compiler}: nothing to compare")
        return SKIPPED
    if asked.script not in kept.get(asked.build, {}) and not asked.keep:
        print(f"no figure is kept for {asked.script} in {asked.build}")
        return SKIPPED
    try:
        with tempfile.TemporaryDirectory() as where:
            counted = count(asked.program, asked.script, where)
    except FileNotFoundError:
        print("valgrind is not installed: app/ensure-packages test")
        return SKIPPED
    if asked.keep:
        kept["compiler"] = asked.compiler
        figures = kept.setdefault(asked.build, {})
        figures[asked.script] = {"instructions": round(counted), "why": asked.keep}
        KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        print(f"{asked.script}: {counted:,.0f} instructions each are kept")
        return 0
    is_good, words = judge(asked.script, counted, kept[asked.build][asked.script])
    print(words)
    if "\n" in words:
        print(f"    tests/bench/guard/guard.py {asked.program} {asked.build} '{asked.compiler}' "
              f"{asked.script} --keep 'WHY'")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
