"""The walls between the rooms of this house, checked line by line.

    walls.py ROOT

Reads every include line below ROOT and says `file:line: what is wrong` for each one that crosses a
wall; so do a few other habits that a script can see (the top level, waiting in tests, forgotten
files). Long files are listed as warnings. Ends with 1 when something is wrong.

The rules are those of docs/architecture.md; each has a case in walls_test.py that makes it fail.
"""

import os
import re
import sys
from pathlib import Path, PurePosixPath

TOP_LEVEL = {"CMakeLists.txt", "actors", "net", "app", "tests", "docs", "README.md"}
INSISTED_ON = {"CMakePresets.json", "LICENSE"}  # by tools; dotfiles besides
NOT_OURS = {"build", "compile_commands.json", "CMakeUserPresets.json"}  # see .gitignore
SKIPPED_FOLDERS = {".git", ".cache", "build", "node_modules", "__pycache__"}

CXX = {".cpp", ".hpp", ".h", ".ipp", ".in"}
SCRIPTS = {".py", ".mjs", ".js", ".sh", ""}
LONG = 400

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
WAITING = re.compile(
    r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\s*\(|[^\w.]sleep\s*\(|time\.sleep\b"
    r"|asyncio\.sleep\s*\(\s*[^0)\s]|asyncio\.sleep\s*\(\s*0*\.|waitForTimeout|timers/promises"
    # setTimeout(resolve, …) waits; setTimeout(() => fail(…), …) is a limit.
    r"|setTimeout\s*\(\s*\w+\s*[,)]"
)
SHELL_WAITING = re.compile(r"(^|[;&|]\s*|\b(do|then)\s+)\s*sleep\s")
EXCUSED = re.compile(r"house: may wait, because \w+")


def inside(path, *folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def files_below(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS)
        for name in sorted(files):
            path = Path(folder, name)
            if not path.is_symlink():
                yield path.relative_to(root).as_posix(), path


def lines_of(path):
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # a picture


def without_comments(lines):
    """The same lines with // and /* */ comments blanked; good enough for include lines."""
    inside_comment = False
    for line in lines:
        text = ""
        while line:
            if inside_comment:
                _, end, line = line.partition("*/")
                inside_comment = not end
            else:
                code, start, line = line.partition("/*")
                if "//" in code:
                    code, start, line = code.split("//")[0], "", ""
                text += code
                inside_comment = bool(start)
        yield text


class House:
    def __init__(self, root):
        self.root = Path(root)
        self.wrong = []
        self.warnings = []

    def blame(self, path, line, text):
        self.wrong.append(f"{path}:{line}: {text}")

    # What an include line reaches: a file of ours as its path, or `caf`, `boost`, `std`, or the name.
    def reached(self, path, mark, name):
        if name.startswith("caf/"):
            return "caf"
        if name.startswith("boost/"):
            return "boost"
        if name == "liburing.h":
            return "liburing"
        candidates = []
        if mark == '"':
            candidates.append(PurePosixPath(path).parent / name)
        candidates.append(PurePosixPath(name))
        for room in ("actors/include", "net/include", "tests/kit/include"):
            candidates.append(PurePosixPath(room) / name)
        for candidate in candidates:
            found = os.path.normpath(candidate)
            if not found.startswith("..") and (self.root / found).is_file():
                return found
        if name.startswith("callsign/"):
            return "actors/include/" + name  # generated, as callsign/version.hpp is
        if mark == "<" and re.fullmatch(r"[a-z_0-9]+", name):
            return "std"
        return name

    def check_include(self, path, line, mark, name):
        to = self.reached(path, mark, name)
        ours = inside(to, "actors", "net", "app", "tests")
        public = inside(to, "actors/include", "net/include")
        native_caf = to == "actors/include/callsign/native/caf.hpp"
        native_json = to == "net/include/callsign/native/json.hpp"

        def no(why):
            self.blame(path, line, f"includes {name}, but {why}")

        # Direction.
        room = path.split("/")[0]
        above = {"actors": ("net", "app", "tests"), "net": ("app", "tests"), "app": ("tests",)}
        if inside(to, *above.get(room, ())):
            no(f"app → net → actors: {room}/ knows nothing of {to.split('/')[0]}/")
        if inside(path, "tests/kit") and inside(to, "app"):
            no("the test kit knows no program")

        # Public headers.
        if inside(path, "actors/include", "net/include"):
            native = "/native/" in path
            if to in ("caf", "boost"):
                if not native:
                    no("public headers show neither CAF nor Boost; only native/ may")
            elif ours and not public:
                no("public headers do not need private ones")
            elif to != "std" and not ours and not native:
                no("public headers stand on the standard library only")
            elif (native_caf or native_json) and not native:
                no("native/ is opt-in: no public header includes it")

        # The halves of net/ and the machines between them.
        if inside(path, "net/src/door", "net/src/rules"):
            pure = inside(to, "net/src/door", "net/src/rules") or to == "actors/src/utf8.hpp"
            if to != "std" and not public and not pure:
                no("door/ and rules/ stand on the standard library, each other and public headers")
            if native_caf or native_json:
                no("door/ and rules/ see neither CAF nor Boost")
        if inside(path, "net/src/beast"):
            if to == "caf" or native_caf or inside(to, "actors/src"):
                no("net/src/beast knows no actors")
            if inside(to, "net/src/bridge"):
                no("net/src/beast does not know net/src/bridge; they meet at net/src/door")
        if inside(path, "net/src/bridge"):
            if to == "boost" or native_json:
                no("net/src/bridge knows no sockets")
            if inside(to, "net/src/beast"):
                no("net/src/bridge does not know net/src/beast; they meet at net/src/door")

        # Who may see CAF and Boost at all.
        if to == "caf" and not inside(
            path,
            "actors/src",
            "net/src/bridge",
            "tests/kit",
            "tests/bench",
            "tests/install",
            "actors/include/callsign/native/caf.hpp",
        ):
            no("CAF is private to actors/src, net/src/bridge and tests/kit")
        if to == "boost" and not inside(
            path, "net/src/beast", "net/src/native", "net/include/callsign/native/json.hpp", "tests"
        ):
            no("Boost is private to net/src/beast")
        if to == "liburing" and not path.startswith("net/src/beast/ring"):
            no("liburing is private to net/src/beast/ring*")
        if (native_caf or native_json) and inside(path, "app"):
            no("programs need neither CAF nor Boost")
        if inside(path, "app") and ours and not public and not inside(to, "app"):
            no("programs see public headers only")

    def check_cxx(self, path, lines):
        for number, text in enumerate(without_comments(lines), 1):
            found = INCLUDE.match(text)
            if found:
                self.check_include(path, number, found[1], found[2])
        if inside(path, "app"):
            for number, line in enumerate(lines, 1):
                found = re.search(r"\bcaf\b|\bbeast\b|\bboost\b", line, re.IGNORECASE)
                if found:
                    self.blame(path, number, f"app/ does not mention {found[0]}")

    def check_waiting(self, path, lines, shell):
        for number, line in enumerate(lines, 1):
            before = lines[number - 2] if number > 1 else ""
            if EXCUSED.search(line) or EXCUSED.search(before):
                continue
            found = SHELL_WAITING.search(line) if shell else WAITING.search(" " + line)
            if found:
                self.blame(path, number, f"tests wait for something, never for a while: {found[0].strip()}")

    def check_listed(self, path):
        """A file that no list names is a test that never runs, or a header that is not installed."""
        for folder in PurePosixPath(path).parents:
            lists = self.root / folder / "CMakeLists.txt"
            if lists.is_file():
                name = re.escape(PurePosixPath(path).name)
                if not re.search(rf'(^|[\s"/]){name}($|[\s")])', lists.read_text(encoding="utf-8")):
                    self.blame(path, 1, f"is in no list of {(folder / 'CMakeLists.txt').as_posix()}")
                return

    def check_top_level(self):
        for entry in sorted(p.name for p in self.root.iterdir()):
            known = TOP_LEVEL | INSISTED_ON | NOT_OURS
            if entry not in known and not entry.startswith("."):
                self.blame(entry, 1, "the top level holds " + ", ".join(sorted(TOP_LEVEL)))

    def check(self):
        self.check_top_level()
        for path, file in files_below(self.root):
            suffix = file.suffix
            if suffix not in CXX | SCRIPTS:
                continue
            lines = lines_of(file)
            if suffix in CXX:
                self.check_cxx(path, lines)
                if suffix == ".cpp" or (suffix == ".hpp" and "/include/" in path):
                    self.check_listed(path)
            # A benchmark measures for a while; this folder's own cases spell the words.
            if inside(path, "tests") and not inside(path, "tests/bench", "tests/house"):
                shell = suffix == ".sh" or (suffix == "" and lines[:1] and "sh" in lines[0])
                if suffix != "" or shell:
                    self.check_waiting(path, lines, shell)
            if len(lines) > LONG and suffix != "":
                self.warnings.append(f"{path}: {len(lines)} lines; do two things live in it?")
        return not self.wrong


def main():
    house = House(sys.argv[1] if len(sys.argv) > 1 else ".")
    good = house.check()
    for line in house.warnings:
        print(f"warning: {line}")
    for line in house.wrong:
        print(line)
    print("all walls stand" if good else f"{len(house.wrong)} crossed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
