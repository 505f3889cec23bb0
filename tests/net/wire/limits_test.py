"""Every limit that a flag can set, exceeded from outside: what the client sees. Rules F-01, V10, V13.

Counters and log lines are checked where they can be seen, in the C++ tests.
"""

import os
import select
import socket
import struct
import time
import unittest

from program import CLOSE_DEADLINE, PATIENCE, Program, is_healthy  # first: it knows where the client is

from frames import BINARY, PONG, TEXT, Frame
from line import Line, Refused, TooLate

SECOND = 1.0 * PATIENCE


class Sizes(unittest.TestCase):
    def test_the_apps_take_64_kib_unless_told_otherwise(self):
        self.takes_exactly(65536, "--ping", "0")

    def test_and_what_they_are_told(self):
        self.takes_exactly(1000, "--max-message", "1000")
        self.takes_exactly(3 * 1024 * 1024, "--max-message", "3M")  # more than the outbox holds as is

    def takes_exactly(self, size, *flags):
        with Program("echo", *flags) as echo:
            with echo.client() as client:
                client.say(Frame(BINARY, b"a" * size))
                self.assertEqual(client.next(10 * PATIENCE), ("binary", b"a" * size))
                client.say(Frame(BINARY, b"a" * (size + 1)))
                self.assertEqual(client.next(SECOND)[:2], ("close", 1009))
                self.assertEqual(client.next(SECOND)[0], "end")
            self.assertEqual(is_healthy(echo), "")


class Fragments(unittest.TestCase):
    def test_as_many_as_told(self):
        with Program("echo", "--max-fragments", "3") as echo, echo.client() as client:
            three = [Frame(BINARY, b"a", fin=False), Frame(0, b"b", fin=False), Frame(0, b"c")]
            client.say(*three, *three)
            self.assertEqual([client.next(SECOND) for _ in range(2)], [("binary", b"abc")] * 2)
            client.say(*three[:2], three[1], three[2])
            self.assertEqual(client.next(SECOND)[:2], ("close", 1009))


class Heartbeat(unittest.TestCase):
    def test_a_silent_client_is_asked_and_one_that_does_not_answer_is_given_up(self):
        with Program("chat", "--ping", "1") as chat, chat.client() as ana, chat.client() as bob, \
                chat.client() as eve:
            bob.answers_pings = False
            clients = (ana, bob, eve)
            began = time.monotonic()
            for client, notices in zip(clients, (2, 1, 0)):
                expected = [b"Welcome on the chat!"] + [b"New client connected"] * notices
                self.assertEqual([client.next(SECOND)[1] for _ in expected], expected)
            for client in clients:
                self.assertEqual(client.next(2.5 * PATIENCE)[0], "ping")
            # Bob hears no more than a Close, and is cut; found within 45 s, and with this flag sooner.
            ending = bob.until_the_end(25 * PATIENCE)
            self.assertEqual(ending[-1][0], "end", ending)
            self.assertTrue(all(said[0] in ("ping", "close", "end") for said in ending), ending)
            self.assertGreater(time.monotonic() - began, 1.5, "bob was hardly given a chance")
            for leaver, others in ((bob, (ana, eve)), (ana, (eve,)), (eve, ())):
                if leaver is not bob:  # they have answered, and are still there
                    leaver.close(1000)
                    self.assertEqual(leaver.next(SECOND)[:2], ("close", 1000))
                for client in others:
                    said = client.next(2 * SECOND)
                    while said[0] == "ping":
                        said = client.next(2 * SECOND)
                    self.assertEqual(said, ("text", b"Client disconnected"))

    def test_whoever_speaks_is_not_asked(self):
        with Program("echo", "--ping", "1") as echo, echo.client() as client:
            began = time.monotonic()
            while time.monotonic() < began + 2.5:
                client.say(Frame(PONG))  # any frame is a sign of life
                client.say_text("here")
                self.assertEqual(client.next(SECOND), ("text", b"here"))

    def test_nobody_is_asked_when_it_is_off(self):
        with Program("echo", "--ping", "0") as echo, echo.client() as client:
            client.say_text("here")
            self.assertEqual(client.next(SECOND), ("text", b"here"))
            with self.assertRaises(TooLate):
                client.next(2.5)


class Connections(unittest.TestCase):
    def refused(self, program, source=None):
        with self.assertRaises(Refused) as no:
            program.client(source=source)
        self.assertEqual(no.exception.answer.status, 503)

    def let_in_soon(self, program, source=None):
        """The place of a client that has left is free as soon as the server knows."""
        deadline = time.monotonic() + 5 * PATIENCE
        while True:
            try:
                return program.client(source=source)
            except Refused as no:
                self.assertEqual(no.answer.status, 503)
                self.assertLess(time.monotonic(), deadline, "the place never became free")

    def test_no_more_than_told(self):
        with Program("echo", "--max-connections", "3") as echo:
            clients = [echo.client() for _ in range(3)]
            self.refused(echo)
            self.refused(echo, source="127.0.0.2")
            clients.pop().close(1000)
            clients.append(self.let_in_soon(echo))
            self.refused(echo)
            for client in clients:
                client.socket.close()  # and lost lines free their places too
            self.let_in_soon(echo).socket.close()

    def test_no_more_than_told_from_one_address(self):
        with Program("echo", "--max-per-address", "2") as echo:
            clients = [echo.client() for _ in range(2)]
            self.refused(echo)
            clients += [echo.client(source="127.0.0.2") for _ in range(2)]
            self.refused(echo, source="127.0.0.2")
            clients[0].socket.close()
            clients.append(self.let_in_soon(echo))
            self.refused(echo, source="127.0.0.2")
            for client in clients:
                client.socket.close()

    def test_a_hundred_times_over_the_places_do_not_wear_out(self):
        """V13: accounting that drifts."""
        with Program("echo", "--max-connections", "2") as echo, echo.client():
            for turn in range(100):
                client = self.let_in_soon(echo)
                self.refused(echo)
                if turn % 2:
                    client.close(1000)
                    client.until_the_end(SECOND)
                client.socket.close()


