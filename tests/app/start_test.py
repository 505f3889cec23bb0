"""app/chat/start, in a small tree of its own: the packages are there, and cmake only notes what it is told."""

import os
import shutil
import signal
import tempfile
import unittest
from pathlib import Path

from program import CHAT, Program

START = Path(__file__).resolve().parents[2] / "app" / "chat" / "start"

# Configures by leaving what Ninja would find, builds by linking the program that is there already.
CMAKE = """#!/bin/sh
echo "cmake $*" >>"$TREE/calls"
echo "this is cmake"
[ ! -e "$TREE/fails" ] || exit 1
case $1 in
  --preset) mkdir -p "$TREE/build/release" && : >"$TREE/build/release/build.ninja" ;;
  --build) mkdir -p "$2/app/chat" && ln -sf "$CHAT" "$2/app/chat/callsign-chat" ;;
esac
"""


class Start(unittest.TestCase):
    def setUp(self):
        self.tree = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        for folder in ("app/chat", "bin"):
            (self.tree / folder).mkdir(parents=True)
        shutil.copy(START, self.tree / "app/chat/start")
        self.script("app/ensure-packages", '#!/bin/sh\necho "packages $*" >>"$TREE/calls"\n')
        self.script("bin/cmake", CMAKE)
        (self.tree / "CMakePresets.json").write_text("{}")
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(
            TREE=str(self.tree), CHAT=CHAT, PATH=f"{self.tree / 'bin'}:{os.environ['PATH']}"
        )

    def script(self, name, text):
        file = self.tree / name
        file.write_text(text)
        file.chmod(0o755)

    def calls(self):
        """What was called since the last look."""
        file = self.tree / "calls"
        lines = file.read_text().splitlines()
        file.unlink()
        return lines

    def start(self, *words):
        return Program(self.tree / "app/chat/start", *words, cwd="/")

    def test_builds_and_hands_its_arguments_to_the_chat(self):
        with self.start("--help") as shown:
            self.assertEqual(shown.ends(), 0, shown.everything())
            self.assertIn("--max-per-address", "\n".join(shown.out))
            self.assertNotIn("this is cmake", shown.out)
            self.assertIn("this is cmake", shown.err)
        packages, configures, builds = self.calls()
        self.assertEqual(packages, "packages build")
        self.assertEqual(configures, "cmake --preset release -DCALLSIGN_BUILD_TESTS=OFF")
        self.assertRegex(builds, r"^cmake --build \S+/build/release --target callsign-chat ")

    def test_becomes_the_chat_and_ends_with_it(self):
        with self.start("--port", "0") as chat:
            self.assertGreater(chat.port(), 0)
            self.assertEqual(chat.stops(signal.SIGINT), 0, chat.everything())

    def test_configures_only_once(self):
        for configures in (True, False):
            with self.start("--version") as shown:
                self.assertEqual(shown.ends(), 0, shown.everything())
            said = "\n".join(self.calls())
            self.assertEqual("--preset" in said, configures, said)

    def test_says_so_when_the_chat_cannot_be_built(self):
        (self.tree / "fails").touch()
        with self.start() as failed:
            self.assertEqual(failed.ends(), 1, failed.everything())
            failed.says("^The chat could not be built", failed.err)
            self.assertEqual(failed.out, [])


if __name__ == "__main__":
    unittest.main()
