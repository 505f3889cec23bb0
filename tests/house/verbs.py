"""Every verb of the test kit has a test in which it fails at its line.

    verbs.py ROOT

A verb is whatever a public header of the kit declares with a source location that stands for its line.
A test breaks it where it says

    line = this_line() + 1;
    ana.hears("hello");

and compares `line` with the line of the failure. Likewise each kind of line of a script has an entry
`fails("…", 2, …)` whose second line it is, and each misfortune of a hostile transport is tried alone. What
cannot fail says here why. Ends with 1 when something is missing.
"""

import re
import sys
from pathlib import Path

HEADERS = "tests/kit/include"
TESTS = "tests/kit/test"
LANGUAGE = "tests/kit/src/script/language.hpp"

NEVER_FAILS = {
    "allow": "it answers whether it was so",
    "native allow": "it answers whether it was so",
}

# How the kinds of lines that are not spelled like their names begin.
SPELLED = {
    "says": "->",
    "hears": "<-",
    "hears_in_any_order": "<- any order",
    "hears_pong": "hears a pong",
    "watch": "watch promises",
}
# These ask nothing of the program: what follows them fails, not they.
NEVER_FAILS_IN_SCRIPTS = {
    "at_once", "begins", "pings", "falls_silent", "ignores_goodbyes", "stops_reading", "reads_slowly",
    "reads_again", "watch", "hears_anything",
}


def verb_before(text, end):
    """The name of the function in whose parameters `end` is."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if text[at] == ")":
            depth += 1
        elif text[at] == "(":
            if depth == 0:
                return re.search(r"(\w+)\s*$", text[:at])[1]
            depth -= 1
    raise RuntimeError("a source location outside of parameters")


def verbs_of(root):
    """The verbs of all headers; those about CAF actors begin with "native "."""
    found = set()
    for header in sorted(Path(root, HEADERS).rglob("*.hpp")):
        text = re.sub(r"//[^\n]*", "", header.read_text(encoding="utf-8"))
        prefix = "native " if "native" in header.parts else ""
        for place in re.finditer(r"=\s*[\w:]+::current\(\)", text):
            found.add(prefix + verb_before(text, place.start()))
    return found


def text_of_tests(root):
    return [test.read_text(encoding="utf-8") for test in sorted(Path(root, TESTS).glob("*.cpp"))]


def broken_verbs(text, verbs):
    """Those that fail at a line which the test knows: of each such line, the last verb."""
    for place in re.finditer(r"\bline = this_line\(\) \+ 1;\s*\n([^\n]*)", text):
        called = re.findall(r"\b(\w+)\s*([<(])", place[1])
        mine = [("native " if mark == "<" else "") + name for name, mark in called]
        mine = [name for name in mine if name in verbs]
        if mine:
            yield mine[-1]


def kinds_of_lines(root):
    text = Path(root, LANGUAGE).read_text(encoding="utf-8")
    inside = re.search(r"struct script_step \{\s*enum class kind[^{]*\{(.*?)\};", text, re.S)[1]
    return re.findall(r"^\s*(\w+),", inside, re.M)


LITERAL = r'"(?:[^"\\]|\\.)*"'


def failing_lines(text):
    """The lines of scripts that a test says will fail, without what is said in them."""
    begin = ""
    for place in re.finditer(rf"\bbegin = ({LITERAL});|\bfails\(((?:{LITERAL}|\bbegin\b|[\s+])+),\s*(\d+)", text):
        if place[1]:
            begin = place[1]
            continue
        literals = re.findall(LITERAL, re.sub(r"\bbegin\b", lambda _: begin, place[2]))
        script = "".join(one[1:-1] for one in literals)
        lines = script.split("\\n")
        number = int(place[3])
        if number <= len(lines):
            yield re.sub(r'\\"(?:[^"\\]|\\[^"])*\\"', "''", lines[number - 1])


def misfortunes(root):
    text = Path(root, HEADERS, "callsign/testkit/hostile.hpp").read_text(encoding="utf-8")
    return re.findall(r"^\s*(\w+),", re.search(r"enum class misfortune \{(.*?)\};", text, re.S)[1], re.M)


def missing(root):
    """In words, a line each."""
    tests = text_of_tests(root)
    verbs = verbs_of(root)
    if not verbs:
        yield f"{HEADERS}: there is no verb at all"
    broken = {name for text in tests for name in broken_verbs(text, verbs)}
    for name in sorted(verbs - broken - set(NEVER_FAILS)):
        yield f"{TESTS}: no test breaks '{name}' and looks at the line of the failure"
    for name in sorted(set(NEVER_FAILS) - verbs):
        yield f"tests/house/verbs.py: there is no verb '{name}' any more"

    lines = [line for text in tests for line in failing_lines(text)]
    kinds = kinds_of_lines(root)
    for kind in kinds:
        words = SPELLED.get(kind, kind.replace("_", " "))
        # "<-" begins the longer one, too.
        others = [one for one in SPELLED.values() if one != words and one.startswith(words)]
        mine = [line for line in lines if words in line and not any(one in line for one in others)]
        if kind not in NEVER_FAILS_IN_SCRIPTS and not mine:
            yield f"{TESTS}: no script fails at a line with '{words}'"
    for kind in sorted(NEVER_FAILS_IN_SCRIPTS - set(kinds)):
        yield f"tests/house/verbs.py: there is no line '{kind}' any more"

    for name in misfortunes(root):
        if not any(re.search(rf"\{{misfortune::{name}, \"", text) for text in tests):
            yield f"{TESTS}: nobody fails of misfortune '{name}' alone"


def main():
    wrong = list(missing(sys.argv[1] if len(sys.argv) > 1 else "."))
    for line in wrong:
        print(line)
    print("each verb can fail" if not wrong else f"{len(wrong)} missing")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
