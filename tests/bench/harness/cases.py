"""What is measured: each case is one mode of the servers and one command line of the generator."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One kind of load.

    `mode` is what the servers are asked for; one that does not know it may offer `like` instead, which
    looks the same to the clients.
    """

    name: str
    title: str
    mode: str
    load: tuple
    like: str = ""
    is_quick: bool = False
    #: Clients that are there all the time and say nothing.
    members: int = 0

    def mode_for(self, modes):
        """The mode that a server with these modes runs, or None."""
        return next((mode for mode in (self.mode, self.like) if mode in modes), None)


CHURN = ("churn", "--connections", "50", "--sources", "50", "--echo")
FIFTY = ("broadcast", "--connections", "500", "--publishers", "50")

CASES = (
    Case("one-at-a-time", "Broadcast, one message at a time: 500 clients, 1 publisher, 64 B",
         "broadcast", ("broadcast", "--connections", "500"), is_quick=True),
    Case("publishers", "Broadcast to all: 500 clients, 50 publishers, 64 B",
         "broadcast", FIFTY, is_quick=True),
    Case("publishers-except", "Broadcast to all but the sender: 500 clients, 50 publishers, 64 B",
         "broadcast-except", (*FIFTY, "--all-but-sender"), is_quick=True),
    Case("publishers-loop", "The same to all, as a loop of sends over connections()",
         "loop", FIFTY, like="broadcast"),
    Case("publishers-1k", "Broadcast to all: 500 clients, 50 publishers, 1 KiB",
         "broadcast", (*FIFTY, "--payload", "1024")),
    Case("rate", "Broadcast at a fixed rate: 200 clients, 250 messages/s from 20 publishers, 64 B",
         "broadcast", ("rate", "--connections", "200", "--publishers", "20", "--rate", "250"),
         is_quick=True),
    Case("stalled", "Broadcast to 1,000 clients of which 100 never read: 10 publishers, 64 B",
         "broadcast", ("broadcast", "--connections", "900", "--publishers", "10",
                       "--stalled", "100")),
    Case("echo-1x1", "Echo: 1 connection, 1 message in flight, 64 B",
         "echo", ("echo", "--connections", "1")),
    Case("echo-100x1", "Echo: 100 connections, 1 message in flight each, 64 B",
         "echo", ("echo", "--connections", "100"), is_quick=True),
    Case("echo-100x16", "Echo: 100 connections, 16 messages in flight each, 64 B",
         "echo", ("echo", "--connections", "100", "--window", "16"), is_quick=True),
    Case("echo-16k", "Echo: 100 connections, 1 message in flight each, 16 KiB",
         "echo", ("echo", "--connections", "100", "--payload", "16384")),
    Case("churn", "Connect, one echo, close: 50 at a time (a delivery is one connection's life)",
         "echo", CHURN),
    Case("churn-10k", "The same among 10,000 idle connections", "echo", CHURN, members=10_000),
)

# Two cases that have programs and tables of their own.
MEMORY = "memory"
CALLS = "calls"

NAMES = tuple(case.name for case in CASES) + (MEMORY, CALLS)
QUICK_NAMES = tuple(case.name for case in CASES if case.is_quick) + (MEMORY, CALLS)
