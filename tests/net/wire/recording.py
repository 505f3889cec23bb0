"""What clients said and heard, written down as it happens, for the test kit's checker of promises."""

import json
import os
import subprocess

CHECKER = os.environ["CALLSIGN_CHECK_PROMISES"]


class Recording:
    """One conversation. Each method is called when it happens to the client of that name."""

    def __init__(self):
        self.lines = []

    def _note(self, verb, who, *texts):
        self.lines.append("\t".join([verb, str(who), *map(written, texts)]))

    def admitted(self, who):
        self._note("admitted", who)

    def said(self, who, text):
        self._note("said", who, text)

    def heard(self, who, text):
        self._note("heard", who, text)

    def leaves(self, who):
        """It goes, and loses nothing from now on."""
        self._note("leaves", who)

    def ended(self, who):
        self._note("ended", who)

    def broken(self, greeting):
        """What is not as promised, in words."""
        done = subprocess.run([CHECKER, "--greeting", written(greeting)],
                              input="\n".join(self.lines) + "\n", capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or (done.returncode == 0) != (not done.stdout):
            raise RuntimeError(f"the checker failed: {done.stdout}{done.stderr}")
        return done.stdout.splitlines()


def written(text):
    """On one line, and always the same."""
    return json.dumps(text.hex() if isinstance(text, (bytes, bytearray)) else text)
