"""Bad frames, rules B-21 to B-45: the stated code within one second, and the line gone.

As far as compression is not needed. Each story has a connection of its own; before it goes wrong it has
had an echo, and afterwards a fresh good client has one.
"""

import os
import socket
import struct
import time
import unittest

from program import PATIENCE, Program, Wire  # first: it knows where the client is

from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close_frame, fragmented, masked
from protocol_cases import INVALID_CODES
from utf8_cases import CLASSES

SECOND = 1.0 * PATIENCE
LIMIT = 4096  # --max-message
MOST = 1024  # fragments


class BadFrames(Wire):
    flags = ("--ping", "0", "--max-message", str(LIMIT))

    # -- verbs ---------------------------------------------------------------------------------

    def client(self):
        client = self.running.client()
        self.addCleanup(client.socket.close)
        return client

    def is_closed(self, client, *codes, since=None):
        """The Close comes within a second, nothing before it and nothing after it, and TCP is closed."""
        began = time.monotonic() if since is None else since
        said = client.next(SECOND)
        self.assertEqual(said[0], "close", said)
        self.assertIn(said[1], codes)
        self.assertLess(time.monotonic() - began, SECOND)
        client.say(close_frame(said[1]))
        self.assertEqual(client.next(SECOND)[0], "end")

    def fails(self, data, *codes, why=""):
        why = why or (repr(data)[:100] if isinstance(data, Frame) else f"{len(data)} bytes of frames")
        if isinstance(data, Frame):
            data = data.wire()
        with self.subTest(why):
            client = self.client()
            client.send(data)
            self.is_closed(client, *codes)
            client.socket.close()

    def echoes(self, *frames, expected, kind="text"):
        client = self.client()
        client.say(*frames)
        said = []
        while not said or said[-1][0] != kind:
            said.append(client.next(5 * PATIENCE))
        self.assertEqual(said[-1], (kind, expected))
        client.close(1000)
        self.is_closed(client, 1000)
        return said[:-1]

    # -- heads ---------------------------------------------------------------------------------

    def test_b21_reserved_bits(self):
        for rsv in range(1, 8):
            for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
                self.fails(Frame(opcode, b"\x03\xe8" if opcode == CLOSE else b"hello", rsv=rsv), 1002)
            begun = Frame(TEXT, b"hello", fin=False).wire()
            for is_last in (True, False):
                self.fails(begun + Frame(CONTINUATION, b"hello", rsv=rsv, fin=is_last).wire(), 1002)
            self.fails(begun + Frame(PING, b"hello", rsv=rsv).wire(), 1002)

    def test_b22_reserved_opcodes(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            for payload in (b"", b"hello"):
                for fin in (True, False):
                    self.fails(Frame(opcode, payload, fin=fin), 1002)

    def test_b23_frames_without_a_mask(self):
        for frame in (Frame(TEXT, b"hello"), Frame(TEXT), Frame(PING, b"hello"), close_frame(1000)):
            self.fails(frame._replace(is_masked=False), 1002)

    def test_b24_lengths_in_a_longer_form_than_needed(self):
        for size, form in ((5, 16), (0, 16), (125, 16), (5, 64), (126, 64), (4000, 64)):
            self.fails(Frame(TEXT, b"a" * size, length_form=form), 1002)

    def test_b25_lengths_that_nobody_means(self):
        for length in (2 ** 63, 2 ** 64 - 1, 2 ** 63 + 5):
            self.fails(Frame(TEXT, announced=length), 1002, 1009)
            self.fails(Frame(TEXT, b"a", fin=False).wire()
                       + Frame(CONTINUATION, announced=length).wire(), 1002, 1009)

    def test_b26_a_length_above_the_limit_is_refused_before_it_is_sent(self):
        for length in (LIMIT + 1, 65536, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 63 - 1):
            self.fails(Frame(BINARY, announced=length), 1009)
        begun = Frame(BINARY, bytes(LIMIT - 1), fin=False).wire()
        self.fails(begun + Frame(CONTINUATION, announced=2).wire(), 1009)
        self.fails(begun + Frame(CONTINUATION, announced=2 ** 63 - 1).wire(), 1009, 1002)

    # -- control frames ------------------------------------------------------------------------

    def test_b27_control_frames_that_are_too_long_or_in_fragments(self):
        for opcode in (PING, PONG, CLOSE):
            self.fails(Frame(opcode, b"\x03\xe8" + b"a" * 124), 1002)
            self.fails(Frame(opcode, b"\x03\xe8" + b"a" * 65534), 1002)
            self.fails(Frame(opcode, b"\x03\xe8", fin=False), 1002)

    def test_b28_pings_between_all_fragments_are_answered_at_once_and_in_order(self):
        parts = fragmented(TEXT, b"a" * 200, 1)
        frames = [f for n, part in enumerate(parts) for f in (Frame(PING, b"%d" % n), part)]
        heard = self.echoes(*frames, expected=b"a" * 200)
        self.assertEqual(heard, [("pong", b"%d" % n) for n in range(200)])

    def test_b29_a_flood_of_pings_hurts_nobody(self):
        flood = b"".join(Frame(PING, b"%d" % n).wire() for n in range(100_000))
        client, other = self.client(), self.client()
        client.limit = 30 * PATIENCE
        client.send(flood)
        other.say_text("and I?")
        self.assertEqual(other.next(5 * PATIENCE), ("text", b"and I?"))
        # Section 5.5.3: of several pings only the last need be answered. Or the server has enough of it.
        last = None
        while last not in (("pong", b"99999"), ("close", 1008, b"")):
            last = client.next(20 * PATIENCE)
            self.assertIn(last[0], ("pong", "close"), last)

    def test_b30_pongs_that_nobody_asked_for(self):
        heard = self.echoes(*[Frame(PONG, b"unasked")] * 1000, Frame(TEXT, b"hello"), expected=b"hello")
        self.assertEqual(heard, [])

    # -- fragments (V1) ------------------------------------------------------------------------

    def test_b31_continuations_of_nothing_and_messages_inside_messages(self):
        for fin in (True, False):
            self.fails(Frame(CONTINUATION, b"hello", fin=fin), 1002)
            for opcode in (TEXT, BINARY):
                self.fails(Frame(TEXT, b"he", fin=False).wire()
                           + Frame(opcode, b"llo", fin=fin).wire(), 1002)

    def test_b32_as_many_fragments_as_allowed_and_one_more(self):
        for size, opcode, kind in ((0, TEXT, "text"), (1, BINARY, "binary")):
            def frames(count, size=size, opcode=opcode):
                return [Frame(CONTINUATION if n else opcode, b"a" * size, fin=n == count - 1)
                        for n in range(count)]
            self.echoes(*frames(MOST), expected=b"a" * size * MOST, kind=kind)
            self.fails(b"".join(f.wire() for f in frames(MOST + 1)), 1009, why=f"{size} byte(s) each")
        # And the count begins anew with each message.
        self.echoes(*[f for _ in range(3) for f in fragmented(BINARY, b"a" * 600, 1)],
                    Frame(TEXT, b"done"), expected=b"done")

    def test_b33_the_size_of_all_fragments_together_counts(self):
        for size in (1, 100, 2048, LIMIT):
            count = LIMIT // size
            if count < MOST:
                self.echoes(*fragmented(TEXT, b"a" * LIMIT, size)[:MOST], expected=b"a" * LIMIT)
                self.fails(b"".join(f.wire() for f in fragmented(TEXT, b"a" * (LIMIT + 1), size)), 1009,
                           why=f"{size} bytes each")

    # -- sizes ---------------------------------------------------------------------------------

    def test_b34_messages_at_the_limit_below_it_and_above(self):
        for opcode, kind in ((TEXT, "text"), (BINARY, "binary")):
            for size in (LIMIT - 1, LIMIT):
                self.echoes(Frame(opcode, b"a" * size), expected=b"a" * size, kind=kind)
            self.fails(Frame(opcode, b"a" * (LIMIT + 1)), 1009)

    # -- text ----------------------------------------------------------------------------------

    def test_b35_text_of_every_class_that_is_not_utf8(self):
        bad = [data for _, rows in CLASSES for good, data in rows if not good]
        self.assertGreater(len(bad), 60)
        for data in bad:
            self.fails(Frame(TEXT, data), 1007)
            self.fails(b"".join(f.wire() for f in fragmented(TEXT, data, 1)), 1007,
                       why=f"{data.hex()} in fragments")

    def test_b36_good_beginnings_that_never_become_good(self):
        for cut in (b"\xce", b"\xe2\x82", b"\xf0\xa4\xad"):
            self.fails(Frame(TEXT, b"hello" + cut), 1007)
            begun = Frame(TEXT, cut, fin=False).wire()
            self.fails(begun + Frame(CONTINUATION, b"a", fin=False).wire(), 1007,
                       why=f"{cut.hex()}, then something else")
            self.fails(begun + Frame(CONTINUATION).wire(), 1007, why=f"{cut.hex()}, then an empty end")

    # -- close ---------------------------------------------------------------------------------

    def test_b37_closes_that_are_wrong(self):
        self.fails(Frame(CLOSE, b"\x03"), 1002)
        for code in (*INVALID_CODES, 1015, 5000, 65535):
            self.fails(close_frame(code), 1002)
            self.fails(close_frame(code, b"a reason"), 1002)
        for reason in (b"\xff", b"\xc3", b"hello \xed\xa0\x80"):
            self.fails(close_frame(1000, reason), 1007, 1002)

    def test_b38_nothing_counts_after_a_close(self):
        for after in (Frame(TEXT, b"hello"), close_frame(1001), Frame(PING), Frame(CONTINUATION), Frame(3)):
            client = self.client()
            client.say(close_frame(1000), after)
            self.is_closed(client, 1000)

    def test_b39_a_close_inside_a_fragmented_message(self):
        client = self.client()
        client.say(Frame(TEXT, b"he", fin=False), close_frame(1001))
        self.is_closed(client, 1001, 1000)

    # -- lines that break ----------------------------------------------------------------------

    def test_b40_resets_and_ends_anywhere_in_a_frame(self):
        wire = Frame(TEXT, b"a" * 300).wire()
        for cut in (1, 2, 3, 4, 6, 8, 9, 100, len(wire) - 1, len(wire)):
            for is_reset in (True, False):
                client = self.client()
                client.send(wire[:cut])
                if is_reset:
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.socket.close()

    def test_b41_half_a_line_is_no_line(self):
        client = self.client()
        client.say_text("hello")
        client.socket.shutdown(socket.SHUT_WR)
        rest = client.until_the_end(6 * PATIENCE)  # the close deadline, at the latest
        self.assertEqual(rest[-1][0], "end", rest)

    def test_b42_anything_at_all(self):
        """Noise after a good handshake: the line ends, or waits for the rest of what it announced."""
        for _ in range(200):
            with self.running.client() as client:
                client.send(os.urandom(64))


class Early(unittest.TestCase):
    def test_b44_frames_that_come_with_the_request_wait_for_admission(self):
        """Rule S-18, T-14: kept, and delivered in order behind the greeting and the join notice."""
        early = Frame(TEXT, b"first").wire() + Frame(PING, b"p").wire() + Frame(TEXT, b"second").wire()
        with Program("chat", "--ping", "0") as chat, chat.client() as ana, chat.line() as hasty:
            self.assertEqual(ana.next(SECOND)[1], b"Welcome on the chat!")
            send = hasty.send
            hasty.send = lambda data, *rest: send(data + early, *rest)
            hasty.upgrade("/chat")
            said = {hasty.next(SECOND) for _ in range(2)}
            self.assertEqual(said, {("text", b"Welcome on the chat!"), ("pong", b"p")})
            heard = [ana.next(SECOND)[1] for _ in range(3)]
            self.assertEqual(heard, [b"New client connected", b"first", b"second"])


class Speed(unittest.TestCase):
    def test_b43_a_message_in_tiny_fragments_takes_time_in_proportion(self):
        """V3: twice as many fragments, about twice the time; certainly not four times."""
        with Program("echo", "--ping", "0", "--max-message", "2M", "--max-fragments", "1000000") as echo:
            def seconds(count):
                key = b"\x11\x22\x33\x44"
                body = masked(b"a", key)
                wire = (b"\x01\x81" + key + body + (b"\x00\x81" + key + body) * (count - 2)
                        + b"\x80\x81" + key + body)
                with echo.client() as client:
                    began = time.monotonic()
                    client.send(wire, limit=60 * PATIENCE)
                    self.assertEqual(client.next(60 * PATIENCE), ("text", b"a" * count))
                    return time.monotonic() - began

            seconds(10_000)
            small, large = (min(seconds(n) for _ in range(3)) for n in (50_000, 400_000))
            self.assertLess(large, small * 8 * 4 + 0.5 * PATIENCE)


if __name__ == "__main__":
    unittest.main()
