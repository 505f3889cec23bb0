"""The program callsign-script: what it says and how it ends.

    program_test.py CALLSIGN-SCRIPT
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "app"))
import program  # noqa: E402

PLAYER = sys.argv.pop(1)


def run(*words):
    return subprocess.run(
        [PLAYER, *words], capture_output=True, text=True, timeout=program.LIMIT, check=False
    )


class CallsignScript(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def script(self, text, name="some.script"):
        path = Path(self.folder.name, name)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_says_where_a_script_went_as_written(self):
        told = run("run", self.script("program echo\nana joins\nana -> \"a\"\nana <- \"a\"\n"))
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("at the altitude actors: as written", told.stdout)
        self.assertIn("at the altitude program: as written", told.stdout)

    def test_fails_at_the_line_of_the_script_with_a_chart(self):
        path = self.script("program echo\nana joins\nana -> \"a\"\nana <- \"b\"\n")
        told = run("run", path, "--at", "actors")
        self.assertEqual(told.returncode, 1)
        self.assertIn(f"{path}:4: ana should hear \"b\", but hears \"a\"", told.stderr)
        self.assertIn("|------->|   joins /", told.stderr)

    def test_fails_on_the_wire_at_the_line_of_the_script_with_a_chart(self):
        cases = {
            "ana <- \"b\"": "ana should hear \"b\", but hears \"a\"",
            "ana <- <01>": "ana should hear <01>, but hears \"a\"",
            "ana <- {\"a\": 1}": "ana should hear JSON with {\"a\": 1}, but hears \"a\"",
            "ana <- any order \"c\" \"b\"": "in any order, \"c\", \"b\", but hears \"a\"",
            "ana hears nothing": "ana should hear nothing, but hears \"a\"",
            "ana hears a pong": "ana should hear a pong, but hears \"a\"",
            "ana is told goodbye 1000": "ana should hear goodbye 1000, but hears \"a\"",
            "ana is cut off": "ana should hear the line is cut, but hears \"a\"",
            "ana is refused 403": "ana should be refused with HTTP 403, but hears \"a\"",
            "ana finds nobody": "ana should find nobody, but somebody listens",
            "quiet": "it is not quiet: ana hears \"a\"",
            "promises are kept": "no promise was watched",
            "kill WebSocketServer": "this cannot be done from outside",
            "bob joins from 10.0.0.7": "on the wire nobody chooses an address",
        }
        with program.Program(program.ECHO, "--port", 0) as server:
            url = "ws" + server.says(r"http(://[\w.]+:\d+)/")[1]
            for line, words in cases.items():
                with self.subTest(line):
                    path = self.script(f"program echo\nana joins\nana -> \"a\"\n{line}\n")
                    told = run("run", path, "--url", url)
                    self.assertEqual(told.returncode, 1, told.stdout)
                    self.assertIn(f"{path}:4: ", told.stderr)
                    self.assertIn(words, told.stderr)
                    self.assertIn("|------->|   \"a\"", told.stderr)

    def test_finds_broken_promises_on_the_wire(self):
        path = self.script(
            "program echo\nwatch promises greeting \"hello\"\nana joins\nana -> \"a\"\npromises are kept\n"
        )
        with program.Program(program.ECHO, "--port", 0) as server:
            url = "ws" + server.says(r"http(://[\w.]+:\d+)/")[1]
            told = run("run", path, "--url", url)
        self.assertEqual(told.returncode, 1)
        self.assertIn(f"{path}:5: a promise is broken: ana hears \"a\" before its greeting", told.stderr)

    def test_finds_nobody_where_nobody_listens(self):
        with program.Program(program.ECHO, "--port", 0) as server:
            url = "ws" + server.says(r"http(://[\w.]+:\d+)/")[1]
        told = run("run", self.script("program echo\nana joins\nana finds nobody\n"), "--url", url)
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_refuses_a_script_that_is_none_with_line_and_column(self):
        path = self.script("program echo\nana joins\nana jumps\n")
        for word in ("run", "check"):
            told = run(word, path)
            self.assertEqual(told.returncode, 2)
            self.assertIn(f"{path}:3:5: nobody can do this", told.stderr)

    def test_plays_the_others_although_one_is_wrong(self):
        good = self.script("program echo\nana joins\n", "good.script")
        told = run("run", self.script("ana jumps\n"), good)
        self.assertEqual(told.returncode, 2)
        self.assertIn("good.script at the altitude actors: as written", told.stdout)

    def test_says_how_it_is_used(self):
        self.assertEqual(run("--help").returncode, 0)
        for words in ([], ["run"], ["play", "x"], ["run", "x", "--at", "sea"], ["run", "x", "--url"]):
            told = run(*words)
            self.assertEqual(told.returncode, 2)
            self.assertIn("run FILE…", told.stderr)

    def test_plays_the_scripts_of_the_documentation(self):
        page = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
        found = re.findall(r"^```script\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
        self.assertTrue(found)
        for text in found:
            told = run("run", self.script(text))
            self.assertEqual(told.returncode, 0, told.stderr)

    def test_knows_only_its_own_programs(self):
        told = run("run", self.script("program mail\n"))
        self.assertEqual(told.returncode, 2)
        self.assertIn("there is no program 'mail' here", told.stderr)


if __name__ == "__main__":
    unittest.main()