class Addresses(unittest.TestCase):
    def test_who_is_denied_gets_403(self):
        with Program("chat", "--deny", "127.0.0.2", "--deny", "127.0.1.0/24") as chat:
            for source, is_let_in in (("127.0.0.1", True), ("127.0.0.2", False), ("127.0.0.3", True),
                                      ("127.0.1.77", False), ("127.0.2.1", True)):
                with self.subTest(source=source):
                    self.assertEqual(self.is_let_in(chat, source), is_let_in)

    def test_and_who_is_not_allowed(self):
        with Program("chat", "--allow", "127.0.0.0/30", "--deny", "127.0.0.2") as chat:
            got = {n: self.is_let_in(chat, f"127.0.0.{n}") for n in (1, 2, 3, 4)}
            self.assertEqual(got, {1: True, 2: False, 3: True, 4: False})

    def test_who_is_denied_stays_out_however_quickly_it_goes(self):
        """The address is taken when the line is accepted: later there may be none to be had."""
        with Program("chat", "--deny", "127.0.0.2") as chat, chat.client() as ana:
            self.assertEqual(ana.next(SECOND), ("text", b"Welcome on the chat!"))
            request = (f"GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{chat.port}\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode()
            for _ in range(200):
                with chat.line(source="127.0.0.2") as hasty:
                    hasty.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    hasty.send(request)
            with chat.client() as bob:
                bob.say_text("is anybody else here?")
                self.assertEqual(ana.next(SECOND), ("text", b"New client connected"))
                self.assertEqual(ana.next(SECOND), ("text", b"is anybody else here?"))

    def is_let_in(self, program, source):
        try:
            program.client(source=source).socket.close()
            return True
        except Refused as no:
            self.assertEqual(no.answer.status, 403)
            return False


class Outbox(unittest.TestCase):
    """F-01: a receiver stops reading while the room is busy."""

    LINES, SIZE = 400, 32 * 1024  # far more than socket buffers hold

    def test_who_does_not_read_is_sent_away_and_nobody_else_notices(self):
        for placement in ("worker", "connection"):
            with self.subTest(placement=placement):
                self.tell(placement)

    def tell(self, placement):
        with Program("chat", "--max-queued", "256K", "--ping", "0", "--placement", placement) as chat:
            stalled = Line("127.0.0.1", chat.port, room=4096)
            stalled.upgrade("/chat")
            ana, bob = chat.client(), chat.client()
            for client, greetings in ((ana, 2), (bob, 1)):
                for _ in range(greetings):
                    client.next(SECOND)
            left = []
            for number in range(self.LINES):
                text = (b"%06d" % number).ljust(self.SIZE, b".")
                ana.say(Frame(TEXT, text))
                said = bob.next(5 * PATIENCE)
                if said == ("text", b"Client disconnected"):
                    left.append(number)
                    said = bob.next(5 * PATIENCE)
                self.assertEqual(said, ("text", text))
            if not left:  # it was given the close deadline to read its Close
                said = bob.next((CLOSE_DEADLINE + 1) * PATIENCE)
                self.assertEqual(said, ("text", b"Client disconnected"))
            self.assertLessEqual(len(left), 1)
            self.assertEqual(ana.next(SECOND), ("text", b"Client disconnected"))
            # What is left for the stalled client: whole messages in order, then 1013 or a cut line.
            rest = stalled.until_the_end(10 * PATIENCE)
            texts = [said[1] for said in rest if said[0] == "text"][3:]
            self.assertEqual([t[:6] for t in texts], [b"%06d" % n for n in range(len(texts))])
            self.assertLess(len(texts), self.LINES)
            self.assertEqual(rest[-1][0], "end")
            for said in rest:
                if said[0] == "close":
                    self.assertEqual(said[1], 1013)
            for client in (stalled, ana, bob):
                client.socket.close()
            self.assertEqual(is_healthy(chat), "")

    def test_who_asks_and_never_reads_the_answers_costs_no_more_than_the_limit(self):
        """V10: an unbounded queue. Either it is sent away, or nothing more is read from it."""
        with Program("echo", "--max-queued", "256K", "--ping", "0") as echo:
            before = resident(echo.process.pid)
            clients = [Line("127.0.0.1", echo.port, room=4096) for _ in range(8)]
            for client in clients:
                client.upgrade("/")
            wire = Frame(BINARY, b"a" * 65536).wire() * 64
            for client in clients:
                stuff(client.socket, wire, 64 * 1024 * 1024)
            grown = resident(echo.process.pid) - before
            for client in clients:
                client.socket.close()
            self.assertEqual(is_healthy(echo), "")
            self.assertLess(grown, (8 * 4 + 32) * 1024 * 1024)


def stuff(sock, wire, most):
    """Writes, and never reads, until the server takes no more for a second or has had the most."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    sent = 0
    while sent < most and poll.poll(1000 * PATIENCE):
        try:
            sent += sock.send(wire[sent % len(wire):])
        except BlockingIOError:
            pass
        except OSError:
            return


def resident(pid):
    """Bytes of memory in use."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    unittest.main()
