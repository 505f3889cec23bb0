"""Code in README.md and docs/ is cut from files that are compiled.

    snippets.py ROOT            says `file:line: what is wrong`
    snippets.py --write ROOT    cuts every snippet anew and writes it into the page

A page holds a snippet like this:

    <!-- snippet: app/echo/main.cpp#handler -->
    ```cpp
    … the lines of app/echo/main.cpp between `// [handler]` and `// [handler] end`, dedented …
    ```

Without #name the snippet is the whole file. C++ that is not compiled says why:

    <!-- not compiled: the shape of a declaration, not a program -->
    ```cpp
"""

import re
import sys
import textwrap
from pathlib import Path

FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*([\w+-]*)")
SNIPPET = re.compile(r"^\s*<!--\s*snippet:\s*([^\s#]+)(?:#(\S+))?\s*-->\s*$")
EXCUSE = re.compile(r"^\s*<!--\s*not compiled:\s*(.*?)\s*-->\s*$")
CXX = {"cpp", "c++", "cxx", "hpp", "cc"}
COMPILED = {".cpp", ".hpp"}


class Unfit(Exception):
    """A snippet that cannot be cut."""


def cut(root, path, name):
    file = root / path
    if not file.is_file():
        raise Unfit(f"there is no {path}")
    if file.suffix not in COMPILED:
        raise Unfit(f"{path} is not compiled")
    lines = file.read_text(encoding="utf-8").splitlines()
    if name is None:
        kept = lines
    else:
        begin = [i for i, l in enumerate(lines) if l.strip() == f"// [{name}]"]
        end = [i for i, l in enumerate(lines) if l.strip() == f"// [{name}] end"]
        if len(begin) != 1 or len(end) != 1 or end[0] < begin[0]:
            raise Unfit(f"{path} needs one `// [{name}]` and one `// [{name}] end` after it")
        kept = lines[begin[0] + 1 : end[0]]
    # Marks of other snippets inside this one are not part of the text.
    kept = [l for l in kept if not re.fullmatch(r"\s*// \[[\w-]+\]( end)?", l)]
    return textwrap.dedent("\n".join(kept)).strip("\n").splitlines()


def check_page(root, page, write):
    wrong = []
    lines = page.read_text(encoding="utf-8").splitlines()
    shown = page.relative_to(root).as_posix()
    result = []
    i = 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        if not fence:
            if SNIPPET.match(lines[i]) and not (i + 1 < len(lines) and FENCE.match(lines[i + 1])):
                wrong.append(f"{shown}:{i + 1}: no fenced block follows")
            result.append(lines[i])
            i += 1
            continue
        start, close = i, fence[2]
        i += 1
        while i < len(lines) and lines[i].strip() != close:
            i += 1
        body = lines[start + 1 : i]
        before = lines[start - 1] if start else ""
        snippet, excuse = SNIPPET.match(before), EXCUSE.match(before)
        if snippet:
            try:
                wanted = [fence[1] + l if l else l for l in cut(root, snippet[1], snippet[2])]
                if write:
                    body = wanted
                elif [l.rstrip() for l in body] != [l.rstrip() for l in wanted]:
                    at = next((n for n, (a, b) in enumerate(zip(body, wanted)) if a.rstrip() != b.rstrip()),
                              min(len(body), len(wanted)))
                    there = wanted[at] if at < len(wanted) else "(no more lines)"
                    wrong.append(f"{shown}:{start + 2 + at}: differs from {snippet[1]}, which has: {there}")
            except Unfit as e:
                wrong.append(f"{shown}:{start}: {e}")
        elif fence[3].lower() in CXX and not (excuse and excuse[1]):
            wrong.append(f"{shown}:{start + 1}: C++ that no compiler sees; cut it from a file, or say why not")
        result += [lines[start], *body, *lines[i : i + 1]]
        i += 1
    if write and result != lines:
        page.write_text("\n".join(result) + "\n", encoding="utf-8")
    return wrong


def check(root, write=False):
    root = Path(root)
    pages = [p for p in [root / "README.md"] if p.is_file()] + sorted((root / "docs").rglob("*.md"))
    return [line for page in pages for line in check_page(root, page, write)]


def main():
    arguments = [a for a in sys.argv[1:] if a != "--write"]
    wrong = check(arguments[0] if arguments else ".", write="--write" in sys.argv)
    for line in wrong:
        print(line)
    print(f"{len(wrong)} snippets have drifted" if wrong else "all snippets are cut from compiled files")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
