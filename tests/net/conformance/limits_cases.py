"""Category 9 of the public RFC 6455 suite: limits and performance (54 cases), rebuilt from the RFC.

Messages up to 16 MiB; 4 MiB in fragments of 64 bytes and more; 1 MiB in writes of 64 bytes and more; a
thousand round trips of up to 4 KiB. Every byte that comes back is compared.
"""

from case import CLEAN, Case, RoundTrips, Send
from frames import BINARY, TEXT, Frame, fragmented
from protocol_cases import noise, pattern

KIB, MIB = 1024, 1024 * 1024
LIMIT = 30.0  # seconds; the public suite gives up to 1000
KINDS = (("text", TEXT, pattern), ("binary", BINARY, noise))


class Made:
    """Payloads are made once, because making them costs more than sending them."""

    kept = {}

    @classmethod
    def payload(cls, make, size):
        key = make, size
        if key not in cls.kept:
            whole = cls.kept.setdefault((make, 16 * MIB), None) or make(16 * MIB)
            cls.kept[make, 16 * MIB] = whole
            cls.kept[key] = whole[:size]
        return cls.kept[key]


class Echo:
    """`hears` of a large case, made only when it is looked at."""

    def __init__(self, kind, make, size):
        self.what = kind, make, size

    def __iter__(self):
        kind, make, size = self.what
        yield kind, Made.payload(make, size)


def case(number, says, steps, hears, limit=LIMIT):
    return Case(number, says, steps, hears, CLEAN, limit=limit, is_large=True)


def cases():
    for more, (kind, opcode, make) in enumerate(KINDS):
        def payload(size, make=make):
            return Made.payload(make, size)

        for n, size in enumerate((64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB), 1):
            yield case(f"9.{1 + more}.{n}", f"{kind} message of {size} bytes",
                       lambda o=opcode, p=payload, s=size: [Send(Frame(o, p(s)).wire())],
                       Echo(kind, make, size))
        for n, cut in enumerate((64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB), 1):
            yield case(f"9.{3 + more}.{n}", f"{kind} message of 4 MiB in fragments of {cut}",
                       lambda o=opcode, p=payload, c=cut: [
                           Send(b"".join(f.wire() for f in fragmented(o, p(4 * MIB), c)))],
                       Echo(kind, make, 4 * MIB))
        for n, chop in enumerate((64, 128, 256, 512, KIB, 2 * KIB), 1):
            yield case(f"9.{5 + more}.{n}", f"{kind} message of 1 MiB in writes of {chop}",
                       lambda o=opcode, p=payload, c=chop: [Send(Frame(o, p(MIB)).wire(), c)],
                       Echo(kind, make, MIB))
        for n, size in enumerate((0, 16, 64, 256, KIB, 4 * KIB), 1):
            yield case(f"9.{7 + more}.{n}", f"1000 round trips of {size} bytes, {kind}",
                       lambda o=opcode, p=payload, s=size: [RoundTrips(Frame(o, p(s)), 1000)], (),
                       limit=5.0)
