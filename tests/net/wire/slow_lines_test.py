"""Lines that say nothing, or say it slowly: rules V9, L-01 to L-05.

The request deadline is 5 s: whoever has not sent a whole request by then is gone a second later, and
meanwhile a good client is served as ever. All of it happens in the same six seconds.
"""

import selectors
import socket
import time
import unittest

from program import PATIENCE, REQUEST_DEADLINE, Wire, is_healthy

GONE = (REQUEST_DEADLINE + 1) * PATIENCE


def closed_by_server(sock):
    """Reads what there is. True: nothing more will come."""
    try:
        return sock.recv(65536) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True


class SlowLines(Wire):
    flags = ("--ping", "0")

    def connect(self, first=b""):
        sock = socket.create_connection(("127.0.0.1", self.running.port), timeout=10)
        self.addCleanup(sock.close)
        if first:
            sock.sendall(first)
        sock.setblocking(False)
        return sock

    def test_whoever_does_not_ask_is_gone_in_time(self):
        began = time.monotonic()
        head = b"GET / HTTP/1.1\r\nHost: a\r\n"
        silent = {self.connect(): "nothing"}
        silent |= {self.connect(head[:n]): f"{n} bytes" for n in (1, 3, 10, len(head))}
        silent |= {self.connect(): "nothing, one of a thousand" for _ in range(1000)}
        slow = [self.connect(), self.connect(head)]  # a byte a second, from the start or after a while

        ended = self.watch({**silent, **{s: "a byte a second" for s in slow}}, slow, began)

        for what, when in ended:
            self.assertLessEqual(when, GONE, what)
            self.assertGreater(when, 0.5, f"{what}: not even given a chance")
        self.assertEqual(len(ended), 1007)

    def watch(self, lines, slow, began):
        """@returns (what, seconds) for each line that the server has closed, until the limit"""
        ended = []
        healthy_at = [1, 2, 3, 4]
        next_byte = began + 1
        with selectors.DefaultSelector() as ready:
            for sock in lines:
                ready.register(sock, selectors.EVENT_READ)
            while ready.get_map() and time.monotonic() < began + GONE + 1:
                now = time.monotonic()
                if now >= next_byte:
                    next_byte += 1
                    for sock in slow:
                        self.dribble(sock)
                    if healthy_at:
                        healthy_at.pop()
                        asked = time.monotonic()
                        self.assertEqual(is_healthy(self.running), "")
                        self.assertLess(time.monotonic() - asked, 1 * PATIENCE)
                for key, _ in ready.select(max(0.0, next_byte - time.monotonic())):
                    if closed_by_server(key.fileobj):
                        ready.unregister(key.fileobj)
                        ended.append((lines[key.fileobj], time.monotonic() - began))
        return ended

    @staticmethod
    def dribble(sock):
        try:
            sock.send(b"X")
        except OSError:
            pass  # gone already; that will be read

    def test_a_body_that_does_not_come(self):
        began = time.monotonic()
        with self.running.line() as line:
            line.send(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
            line.answer(GONE)  # an answer or none
            self.assertLessEqual(time.monotonic() - began, GONE)


    def test_a_request_in_pieces_that_comes_in_time_is_served(self):
        with self.running.line() as line:
            send = line.send
            line.send = lambda data, *rest: send(data, 1)
            line.upgrade("/")
            line.send = send
            line.say_text("hello")
            self.assertEqual(line.next(5 * PATIENCE), ("text", b"hello"))


if __name__ == "__main__":
    unittest.main()
