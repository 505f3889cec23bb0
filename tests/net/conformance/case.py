"""What a conformance case is: what is sent, what must come back, and how the connection must end.

A case is data. Its steps are made anew for each run, because some are large.
"""

from dataclasses import dataclass
from typing import Callable, NamedTuple

from frames import Frame, close_frame

# -- steps -----------------------------------------------------------------------------------------


class Send(NamedTuple):
    """Bytes, `chop` of them in each write (0: all in one)."""

    data: bytes
    chop: int = 0


class Quiet(NamedTuple):
    """The server has no reason to say anything now, nor to end the connection."""

    seconds: float


class Hears(NamedTuple):
    """The server says this before anything more is sent."""

    said: tuple


class EndsNow(NamedTuple):
    """The connection must end here. A server that waits for more is not strict, and gets more."""


class RoundTrips(NamedTuple):
    """So many messages, each sent when the one before has come back."""

    frame: Frame
    count: int


def one_write(*frames):
    return [Send(b"".join(f.wire() for f in frames))]


def write_each(*frames):
    return [Send(f.wire()) for f in frames]


def bytewise(*frames):
    return [Send(b"".join(f.wire() for f in frames), chop=1)]


# -- endings ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """How the connection ends. In every way the server is the one to close TCP, and in time."""

    codes: tuple  # of the server's Close; None: a Close without code
    client_closes: Frame | None = None  # sent once all that was expected has been said
    # The RFC lets an endpoint that fails a connection leave the Close out (7.1.7 says SHOULD), and the
    # public suite takes that as well. We do not: it is tolerated, but not strict.
    needs_close: bool = True
    is_informational: bool = False  # the case only asks that the server ends the connection lawfully


CLEAN = Ending((1000,), close_frame(1000))  # the client closes normally, and is answered
CLOSED_1000 = Ending((1000,))  # the same, the client's Close is among the steps
PROTOCOL_ERROR = Ending((1002,), needs_close=False)
BAD_TEXT = Ending((1007,), needs_close=False)

# -- the case --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    id: str
    says: str
    steps: Callable  # () -> iterable of steps
    hears: tuple  # what the server says before its Close, exactly and in this order
    ends: Ending
    also: tuple = ()  # other things it may say, which are not strict
    limit: float = 1.0  # seconds for the server to answer, and again to end
    is_large: bool = False  # too much to be sent byte by byte

    @property
    def category(self):
        return self.id.split(".")[0]

    def order(self):
        return tuple(int(part) for part in self.id.split("."))
