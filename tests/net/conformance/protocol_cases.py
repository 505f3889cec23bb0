"""Categories 1 to 5, 7 and 10 of the public RFC 6455 suite, rebuilt from the RFC.

Framing (16), ping/pong (11), reserved bits (7), opcodes (10), fragmentation (20), close (37),
auto-fragmentation (1).
"""

from case import (CLEAN, CLOSED_1000, PROTOCOL_ERROR, Case, Ending, Hears, Quiet, Send, bytewise,
                  one_write, write_each)
from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close_frame, fragmented

HELLO = b"Hello, world!"
SAID_HELLO = ("text", HELLO)
PARTS = (b"fragment1", b"fragment2", b"fragment3", b"fragment4", b"fragment5")
EVERY_WAY = (("in one write", one_write), ("a write per frame", write_each), ("bytewise", bytewise))


def pattern(size):
    """Text of which no piece can be missing, doubled or moved without being noticed."""
    out = bytearray()
    mark = 0
    while len(out) < size:
        out += b"%07d|" % mark
        mark += 1
    return bytes(out[:size])


def noise(size):
    """Bytes that are not UTF-8, with the same property."""
    return bytes(b ^ 0xA5 for b in pattern(size))


def framing():
    sizes = (0, 125, 126, 127, 128, 65535, 65536, 65536)
    for part, opcode, make in ((1, TEXT, pattern), (2, BINARY, noise)):
        kind = "text" if opcode == TEXT else "binary"
        for number, size in enumerate(sizes, 1):
            chop = 997 if number == 8 else 0
            payload = make(size)
            yield Case(
                f"1.{part}.{number}",
                f"{kind} message of {size} bytes" + (" in writes of 997" if chop else ""),
                lambda frame=Frame(opcode, payload), chop=chop: [Send(frame.wire(), chop)],
                ((kind, payload),), CLEAN, limit=5.0, is_large=size > 1000)


def ping_pong():
    def case(number, says, steps, hears, ends=CLEAN):
        return Case(f"2.{number}", says, steps, hears, ends)

    odd = bytes([0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])
    full = b"\xfe" * 125
    ten = tuple(b"payload-%d" % n for n in range(10))
    pings = [Frame(PING, p) for p in ten]
    pongs = tuple(("pong", p) for p in ten)
    unasked = Frame(PONG, b"unsolicited pong payload")

    yield case(1, "ping without payload", lambda: one_write(Frame(PING)), (("pong", b""),))
    yield case(2, "ping with text", lambda: one_write(Frame(PING, HELLO)), (("pong", HELLO),))
    yield case(3, "ping with bytes", lambda: one_write(Frame(PING, odd)), (("pong", odd),))
    yield case(4, "ping of 125 bytes", lambda: one_write(Frame(PING, full)), (("pong", full),))
    yield case(5, "ping of 126 bytes", lambda: one_write(Frame(PING, full + b"\xfe")), (),
               PROTOCOL_ERROR)
    yield case(6, "ping of 125 bytes, bytewise", lambda: bytewise(Frame(PING, full)),
               (("pong", full),))
    yield case(7, "pong without payload that nobody asked for", lambda: one_write(Frame(PONG)), ())
    yield case(8, "pong with payload that nobody asked for", lambda: one_write(unasked), ())
    yield case(9, "the same, then a ping", lambda: write_each(unasked, Frame(PING, b"ping payload")),
               (("pong", b"ping payload"),))
    yield case(10, "ten pings", lambda: write_each(*pings), pongs)
    yield case(11, "ten pings, bytewise", lambda: bytewise(*pings), pongs)


