"""Messages that never end: rules V9 and R16, the whole-message deadline.

A client that dribbles a message, as one frame or as many, with or without pings, is closed with 1008 once
30 s have passed, whatever it does meanwhile. All of it happens in the same half minute.
"""

import time
import unittest

from program import PATIENCE, Wire  # first: it knows where the client is

from frames import CONTINUATION, PING, TEXT, Frame
from line import TooLate

DEADLINE = 30.0  # seconds for a message to arrive whole


class SlowMessages(Wire):
    flags = ("--ping", "0", "--max-fragments", "100000")

    def test_whoever_does_not_finish_is_shown_out(self):
        long = Frame(TEXT, b"a" * 1000).wire()
        stories = {
            "a byte of a frame": lambda n: long[n:n + 1],
            "a fragment": lambda n: Frame(CONTINUATION if n else TEXT, b"a", fin=False).wire(),
            "a fragment and a ping": lambda n: (Frame(CONTINUATION if n else TEXT, b"a", fin=False).wire()
                                                + Frame(PING, b"%d" % n).wire()),
        }
        clients = {what: self.running.client() for what in stories}
        began = time.monotonic()
        ended = {}
        step = 0
        while len(ended) < len(stories) and time.monotonic() < began + DEADLINE + 3 * PATIENCE:
            for what, client in clients.items():
                if what not in ended:
                    client.send(stories[what](step))
            step += 1
            until = began + step * 0.5
            for what, client in clients.items():
                self.listen(what, client, until, ended, began)
        for client in clients.values():
            client.socket.close()
        self.assertEqual(set(ended), set(stories), "some are still there")
        for what, (code, when) in ended.items():
            self.assertEqual(code, 1008, what)
            self.assertGreater(when, DEADLINE - 1.5, what)
            self.assertLess(when, DEADLINE + 1.5 * PATIENCE, what)

    @staticmethod
    def listen(what, client, until, ended, began):
        """Hears what there is to hear until then."""
        while what not in ended:
            try:
                said = client.next(max(0.0, until - time.monotonic()))
            except TooLate:
                return
            if said[0] in ("close", "end"):
                ended[what] = said[1], time.monotonic() - began
            elif said[0] != "pong":
                raise AssertionError(f"{what}: {said}")


if __name__ == "__main__":
    unittest.main()
