#!/usr/bin/python3 -B
"""Says what takes long to build, in processor time, and fails when it is too long.

    build_time.py LOG              looks at the log of a build that tests/run has made; with
                                   --unit-limit, at another limit for one translation unit
    build_time.py --build          builds a release of the library and the programs, without ccache
    build_time.py --build tests    the same with the tests, the test kit and the benchmark

No translation unit may take more than 30 seconds, and a release of the library and the programs no more
than six minutes on two cores. The time on two cores is half of the processor time, or the longest unit.
What ccache had already takes no time, and says nothing. Processor time suffers less from a busy machine
than time by the clock, but it does: on a crowded host it has doubled. So the suite asks for thrice the
limit, and --build, on a quiet machine, for the limit itself.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
UNIT_LIMIT = 30
BUILD_LIMIT = 6 * 60
CORES = 2
LINE = re.compile(r"(\d+)m([\d.]+)s (\d+)m([\d.]+)s (\S+)")


def read_log(text):
    """The processor seconds of what was made; the most of several times."""
    taken = {}
    for line in text.splitlines():
        found = LINE.fullmatch(line.strip())
        if found:
            minutes, seconds, more_minutes, more_seconds, made = found.groups()
            used = 60 * (int(minutes) + int(more_minutes)) + float(seconds) + float(more_seconds)
            taken[made] = max(used, taken.get(made, 0.0))
    return taken


def offenders(taken, limit=UNIT_LIMIT):
    return [made for made, seconds in taken.items() if seconds > limit]


def report(taken, limit=UNIT_LIMIT):
    """Says the slowest; whether all are quick enough."""
    for made, seconds in sorted(taken.items(), key=lambda one: -one[1])[:10]:
        print(f"{seconds:7.1f} s  {made}")
    bad = offenders(taken, limit)
    print(f"{sum(taken.values()):7.1f} s  in all, {len(taken)} made")
    for made in bad:
        print(f"too long: {made}: {taken[made]:.0f} s, at most {limit}")
    return not bad


def build(with_tests):
    """Builds everything anew, apart from all other builds; the log."""
    folder = ROOT / "build" / "build-time"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "times.log"
    launcher = f"{Path(__file__).resolve().parent / 'timed'};{log}"
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["cmake", "--preset", "release", "-B", folder,
                    f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}",
                    f"-DCMAKE_CXX_LINKER_LAUNCHER={launcher}",
                    f"-DCALLSIGN_BUILD_TESTS={'ON' if with_tests else 'OFF'}"], **quiet)
    began = time.monotonic()
    subprocess.run(["cmake", "--build", folder, "--parallel", str(CORES)], **quiet)
    print(f"{time.monotonic() - began:.0f} s by the clock, {CORES} at a time, load "
          f"{os.getloadavg()[1]:.1f}")
    return log


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("log", type=Path, nargs="?")
    parser.add_argument("--unit-limit", type=float, default=UNIT_LIMIT, metavar="SECONDS")
    parser.add_argument("--build", choices=("release", "tests"), nargs="?", const="release")
    asked = parser.parse_args()
    if asked.build:
        log = build(asked.build == "tests")
    elif asked.log:
        log = asked.log
    else:
        parser.error("a log or --build")
    if not log.is_file():
        print("nothing was compiled")
        return 0
    taken = read_log(log.read_text(encoding="utf-8"))
    is_good = report(taken, asked.unit_limit)
    if asked.build == "release":
        on_two = max(sum(taken.values()) / CORES, max(taken.values()))
        print(f"{on_two:7.1f} s  on {CORES} cores, at most {BUILD_LIMIT}")
        is_good = is_good and on_two <= BUILD_LIMIT
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