def reserved_bits():
    hello = Frame(TEXT, HELLO)

    def after_hello(number, says, rsv, way):
        bad = Frame(TEXT, HELLO, rsv=rsv)
        return Case(f"3.{number}", f"text, then text with reserved bits {rsv}, then ping, {says}",
                    lambda: way(hello, bad, Frame(PING)), (SAID_HELLO,), PROTOCOL_ERROR, ((),))

    def alone(number, says, frame):
        return Case(f"3.{number}", says, lambda: one_write(frame), (), PROTOCOL_ERROR)

    yield alone(1, "text with reserved bit 1", Frame(TEXT, HELLO, rsv=1))
    yield after_hello(2, "a write per frame", 2, write_each)
    yield after_hello(3, "a write per frame", 3, write_each)
    yield after_hello(4, "bytewise", 4, bytewise)
    yield alone(5, "binary with reserved bits 5", Frame(BINARY, b"\x00\xff\xfe\xfd", rsv=5))
    yield alone(6, "ping with reserved bits 6", Frame(PING, HELLO, rsv=6))
    yield alone(7, "close with reserved bits 7", close_frame(1000)._replace(rsv=7))


def opcodes():
    for part, first, kind in ((1, 3, "data"), (2, 11, "control")):
        for number in range(1, 6):
            opcode = first + number - 1
            payload = b"" if number in (1, 3) else HELLO
            bad = Frame(opcode, payload)
            says = f"reserved {kind} opcode {opcode}" + (" with payload" if payload else "")
            if number < 3:
                yield Case(f"4.{part}.{number}", says, lambda f=bad: one_write(f), (), PROTOCOL_ERROR)
            else:
                yield Case(f"4.{part}.{number}", f"text, then {says}, then ping",
                           lambda f=bad: write_each(Frame(TEXT, HELLO), f, Frame(PING)),
                           (SAID_HELLO,), PROTOCOL_ERROR, ((),))


def fragmentation():
    def case(number, says, steps, hears=(), ends=CLEAN, also=()):
        return Case(f"5.{number}", says, steps, hears, ends, also)

    def in_every_way(first, says, frames, hears, ends=CLEAN):
        for more, (how, way) in enumerate(EVERY_WAY):
            yield case(first + more, f"{says}, {how}", lambda way=way: way(*frames), hears, ends)

    two = [Frame(TEXT, PARTS[0], fin=False), Frame(CONTINUATION, PARTS[1])]
    whole = ("text", PARTS[0] + PARTS[1])
    stray = {fin: Frame(CONTINUATION, b"non-continuation payload", fin=fin) for fin in (True, False)}
    hello = Frame(TEXT, HELLO)

    for number, opcode, kind in ((1, PING, "ping"), (2, PONG, "pong")):
        yield case(number, f"{kind} in two fragments",
                   lambda o=opcode: write_each(Frame(o, PARTS[0], fin=False),
                                               Frame(CONTINUATION, PARTS[1])),
                   ends=PROTOCOL_ERROR)
    yield from in_every_way(3, "text in two fragments", two, (whole,))
    yield from in_every_way(6, "text in two fragments, a ping between them",
                            [two[0], Frame(PING, b"ping payload"), two[1]],
                            (("pong", b"ping payload"), whole))
    yield from in_every_way(9, "a final continuation of nothing, then text",
                            [stray[True], hello], (), PROTOCOL_ERROR)
    yield from in_every_way(12, "a continuation of nothing with more to come, then text",
                            [stray[False], hello], (), PROTOCOL_ERROR)
    yield case(15, "text in two fragments, a continuation of nothing, then text",
               lambda: one_write(*two, Frame(CONTINUATION, PARTS[2], fin=False),
                                 Frame(TEXT, PARTS[3])),
               (whole,), PROTOCOL_ERROR, ((),))
    for number, fin in ((16, False), (17, True)):
        yield case(number, f"twice: a continuation of nothing ({'final' if fin else 'not final'}), "
                           "then text in two fragments",
                   lambda fin=fin: write_each(*[stray[fin], *two] * 2), ends=PROTOCOL_ERROR)
    yield case(18, "text in two fragments that both say text",
               lambda: one_write(two[0], Frame(TEXT, PARTS[1])), ends=PROTOCOL_ERROR)

    pings = (b"pongme 1!", b"pongme 2!")
    first = [two[0], Frame(CONTINUATION, PARTS[1], fin=False), Frame(PING, pings[0])]
    then = [Frame(CONTINUATION, PARTS[2], fin=False), Frame(CONTINUATION, PARTS[3], fin=False),
            Frame(PING, pings[1]), Frame(CONTINUATION, PARTS[4])]
    for number, how, way in ((19, "in one write", one_write), (20, "a write per frame", write_each)):
        yield case(number, f"text in five fragments with pings and a pause, {how}",
                   lambda way=way: [*way(*first), Hears((("pong", pings[0]),)), Quiet(0.2), *way(*then)],
                   (("pong", pings[0]), ("pong", pings[1]), ("text", b"".join(PARTS))))


