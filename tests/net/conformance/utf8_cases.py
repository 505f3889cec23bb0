"""Category 6 of the public RFC 6455 suite: UTF-8 (145 cases), rebuilt from the RFC.

6.1 to 6.4 cut messages into frames and writes; the rest are the classes of Markus Kuhn's well-known
decoder stress test, each sequence as one text message. Whether a sequence is UTF-8 is stated here by
its class and checked against Python's decoder when the cases are made.
"""

from case import BAD_TEXT, CLEAN, Case, EndsNow, Quiet, Send, one_write, write_each
from frames import CONTINUATION, TEXT, Frame, fragmented

KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")  # "kosme" in Greek: two and three bytes a character
LATIN = "Hello-µ@ßöäüàá-UTF-8!!".encode()
EDITED = b"edited"
SILENCE = 0.25  # seconds in which a server must not give up on a text that is still good


def zero_length():
    def case(number, says, *payloads):
        frames = [
            Frame(CONTINUATION if n else TEXT, payload, fin=n == len(payloads) - 1)
            for n, payload in enumerate(payloads)
        ]
        return Case(f"6.1.{number}", says, lambda: write_each(*frames),
                    (("text", b"".join(payloads)),), CLEAN)

    yield case(1, "text of no bytes", b"")
    yield case(2, "text in three fragments of no bytes", b"", b"", b"")
    yield case(3, "text in three fragments, the first and last of no bytes", b"",
               b"middle frame payload", b"")


def cut_text():
    cut = "Hello-µ@ßöä".encode()
    yield Case("6.2.1", "text of several bytes a character", lambda: one_write(Frame(TEXT, LATIN)),
               (("text", LATIN),), CLEAN)
    yield Case("6.2.2", "the same, cut between characters",
               lambda: write_each(Frame(TEXT, cut, fin=False),
                                  Frame(CONTINUATION, LATIN[len(cut):])),
               (("text", LATIN),), CLEAN)
    for number, text in ((3, LATIN), (4, KOSME)):
        yield Case(f"6.2.{number}", "text in fragments of one byte",
                   lambda text=text: write_each(*fragmented(TEXT, text, 1)), (("text", text),), CLEAN)
    bad = KOSME + b"\xed\xa0\x80" + EDITED
    yield Case("6.3.1", "text that is not UTF-8", lambda: one_write(Frame(TEXT, bad)), (), BAD_TEXT)
    yield Case("6.3.2", "the same in fragments of one byte",
               lambda: write_each(*fragmented(TEXT, bad, 1)), (), BAD_TEXT)


def fail_fast():
    """Wrong from byte 12 on; what comes before may still become right. Two cuts, two ways."""
    bad = KOSME + b"\xf4\x90\x80\x80" + EDITED
    for number, cuts in ((1, (11, 15)), (2, (12, 13))):
        parts = [bad[: cuts[0]], bad[cuts[0]:cuts[1]], bad[cuts[1]:]]

        def in_frames(parts=parts):
            return [Frame(CONTINUATION if n else TEXT, p, fin=n == 2).wire()
                    for n, p in enumerate(parts)]

        def in_writes(cuts=cuts):
            wire = Frame(TEXT, bad).wire()
            at = [0, *(len(wire) - len(bad) + c for c in cuts), len(wire)]
            return [wire[a:b] for a, b in zip(at, at[1:])]

        for more, how, make in ((0, "three frames", in_frames),
                                (2, "three writes of one frame", in_writes)):
            def steps(make=make):
                good, wrong, rest = make()
                return [Send(good), Quiet(SILENCE), Send(wrong), EndsNow(), Send(rest)]

            yield Case(f"6.4.{number + more}", f"text that is not UTF-8 from byte {cuts[0] + 1} on, "
                       f"or before, in {how}", steps, (), BAD_TEXT)


def lonely(first, last):
    """Each start byte, followed by a space. (The public suite leaves the last byte of each row out.)"""
    return b"".join(bytes([start, 0x20]) for start in range(first, last))


GOOD, BAD = True, False
LAST_BYTE_MISSING = [bytes.fromhex(h) for h in (
    "c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf",
    "fdbfbfbfbf")]


def listed(verdict, *sequences):
    return [(verdict, bytes.fromhex(s) if isinstance(s, str) else s) for s in sequences]


def non_characters():
    """U+nFFFE and U+nFFFF of every plane: no characters, but good UTF-8."""
    return [chr(plane << 16 | low).encode() for plane in range(0x11) for low in (0xFFFE, 0xFFFF)]


# From 6.5 on, in order.
CLASSES = (
    ("good text", listed(GOOD, *(f"hello{c}world".encode() for c in "$¢€\U00024b62"), KOSME)),
    ("every beginning of a good text", [(n in (2, 5, 7, 9, 11), KOSME[:n]) for n in range(1, 12)]),
    ("first sequence of each length", listed(GOOD, "00", "c280", "e0a080", "f0908080")),
    ("first sequence of five and six bytes", listed(BAD, "f888808080", "fc8480808080")),
    ("last sequence of each length", listed(GOOD, "7f", "dfbf", "efbfbf", "f48fbfbf")),
    ("last sequence of four, five and six bytes", listed(BAD, "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")),
    ("other boundaries", [*listed(GOOD, "ed9fbf", "ee8080", "efbfbd", "f48fbfbf"),
                          *listed(BAD, "f4908080")]),
    ("unexpected continuations", listed(BAD, "80", "bf", *("80bf80bf80bf"[: 2 * n] for n in range(2, 7)),
                                        bytes(range(0x80, 0xBF)))),
    ("lonely start bytes", listed(BAD, lonely(0xC0, 0xDF), lonely(0xE0, 0xEF), lonely(0xF0, 0xF7),
                                  lonely(0xF8, 0xFB), lonely(0xFC, 0xFD))),
    ("last byte missing", listed(BAD, *LAST_BYTE_MISSING)),
    ("all of them in a row", listed(BAD, b"".join(LAST_BYTE_MISSING))),
    ("impossible bytes", listed(BAD, "fe", "ff", "fefeffff")),
    ("overlong slash", listed(BAD, "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")),
    ("longest overlong", listed(BAD, "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")),
    ("overlong NUL", listed(BAD, "c080", "e08080", "f0808080", "f880808080", "fc8080808080")),
    ("single surrogates", listed(BAD, "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80",
                                 "edbfbf")),
    ("paired surrogates", listed(BAD, *(high + low for high in ("eda080", "edadbf", "edae80", "edafbf")
                                        for low in ("edb080", "edbfbf")))),
    ("non-characters", listed(GOOD, *non_characters())),
    ("specials", listed(GOOD, *(chr(c).encode() for c in range(0xFFF9, 0x10000)))),
)


def is_utf8(data):
    try:
        data.decode("utf-8", "strict")
        return True
    except UnicodeDecodeError:
        return False


def sequences():
    for part, (says, rows) in enumerate(CLASSES, 5):
        for number, (good, data) in enumerate(rows, 1):
            assert is_utf8(data) == good, (says, data)
            yield Case(f"6.{part}.{number}", f"{says}: {data.hex()}",
                       lambda data=data: one_write(Frame(TEXT, data)),
                       (("text", data),) if good else (), CLEAN if good else BAD_TEXT)


def cases():
    for make in (zero_length, cut_text, fail_fast, sequences):
        yield from make()
