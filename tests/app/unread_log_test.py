"""A log that nobody reads must not stop the server, nor its end."""

import os
import select
import socket
import struct
import subprocess
import unittest

from program import CHAT, ECHO, LIMIT

CLIENTS = 1000  # each leaves a line of some 160 bytes; a pipe holds 64 KiB
HANDSHAKE = (
    "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
).encode()


def joins(port):
    line = socket.create_connection(("127.0.0.1", port), LIMIT)
    line.sendall(HANDSHAKE)
    head = b""
    while b"\r\n\r\n" not in head:
        more = line.recv(4096)
        if not more:
            break
        head += more
    return line, head


class UnreadLog(unittest.TestCase):
    def told(self, program, *words):
        reads, writes = os.pipe()
        self.addCleanup(os.close, reads)
        self.addCleanup(os.close, writes)
        child = subprocess.Popen(
            [program, "--port", "0", *words], stdout=subprocess.PIPE, stderr=writes, text=True
        )
        try:
            port = int(child.stdout.readline().rsplit(":", 1)[1].strip("/\n"))
            for _ in range(CLIENTS):
                line, head = joins(port)
                self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
                # Resets the line: an end that is an error, which the log tells.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.close()
            line, head = joins(port)
            self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
            line.close()
            child.terminate()
            self.assertEqual(child.wait(LIMIT), 0)
        finally:
            child.kill()
            child.wait(LIMIT)
            child.stdout.close()
        _, has_room, _ = select.select([], [writes], [], 0)
        self.assertEqual(has_room, [], "the pipe was never full")

    def test_stops_nobody(self):
        for program in (CHAT, ECHO):
            for placement in ("worker", "connection"):
                with self.subTest(program=os.path.basename(program), placement=placement):
                    self.told(program, "--placement", placement)


if __name__ == "__main__":
    unittest.main()