VALID_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
INVALID_CODES = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)


def closing():
    def case(number, says, frames, hears=(), ends=CLOSED_1000, also=()):
        large = number == "1.6"
        return Case(f"7.{number}", says, lambda: write_each(*frames), hears, ends, also, is_large=large)

    anything = Ending((), needs_close=False, is_informational=True)
    normal = close_frame(1000)
    two = [Frame(TEXT, PARTS[0], fin=False), Frame(CONTINUATION, PARTS[1])]
    big = pattern(256 * 1024)
    bad_reason = bytes.fromhex("cebae1bdb9cf83cebcceb5eda080656469746564")

    yield case("1.1", "text, then close", [Frame(TEXT, b"Hello World!"), normal],
               (("text", b"Hello World!"),))
    yield case("1.2", "close twice", [normal, normal])
    yield case("1.3", "close, then ping", [normal, Frame(PING)])
    yield case("1.4", "close, then text", [normal, Frame(TEXT, b"Hello World!")])
    yield case("1.5", "close inside a fragmented message", [two[0], normal, two[1]])
    yield case("1.6", "256 KiB of text, text, close, ping (informational)",
               [Frame(TEXT, big), Frame(TEXT, b"Hello World!"), normal, Frame(PING)],
               (("text", big), ("text", b"Hello World!")), anything, ((("text", big),), ()))
    yield case("3.1", "close without payload", [close_frame()], (), Ending((1000, None)))
    yield case("3.2", "close with one byte", [Frame(CLOSE, b"a")], (), PROTOCOL_ERROR)
    yield case("3.3", "close with a code", [normal])
    yield case("3.4", "close with code and reason", [close_frame(1000, b"Hello World!")])
    yield case("3.5", "close with a reason of 123 bytes", [close_frame(1000, b"*" * 123)])
    yield case("3.6", "close with a reason of 124 bytes", [close_frame(1000, b"*" * 124)], (),
               PROTOCOL_ERROR)
    yield case("5.1", "close with a reason that is not UTF-8", [close_frame(1000, bad_reason)], (),
               Ending((1007, 1002), needs_close=False))
    for number, code in enumerate(VALID_CODES, 1):
        yield case(f"7.{number}", f"close with code {code}", [close_frame(code)], (),
                   Ending((code, 1000)))
    for number, code in enumerate(INVALID_CODES, 1):
        yield case(f"9.{number}", f"close with code {code}", [close_frame(code)], (), PROTOCOL_ERROR)
    for number, code in ((1, 5000), (2, 65535)):
        yield case(f"13.{number}", f"close with code {code} (informational)", [close_frame(code)], (),
                   anything)


def auto_fragmentation():
    payload = pattern(65536)
    yield Case("10.1.1", "text of 65536 bytes in fragments of 1300",
               lambda: write_each(*fragmented(TEXT, payload, 1300)), (("text", payload),), CLEAN,
               limit=5.0, is_large=True)


def cases():
    for make in (framing, ping_pong, reserved_bits, opcodes, fragmentation, closing,
                 auto_fragmentation):
        yield from make()

