"""One script over the wire: starts the program that the script names, and plays the script against it.

    wire_test.py CALLSIGN-SCRIPT FILE
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "app"))
import program  # noqa: E402

PROGRAMS = {"chat": program.CHAT, "echo": program.ECHO}


def main():
    player, script = sys.argv[1:]
    name = re.search(r"^program\s+(\w+)", Path(script).read_text(encoding="utf-8"), re.MULTILINE)[1]
    with program.Program(PROGRAMS[name], "--port", 0) as server:
        url = server.says(r"http(://[\w.]+:\d+)/")[1]
        played = subprocess.run(
            [player, "run", script, "--url", "ws" + url], timeout=program.LIMIT + 60, check=False
        )
    if played.returncode != 0:
        print(server.everything())
    return played.returncode


if __name__ == "__main__":
    sys.exit(main())
