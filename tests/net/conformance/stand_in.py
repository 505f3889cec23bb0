"""An echo server that keeps RFC 6455, unless it is told to break it in one particular way.

It exists to show that the conformance runner can pass and can fail; self_test.py has the list of what
each flaw must cost. Threads and blocking sockets: simple, and slow.
"""

import base64
import codecs
import hashlib
import socket
import threading

from frames import (BINARY, CLOSE, CONTINUATION, KIND, PING, PONG, TEXT, Frame, close_frame, masked)
from line import GUID

OPCODE = {kind: opcode for opcode, kind in KIND.items()}
FLAWS = {
    "echoes bad text", "finds bad text at the end of the message",
    "finds bad text at the end of the frame", "never answers a close", "leaves TCP open",
    "drops every message", "sends every message twice", "ignores reserved bits",
    "ignores reserved opcodes", "fails with the wrong code", "fails without a close",
    "forgets what was due when it fails", "answers pings after the message",
    "takes any close code", "masks its frames", "cuts messages at 1000 bytes",
    "answers after the close", "takes long control frames", "takes control frames in fragments",
    "takes stray continuations", "gives up on good text", "turns binary into text",
    "sends a fragmented pong", "takes one-byte closes",
}


class Failed(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class StandIn:
    """Listens on a free port until `stop`; every client has a thread."""

    def __init__(self, flaw=None):
        assert flaw is None or flaw in FLAWS, flaw
        self.flaw = flaw
        self.ears = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.ears.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.clients = set()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.ears.shutdown(socket.SHUT_RDWR)
        self.threads[0].join(10)
        self.ears.close()
        for client in list(self.clients):
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)

    def _accept(self):
        while True:
            try:
                client, _ = self.ears.accept()
            except OSError:
                return
            client.settimeout(60)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.clients.add(client)
            thread = threading.Thread(target=self._serve, args=(client,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, client):
        try:
            Conversation(client, self.flaw).run()
        except OSError:
            pass
        finally:
            self.clients.discard(client)
            client.close()


class Conversation:
    """One client's."""

    def __init__(self, client, flaw):
        self.client = client
        self.flaw = flaw
        self.waiting = bytearray()
        self.due = []  # frames for the client that a flaw holds back
        self.opcode = None  # of the message that has begun
        self.parts = []
        self.decoder = None
        self.checks_each = {
            "finds bad text at the end of the message": "message",
            "finds bad text at the end of the frame": "frame",
        }.get(flaw, "piece")

    def has(self, flaw):
        return self.flaw == flaw

    # -- bytes ---------------------------------------------------------------------------------

    def more(self):
        data = self.client.recv(1 << 18)
        if not data:
            raise ConnectionResetError
        self.waiting += data

    def take(self, size):
        while len(self.waiting) < size:
            self.more()
        data = bytes(memoryview(self.waiting)[:size])
        del self.waiting[:size]
        return data

    def send(self, opcode, payload=b"", fin=True):
        if self.has("cuts messages at 1000 bytes"):
            payload = payload[:1000]
        is_masked = self.has("masks its frames")
        self.client.sendall(Frame(opcode, payload, fin=fin, is_masked=is_masked).wire())

    # -- the conversation ----------------------------------------------------------------------

    def run(self):
        if not self.handshake():
            return
        try:
            while self.one_frame():
                pass
        except Failed as why:
            if not self.has("fails without a close"):
                code = 1011 if self.has("fails with the wrong code") else why.code
                self.client.sendall(close_frame(code)._replace(is_masked=False).wire())
        self.end()

    def handshake(self):
        while b"\r\n\r\n" not in self.waiting:
            self.more()
        head, _, rest = bytes(self.waiting).partition(b"\r\n\r\n")
        self.waiting = bytearray(rest)
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        accept = base64.b64encode(hashlib.sha1(lines[b"Sec-WebSocket-Key"] + GUID).digest())
        self.client.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        return True

    def end(self):
        """The server closes TCP first, and reads on until the client has done so too."""
        if not self.has("leaves TCP open"):
            self.client.shutdown(socket.SHUT_WR)
        while self.client.recv(1 << 18):
            pass

    def one_frame(self):
        """False: the conversation is over."""
        first, second = self.take(2)
        fin, rsv, opcode, length = first >> 7, first >> 4 & 7, first & 15, second & 127
        if rsv and not self.has("ignores reserved bits"):
            raise Failed(1002)
        if opcode not in (*KIND, CONTINUATION, CLOSE):
            if not self.has("ignores reserved opcodes"):
                raise Failed(1002)
        if opcode >= 8:
            if not fin and not self.has("takes control frames in fragments"):
                raise Failed(1002)
            if length > 125 and not self.has("takes long control frames"):
                raise Failed(1002)
        if length > 125:
            length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
        key = self.take(4)
        if opcode in (TEXT, BINARY, CONTINUATION):
            return self.data(opcode, fin, length, key)
        payload = masked(self.take(length), key)
        if opcode == CLOSE:
            return self.close(payload)
        if opcode == PING:
            self.pong(payload)
        return True

    def pong(self, payload):
        if self.has("answers pings after the message") and self.opcode is not None:
            self.due.append((PONG, payload))
        elif self.has("sends a fragmented pong"):
            self.send(PONG, payload, fin=False)
        else:
            self.send(PONG, payload)

    def data(self, opcode, fin, length, key):
        if opcode == CONTINUATION and self.opcode is None:
            if not self.has("takes stray continuations"):
                raise Failed(1002)
            opcode = BINARY
        if opcode != CONTINUATION:
            if self.opcode is not None:
                raise Failed(1002)
            self.opcode, self.parts = opcode, []
            self.decoder = codecs.getincrementaldecoder("utf-8")()
        left, frame = length, []
        while left:  # as it comes, so that bad text is found before the frame is whole
            if not self.waiting:
                self.more()
            size = min(left, len(self.waiting))
            piece = masked(self.take(size), key, length - left)
            left -= size
            frame.append(piece)
            self.check(piece, "piece")
        whole = b"".join(frame)
        self.check(whole, "frame")
        self.parts.append(whole)
        if fin:
            self.message()
        return True

    def check(self, data, when, is_last=False):
        if self.opcode != TEXT or self.has("echoes bad text") or when != self.checks_each:
            return
        try:
            self.decoder.decode(data, is_last)
        except UnicodeDecodeError:
            raise Failed(1007) from None
        if self.has("gives up on good text") and self.decoder.getstate()[0]:
            raise Failed(1007)

    def message(self):
        whole = b"".join(self.parts)
        unchecked = whole if self.checks_each == "message" else b""
        self.check(unchecked, self.checks_each, is_last=True)
        opcode, self.opcode = self.opcode, None
        if self.has("drops every message"):
            return
        if self.has("forgets what was due when it fails") and opcode == TEXT and self.more_waits():
            self.due.append((opcode, whole))
            return
        if self.has("turns binary into text"):
            opcode = TEXT
        self.send(opcode, whole)
        if self.has("sends every message twice"):
            self.send(opcode, whole)
        for frame in self.due:
            self.send(*frame)
        self.due.clear()

    def more_waits(self):
        """Whether the client has already sent something else."""
        self.client.settimeout(0.1)
        try:
            while not self.waiting:
                self.more()
        except TimeoutError:
            pass
        finally:
            self.client.settimeout(60)
        return bool(self.waiting)

    def close(self, payload):
        code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else None
        lawful = code is None or 1000 <= code <= 1014 and code not in (1004, 1005, 1006) \
            or 3000 <= code <= 4999
        if len(payload) == 1 and not self.has("takes one-byte closes"):
            raise Failed(1002)
        if not lawful and not self.has("takes any close code"):
            raise Failed(1002)
        try:
            payload[2:].decode("utf-8", "strict")
        except UnicodeDecodeError:
            if not self.has("echoes bad text"):
                raise Failed(1007) from None
        if self.has("never answers a close"):
            return True
        self.client.sendall(Frame(CLOSE, payload, is_masked=self.has("masks its frames")).wire())
        if self.has("answers after the close") and self.more_waits():
            self.one_frame()
        return False
