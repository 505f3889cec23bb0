"""A client's line to a server: a raw socket, the opening handshake, and waits that all have a limit.

Standard library only, so that nothing between this file and the server can hide a fault of either.
"""

import base64
import errno
import hashlib
import os
import select
import socket
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from frames import PONG, TEXT, Frame, Reader, Unlawful, close_frame

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
GONE = {errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN, errno.ENOTCONN}


class TooLate(Exception):
    """What was waited for did not happen within the limit."""


class Answer(NamedTuple):
    """The head of an HTTP answer."""

    status: int
    headers: dict  # lower-case names; of a repeated header the last
    rest: bytes
    head: bytes


class Line:
    """One TCP connection.

    `heard` has everything the server said, in order: ("text", b"…"), ("binary", …), ("ping", …),
    ("pong", …), ("close", code or None, reason), and last ("end", "in order" or "reset"), or
    ("unlawful", why) when the server broke the protocol.
    """

    def __init__(self, host, port, limit=10.0, source=None, room=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if room:  # for what is not read yet; before connecting, or it is too late
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        if source:
            self.socket.bind(source)
        self.socket.settimeout(limit)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.host, self.port, self.limit = host, port, limit
        self.reader = None
        self.raw = bytearray()  # before the handshake is over, and for lines that stay plain HTTP
        self.heard = []
        self.taken = 0  # how much of `heard` was given to whoever waits
        self.has_ended = False
        self.answers_pings = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # -- bytes ---------------------------------------------------------------------------------

    def send(self, data, chop=0, limit=None):
        """Writes all of it, `chop` bytes a write, and reads meanwhile. False: the line has ended."""
        deadline = time.monotonic() + (limit or self.limit)
        view = memoryview(data)
        at = 0
        while at < len(view):
            stop = min(len(view), at + chop) if chop else len(view)
            while at < stop:
                if self.has_ended:
                    return False
                try:
                    at += self.socket.send(view[at:stop])
                except BlockingIOError:
                    self._wait(deadline, for_room=True)
                except OSError as why:
                    if why.errno not in GONE:
                        raise
                    self._drain(deadline)
                    return False
            if chop and not self.has_ended:
                self._wait(0)
        return True

    def _drain(self, deadline):
        """After a write has failed: what the server said before is still there to be read."""
        while not self.has_ended and self._wait(deadline):
            pass

    def _wait(self, deadline, for_room=False):
        """Waits for the line to do something, reads what came. False: nothing until the deadline."""
        left = max(0.0, deadline - time.monotonic())
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | (select.POLLOUT if for_room else 0))
        events = poll.poll(left * 1000)
        if not events:
            if for_room:
                raise TooLate("the server does not read")
            return False
        if events[0][1] & ~select.POLLOUT:
            self._read()
        return True

    def _read(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as why:
            if why.errno not in GONE:
                raise
            self._over("reset")
            return
        if not data:
            self._over("in order")
        elif self.reader is None:
            self.raw += data
        else:
            self._feed(data)

    def _feed(self, data):
        try:
            said = self.reader.feed(data)
        except Unlawful as why:
            self.heard.append(("unlawful", str(why)))
            self.has_ended = True
            return
        for one in said:
            if one[0] == "ping" and self.answers_pings:
                self._answer(Frame(PONG, one[1]))
        self.heard += said

    def _answer(self, frame):
        try:
            self.socket.send(frame.wire())
        except OSError:
            pass  # the end of the line will be read

    def _over(self, how):
        if not self.has_ended:
            self.has_ended = True
            self.heard.append(("end", how))

    # -- HTTP ----------------------------------------------------------------------------------

    def answer(self, limit=None):
        """The next HTTP answer's head; None when the line ends without one."""
        deadline = time.monotonic() + (limit or self.limit)
        while b"\r\n\r\n" not in self.raw:
            if self.has_ended:
                return None
            if not self._wait(deadline):
                raise TooLate(f"no HTTP answer, only {bytes(self.raw[:200])!r}")
        head, _, rest = bytes(self.raw).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return Answer(int(first.split(" ")[1]), headers, rest, head)

    def upgrade(self, target="/", headers=()):
        """The opening handshake (section 4.1). Raises `Refused` unless it is granted, and well."""
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {target} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key.decode()}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self.send("\r\n".join([*lines, "", ""]).encode())
        got = self.answer()
        if got is None or got.status != 101:
            raise Refused(got)
        token = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        for name, value in (("sec-websocket-accept", token), ("upgrade", "websocket"),
                            ("connection", "upgrade")):
            if got.headers.get(name, "").lower() != value.lower():
                raise Refused(got)
        if "sec-websocket-extensions" in got.headers:
            raise Refused(got)
        self.reader = Reader()
        self.raw.clear()
        if got.rest:
            self._feed(got.rest)
        return got

    # -- what is said --------------------------------------------------------------------------

    def say(self, *frames, chop=0):
        return self.send(b"".join(f.wire() for f in frames), chop)

    def say_text(self, text):
        return self.say(Frame(TEXT, text.encode()))

    def close(self, code=1000, reason=b""):
        return self.say(close_frame(code, reason))

    def next(self, limit=None):
        """The next thing the server says; the end of the line is one. Raises `TooLate`."""
        deadline = time.monotonic() + (self.limit if limit is None else limit)
        while self.taken == len(self.heard):
            if self.has_ended:
                return ("end", "long ago")
            if not self._wait(deadline):
                raise TooLate("the server says nothing")
        self.taken += 1
        return self.heard[self.taken - 1]

    def until_the_end(self, limit):
        """Everything that is still said until the line is over. Raises `TooLate`."""
        deadline = time.monotonic() + limit
        rest = []
        while not rest or rest[-1][0] not in ("end", "unlawful"):
            rest.append(self.next(max(0.0, deadline - time.monotonic())))
        return rest


class Refused(Exception):
    """The opening handshake was not granted, or not as section 4.2.2 says."""

    def __init__(self, answer):
        super().__init__("no answer" if answer is None else answer.head.decode("latin-1"))
        self.answer = answer


def parsed(url):
    """@returns host, port, target of a ws:// URL"""
    parts = urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname:
        raise ValueError(f"not a ws:// URL: {url}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.hostname, parts.port or 80, target
