"""Runs one case against a server and says what it was worth: pass, non-strict, or fail, and why."""

import socket
import time
from typing import NamedTuple

from case import EndsNow, Hears, Quiet, RoundTrips, Send
from frames import KIND, close_frame
from line import Line, Refused, TooLate

PASS, NON_STRICT, FAIL = "pass", "non-strict", "fail"
SMALL = 2048  # bytes in all: what can be sent byte by byte in no time


class Verdict(NamedTuple):
    case: object
    verdict: str
    why: str  # empty when it passed
    seconds: float
    notes: tuple  # what is worth knowing but decides nothing


class Wrong(Exception):
    """The server did what the case does not allow."""


def short(said):
    """For people: what was said, cut."""
    def one(event):
        if event[0] in ("text", "binary", "ping", "pong"):
            data = event[1]
            return f"{event[0]} {data!r}" if len(data) <= 40 else f"{event[0]} of {len(data)} bytes"
        return " ".join(str(part) for part in event)
    return "; ".join(one(event) for event in said) or "nothing"


class Judge:
    def __init__(self, host, port, target, *, bytewise=False, patience=1.0):
        self.where = host, port, target
        self.is_bytewise = bytewise
        self.patience = patience  # every limit is multiplied by it

    def run(self, case):
        began = time.monotonic()
        trial = Trial(case, self)
        try:
            trial.run()
        except Wrong as why:
            trial.fail(str(why))
        except (Refused, TooLate, OSError) as why:
            trial.fail(f"{type(why).__name__}: {why}")
        return Verdict(case, trial.verdict, trial.why, time.monotonic() - began, tuple(trial.notes))


class Trial:
    """One case, once."""

    def __init__(self, case, judge):
        self.case, self.judge = case, judge
        self.limit = case.limit * judge.patience
        self.end_limit = min(case.limit, 1.0) * judge.patience
        self.verdict, self.why, self.notes = PASS, "", []
        self.said = []  # messages and pongs, in order
        self.ending = []  # the Close and the end of the line
        self.has_closed = case.category == "7"  # the client's Close: there it is among the steps

    def fail(self, why):
        self.verdict, self.why = FAIL, f"{self.why}; {why}" if self.why else why

    def not_strict(self, why):
        if self.verdict == PASS:
            self.verdict, self.why = NON_STRICT, why

    def run(self):
        host, port, target = self.judge.where
        with Line(host, port, limit=max(10.0, self.limit)) as self.line:
            self.line.upgrade(target)
            for step in self.case.steps():
                self.take(step)
            self.finish()

    # -- steps ---------------------------------------------------------------------------------

    def take(self, step):
        if isinstance(step, Send):
            small = len(step.data) <= SMALL and not self.case.is_large
            self.line.send(step.data, 1 if self.judge.is_bytewise and small else step.chop)
        elif isinstance(step, Quiet):
            self.quiet(step.seconds)
        elif isinstance(step, Hears):
            self.hear_until(lambda: len(self.said) >= len(step.said))
            if tuple(self.said) != step.said:
                raise Wrong(f"expected {short(step.said)} at this point, heard {short(self.said)}")
        elif isinstance(step, EndsNow):
            self.hear_until(lambda: self.ending)
            if not self.ending:
                self.not_strict("the end came late")
        elif isinstance(step, RoundTrips):
            self.round_trips(step.frame, step.count)

    def quiet(self, seconds):
        before = len(self.said)
        self.hear_until(lambda: self.ending or len(self.said) > before, seconds)
        if self.ending or len(self.said) > before:
            raise Wrong(f"expected silence, heard {short(self.said[before:] + self.ending)}")

    def round_trips(self, frame, count):
        wire = frame.wire()
        expected = KIND[frame.opcode], frame.payload
        for number in range(count):
            self.line.send(wire)
            self.hear_until(lambda: len(self.said) > 0)
            if self.said != [expected]:
                raise Wrong(f"round trip {number + 1}: heard {short(self.said + self.ending)}")
            self.said.clear()

    # -- hearing -------------------------------------------------------------------------------

    def hear_until(self, enough, limit=None):
        deadline = time.monotonic() + (self.limit if limit is None else limit)
        while not enough() and not self.line.has_ended or self.line.taken < len(self.line.heard):
            try:
                self.note(self.line.next(max(0.0, deadline - time.monotonic())))
            except TooLate:
                return

    def note(self, event):
        if event[0] == "unlawful":
            if self.case.ends.is_informational:
                self.ending.append(("end", event[1]))
                self.notes.append(event[1])
                return
            raise Wrong(f"the server broke the protocol: {event[1]}")
        if event[0] == "ping":
            self.notes.append("the server sent a ping")  # and was answered
        elif event[0] in ("close", "end"):
            self.ending.append(event)
            if event[0] == "close" and not self.has_closed:
                # Section 5.5.1: a Close is answered, so that the other side can close TCP.
                self.line.say(close_frame(event[1]))
                self.has_closed = True
        else:
            self.said.append(event)

    # -- the end -------------------------------------------------------------------------------

    def finish(self):
        expected = tuple(self.case.hears)
        ends = self.case.ends
        if ends.client_closes:
            self.hear_until(lambda: len(self.said) >= len(expected) or self.ending)
            self.line.say(ends.client_closes)
            self.has_closed = True
        for what in ("close", "end"):
            self.hear_until(lambda: any(e[0] == what for e in self.ending), self.end_limit)
        self.check_said(expected)
        self.check_end()

    def check_said(self, expected):
        said = tuple(self.said)
        if said == expected:
            return
        what = f"expected {short(expected)}; heard {short(said)}"
        if self.case.ends.is_informational:
            self.notes.append(what)
        elif said in self.case.also:
            self.not_strict(what)
        else:
            self.fail(what)

    def check_end(self):
        ends = self.case.ends
        close = next((e for e in self.ending if e[0] == "close"), None)
        end = next((e for e in self.ending if e[0] == "end"), None)
        if end is None:
            self.fail("the server did not close TCP in time")
        elif end[1] == "reset":
            self.notes.append("the line ended with a reset")
        if ends.is_informational:
            if close:
                self.notes.append(f"closed with {close[1]}")
            return
        codes = " or ".join("no code" if c is None else str(c) for c in ends.codes)
        if close is None:
            if ends.needs_close:
                self.fail(f"no Close; expected one with {codes}")
            elif end is not None:
                self.not_strict(f"TCP was closed without a Close; expected one with {codes}")
        elif close[1] not in ends.codes:
            self.fail(f"Close with {close[1]}; expected {codes}")


def reachable(host, port, limit=5.0):
    """Whether anybody listens there."""
    try:
        socket.create_connection((host, port), timeout=limit).close()
        return True
    except OSError:
        return False
