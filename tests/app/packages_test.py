"""app/ensure-packages, with stand-ins for what it calls: what is there, what is missing, and who asks."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "app" / "ensure-packages"

# Everything is installed that $THERE names.
DPKG_QUERY = """#!/bin/sh
for last; do :; done
case " $THERE " in *" $last "*) printf installed ;; *) exit 1 ;; esac
"""


class EnsurePackages(unittest.TestCase):
    def setUp(self):
        self.bin = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        for name in ("bash", "tr", "sed", "paste", "env"):
            (self.bin / name).symlink_to(shutil.which(name))
        self.script("dpkg-query", DPKG_QUERY)
        self.script("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$BIN/calls"\n[ ! -e "$BIN/fails" ] || exit 100\n')
        self.script("sudo", '#!/bin/sh\necho sudo >>"$BIN/calls"\nexec "$@"\n')

    def script(self, name, text):
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)

    def run_script(self, *groups, user=1000, there="", commands=()):
        self.script("id", f"#!/bin/sh\necho {user}\n")
        for name in commands:
            self.script(name, "#!/bin/sh\n")
        (self.bin / "calls").write_text("")
        self.ran = subprocess.run(
            ["bash", str(SCRIPT), *groups], env={"PATH": str(self.bin), "THERE": there, "BIN": str(self.bin)},
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        return (self.bin / "calls").read_text().splitlines()

    LIBRARIES = (
        "libcaf-dev libboost1.81-dev libboost-system1.81-dev libboost-json1.81-dev liburing-dev libcli11-dev libspdlog-dev"
    )
    COMMANDS = ("g++", "cmake", "ninja", "ccache")

    def test_is_silent_when_nothing_is_missing(self):
        self.assertEqual(self.run_script(there=self.LIBRARIES, commands=self.COMMANDS), [])
        self.assertEqual((self.ran.returncode, self.ran.stdout, self.ran.stderr), (0, "", ""))

    def test_says_what_it_installs_and_asks_sudo_for_it(self):
        there = self.LIBRARIES.replace("libcaf-dev ", "")
        calls = self.run_script("build", there=there, commands=self.COMMANDS[1:])
        self.assertEqual(self.ran.returncode, 0, self.ran.stderr)
        self.assertEqual(self.ran.stderr, "Installing with apt-get (as root, through sudo): g++ libcaf-dev\n")
        self.assertEqual(calls[0], "sudo")
        self.assertTrue(calls[1].endswith(" update"), calls)
        self.assertEqual(calls[2], "sudo")
        self.assertTrue(calls[3].endswith(" install --yes --no-install-recommends g++ libcaf-dev"), calls)

    def test_needs_no_sudo_as_root(self):
        calls = self.run_script("build", user=0, there=self.LIBRARIES, commands=self.COMMANDS[1:])
        self.assertEqual(self.ran.stderr, "Installing with apt-get: g++\n")
        self.assertEqual([one.split()[0] for one in calls], ["apt-get", "apt-get"])

    def test_without_sudo_says_what_to_do(self):
        (self.bin / "sudo").unlink()
        calls = self.run_script("build", there=self.LIBRARIES, commands=self.COMMANDS[1:])
        self.assertEqual((self.ran.returncode, calls), (1, []))
        self.assertIn("as root: apt-get install g++", self.ran.stderr)

    def test_says_which_packages_could_not_be_installed(self):
        (self.bin / "fails").touch()
        self.run_script("build", user=0, there=self.LIBRARIES, commands=self.COMMANDS[1:])
        self.assertEqual(self.ran.returncode, 1)
        self.assertIn("apt-get update failed", self.ran.stderr)
        self.assertIn("apt-get could not install: g++", self.ran.stderr)

    def test_knows_its_groups(self):
        self.run_script("everything")
        self.assertEqual(self.ran.returncode, 1)
        self.assertIn("no group 'everything' (build, test, coverage)", self.ran.stderr)

    def test_on_another_system_lists_what_is_needed(self):
        (self.bin / "dpkg-query").unlink()
        self.run_script("build")
        self.assertEqual(self.ran.returncode, 1)
        self.assertIn("this is not Debian", self.ran.stderr)
        self.assertIn("libcaf-dev", self.ran.stderr)


if __name__ == "__main__":
    unittest.main()
