"""callsign-echo passes the 301 cases, each strictly (RFC 6455).

    echo_test.py [flags of callsign-echo …] [-- options of run.py …]

Starts the program as the conformance runs are meant to be started, on a free port.
"""

import sys
from pathlib import Path

import run

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "wire"))

from program import PATIENCE, Program  # noqa: E402

FLAGS = ("--max-message", "33554432", "--max-fragments", "100000", "--ping", "0")


def main():
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    with Program("echo", *FLAGS, *words[:cut]) as echo:
        return run.main(["--url", echo.url, "--patience", str(PATIENCE), *words[cut + 1:]])


if __name__ == "__main__":
    sys.exit(main())
