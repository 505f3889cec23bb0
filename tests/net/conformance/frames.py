"""RFC 6455 frames as bytes: how a client writes them, how it reads a server's (sections 5 and 7).

No socket and no clock. The reader takes nothing on trust: what a server must not send (a mask, a
reserved bit, a length in a longer form than it needs, text that is not UTF-8, …) is `Unlawful`.
"""

import os
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KIND = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}


class Frame(NamedTuple):
    """One frame as a client sends it. What is unlawful about it is said on purpose."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0  # 4, 2, 1: RSV1, RSV2, RSV3
    is_masked: bool = True
    announced: int | None = None  # the length in the head, when it is not the payload's
    length_form: int | None = None  # 7, 16 or 64 bits for the length, when it is not the shortest

    def wire(self):
        key = os.urandom(4)
        body = masked(self.payload, key) if self.is_masked else self.payload
        return self.head() + (key if self.is_masked else b"") + body

    def head(self):
        """The frame up to its mask."""
        first = self.fin << 7 | self.rsv << 4 | self.opcode
        length = len(self.payload) if self.announced is None else self.announced
        form = self.length_form or (7 if length < 126 else 16 if length < 65536 else 64)
        mark = {7: length, 16: 126, 64: 127}[form]
        more = b"" if form == 7 else length.to_bytes(form // 8, "big")
        return bytes([first, self.is_masked << 7 | mark]) + more


def masked(data, key, offset=0):
    """Masks or unmasks; `offset` is how far into the payload `data` begins."""
    if not data:
        return b""
    turn = offset % 4
    pattern = key[turn:] + key[:turn]
    stream = (pattern * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(
        len(data), "little")


def close_frame(code=None, reason=b""):
    return Frame(CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + reason)


def fragmented(opcode, payload, size):
    """The message as frames of `size` bytes each; the last may be shorter."""
    starts = range(0, len(payload), size) if payload else (0,)
    return [
        Frame(CONTINUATION if at else opcode, payload[at:at + size], fin=at + size >= len(payload))
        for at in starts
    ]


class Unlawful(Exception):
    """The server sent what RFC 6455 forbids a server to send."""


class Reader:
    """Takes a server's bytes, gives what it says: (kind, payload), for a Close (kind, code, reason)."""

    def __init__(self):
        self.waiting = bytearray()
        self.opcode = None  # of the message that has begun
        self.parts = []
        self.has_closed = False

    def feed(self, data):
        """@returns what has become complete, in order. Raises `Unlawful`."""
        self.waiting += data
        heard = []
        while (frame := self._frame()) is not None:
            said = self._meaning(*frame)
            if said is not None:
                heard.append(said)
        if self.has_closed and self.waiting:
            raise Unlawful("bytes after the Close frame")
        return heard

    def _frame(self):
        have = self.waiting
        if len(have) < 2:
            return None
        if have[1] & 0x80:
            raise Unlawful("a masked frame from a server")
        if have[0] & 0x70:
            raise Unlawful("a reserved bit without an extension")
        length, start = have[1] & 0x7F, 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(have) < start:
                return None
            form, length = length, int.from_bytes(have[2:start], "big")
            if length < (126 if form == 126 else 65536) or length >> 63:
                raise Unlawful("a length in the wrong form")
        if len(have) < start + length:
            return None
        fin, opcode = bool(have[0] & 0x80), have[0] & 0x0F
        payload = bytes(memoryview(have)[start:start + length])
        del have[: start + length]
        return fin, opcode, payload

    def _meaning(self, fin, opcode, payload):
        if self.has_closed:
            raise Unlawful("a frame after the Close frame")
        if opcode >= 8:
            return self._control(fin, opcode, payload)
        if opcode == CONTINUATION:
            if self.opcode is None:
                raise Unlawful("a continuation of nothing")
        elif opcode in (TEXT, BINARY):
            if self.opcode is not None:
                raise Unlawful("a new message inside a fragmented one")
            self.opcode = opcode
        else:
            raise Unlawful(f"reserved opcode {opcode}")
        self.parts.append(payload)
        if not fin:
            return None
        opcode, whole = self.opcode, b"".join(self.parts)
        self.opcode, self.parts = None, []
        if opcode == TEXT:
            lawful_text(whole, "text message")
        return KIND[opcode], whole

    def _control(self, fin, opcode, payload):
        if not fin:
            raise Unlawful("a fragmented control frame")
        if len(payload) > 125:
            raise Unlawful("a control frame of more than 125 bytes")
        if opcode in (PING, PONG):
            return KIND[opcode], payload
        if opcode != CLOSE:
            raise Unlawful(f"reserved opcode {opcode}")
        self.has_closed = True
        if not payload:
            return "close", None, b""
        code = int.from_bytes(payload[:2], "big")
        if len(payload) == 1:
            raise Unlawful("a Close frame of one byte")
        if not (1000 <= code <= 1014 and code not in (1004, 1005, 1006) or 3000 <= code <= 4999):
            raise Unlawful(f"close code {code}")
        lawful_text(payload[2:], "close reason")
        return "close", code, payload[2:]


def lawful_text(data, what):
    try:
        data.decode("utf-8", "strict")
    except UnicodeDecodeError as why:
        raise Unlawful(f"a {what} that is not UTF-8: {why.reason}") from None
