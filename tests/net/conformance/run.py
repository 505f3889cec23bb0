"""The 301 cases of the public RFC 6455 suite that need no compression, against any echo server.

    run.py --url ws://127.0.0.1:8080/ [--cases '6.*,7.1.*'] [--bytewise] [--json FILE] [--list]

Proves from outside, with a client that is nothing but a socket, that a server keeps RFC 6455. Three
verdicts: `pass`; `non-strict`, for what the RFC lets through but says should not be (late detection
of bad UTF-8, a connection failed without a Close, an answer that was due before the failure and was
lost); `fail`. Non-strict counts as failed unless --lenient.

Ends with 0 when all passed, 1 when not, 2 when the server cannot be reached or no case was meant.
"""

import argparse
import fnmatch
import json
import sys
import time
from collections import Counter

import limits_cases
import protocol_cases
import utf8_cases
from judge import NON_STRICT, PASS, Judge, reachable
from line import parsed

CATEGORIES = {
    "1": ("framing", 16), "2": ("ping/pong", 11), "3": ("reserved bits", 7), "4": ("opcodes", 10),
    "5": ("fragmentation", 20), "6": ("UTF-8", 145), "7": ("close", 37),
    "9": ("limits/performance", 54), "10": ("auto-fragmentation", 1),
}


def all_cases():
    found = [*protocol_cases.cases(), *utf8_cases.cases(), *limits_cases.cases()]
    counted = Counter(case.category for case in found)
    assert len({case.id for case in found}) == len(found) == 301
    assert counted == {number: count for number, (_, count) in CATEGORIES.items()}, counted
    return sorted(found, key=lambda case: case.order())


def chosen(cases, patterns):
    patterns = [p.strip() for p in patterns.split(",")]
    return [c for c in cases if any(fnmatch.fnmatchcase(c.id, p) for p in patterns)]


def run(cases, judge, tell=print):
    """@returns the verdicts, in order; tells of those that did not pass"""
    verdicts = []
    for case in cases:
        verdict = judge.run(case)
        verdicts.append(verdict)
        if verdict.verdict != PASS:
            tell(f"{case.id} {verdict.verdict}: {case.says}\n    {verdict.why}")
    return verdicts


def table(verdicts):
    """One line for each category that was run."""
    counted = Counter((v.case.category, v.verdict) for v in verdicts)
    seconds = Counter()
    for v in verdicts:
        seconds[v.case.category] += v.seconds
    for number, (name, _) in CATEGORIES.items():
        row = {verdict: n for (category, verdict), n in counted.items() if category == number}
        if row:
            said = ", ".join(f"{n} {verdict}" for verdict, n in sorted(row.items(), reverse=True))
            yield f"{number:>3} {name:<20} {said}  ({seconds[number]:.1f} s)"


def as_json(verdicts, url):
    return {
        "url": url,
        "cases": [
            {"id": v.case.id, "says": v.case.says, "verdict": v.verdict, "why": v.why,
             "seconds": round(v.seconds, 4), "notes": list(v.notes)} for v in verdicts
        ],
    }


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="an echo server, ws://host:port/path")
    parser.add_argument("--cases", default="*", help="comma-separated patterns, such as 6.*,7.1.1")
    parser.add_argument("--bytewise", action="store_true", help="send every small case byte by byte")
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies every limit")
    parser.add_argument("--lenient", action="store_true", help="non-strict counts as passed")
    parser.add_argument("--json", metavar="FILE", help="write every verdict; - is standard output")
    parser.add_argument("--list", action="store_true", help="name the cases and do nothing")
    return parser.parse_args(argv)


def main(argv=None):
    args = arguments(argv)
    cases = chosen(all_cases(), args.cases)
    if args.list:
        for case in cases:
            print(case.id, case.says)
        return 0
    if args.url is None or not cases:
        why = "no --url" if args.url is None else f"no case is {args.cases}"
        print(f"run.py: {why}", file=sys.stderr)
        return 2
    host, port, target = parsed(args.url)
    if not reachable(host, port):
        print(f"run.py: nobody listens on {host}:{port}", file=sys.stderr)
        return 2

    began = time.monotonic()
    to_stdout = args.json == "-"
    tell = (lambda line: print(line, file=sys.stderr)) if to_stdout else print
    judge = Judge(host, port, target, bytewise=args.bytewise, patience=args.patience)
    verdicts = run(cases, judge, tell)
    for line in table(verdicts):
        tell(line)
    if args.json:
        text = json.dumps(as_json(verdicts, args.url), indent=1)
        if to_stdout:
            print(text)
        else:
            with open(args.json, "w", encoding="utf-8") as file:
                file.write(text + "\n")
    good = {PASS, NON_STRICT} if args.lenient else {PASS}
    passed = sum(v.verdict in good for v in verdicts)
    tell(f"{time.monotonic() - began:.1f} s")
    tell(f"{passed} passed, {len(verdicts) - passed} failed")
    return 0 if passed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
