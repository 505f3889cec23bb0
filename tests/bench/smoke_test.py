"""Proves that the load generator's check can pass and can fail.

    smoke_test.py good|lost|doubled|swapped|promises|foreign CALLSIGN-LOAD CALLSIGN-BARE-EPOLL

The server is told to misbehave in one way; the generator must report exactly that. In the story
`foreign` the server is one that we did not write, which sends fragments and pings. Runs are counted,
not timed: a slow machine makes them no less true.
"""

import asyncio
import json
import re
import subprocess
import sys

# What the server is told, and the one fault that the report must then contain.
STORIES = {
    "good": ([], None),
    "lost": (["--drop-every", "701"], "lost"),
    "doubled": (["--double-every", "701"], "doubled"),
    "swapped": (["--swap-every", "701"], "out_of_order"),
}

# The server's mode, and what the generator does to it: each a few thousand deliveries.
# One publisher, so that frames that change places are always of one sender.
BROADCAST = ["broadcast", "--connections", "20"]
RUNS = [
    ("broadcast", [*BROADCAST, "--window", "8", "--messages", "200"]),
    ("broadcast-except", [*BROADCAST, "--window", "8", "--messages", "200", "--all-but-sender"]),
    ("echo", ["echo", "--connections", "20", "--window", "8", "--messages", "4000"]),
]

# Modes that a misdeed would only hold up; they are part of the good story.
MORE_RUNS = [
    ("broadcast", [*BROADCAST, "--publishers", "4", "--messages", "200"]),
    ("broadcast-except", [*BROADCAST, "--publishers", "4", "--window", "4", "--messages", "400",
                          "--all-but-sender"]),
    ("broadcast", ["rate", "--connections", "20", "--publishers", "4", "--rate", "2000",
                   "--messages", "200"]),
    ("broadcast", [*BROADCAST, "--messages", "100", "--payload", "70000", "--stalled", "2"]),
    ("echo", ["echo", "--connections", "10", "--window", "2", "--messages", "200",
              "--payload", "100000"]),
    ("echo", ["churn", "--connections", "10", "--messages", "200", "--echo"]),
    ("broadcast", ["churn", "--connections", "10", "--messages", "200", "--sources", "4"]),
]

# The promises that the test kit's checker looks at, each broken by the server, and what it says then.
GREETING = "Welcome"
PROMISES = (
    ([], None),
    (["--drop-every", "701"], r"client \d+ never hears .* said"),
    (["--double-every", "701"], r"client \d+ hears .* twice"),
    (["--swap-every", "701"], r"client \d+ hears .* before .*, but client \d+ hears it behind"),
    (["--greet-late-every", "7"], r"client \d+ hears .* before its greeting"),
    (["--end-twice-every", "7"], r"client \d+ ends twice"),
)

FAULTS = ("lost", "doubled", "out_of_order", "misdirected", "damaged", "connections_lost")


class Server:
    """The bare epoll server on a free port, ended with the `with` block."""

    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [program, "--port", "0", *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.match(r"listening on http://127\.0\.0\.1:(\d+)/", line)
        assert found, f"the server said {line!r}"
        self.url = f"ws://127.0.0.1:{found.group(1)}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(10) == 0, "the server did not end in order"


def load(program, url, options):
    """Runs the generator; its exit code and report."""
    done = subprocess.run(
        [program, *options, "--url", url, "--patience", "0.5"],
        capture_output=True, text=True, timeout=50)
    print(done.stdout, done.stderr, sep="")
    return done.returncode, json.loads(done.stdout)


def prove(story, load_program, server_program):
    misdeed, fault = STORIES[story]
    for mode, options in RUNS + (MORE_RUNS if fault is None else []):
        with Server(server_program, "--mode", mode, *misdeed) as server:
            code, report = load(load_program, server.url, options)
        if fault is None:
            assert code == 0 and report["check"]["ok"], f"a good run was called bad: {report}"
            assert report["deliveries"] >= 200, report
        else:
            assert code == 1 and not report["check"]["ok"], f"a bad run was called good: {report}"
            assert report["check"][fault] > 0, report
            others = [name for name in FAULTS if name != fault and report["check"][name] != 0]
            # A frame that is kept back and never followed by another is lost as well.
            if fault == "out_of_order" and others == ["lost"]:
                others = []
            assert not others, f"the server did nothing of the kind: {others}"


def prove_promises(load_program, server_program):
    for mode, more in (("broadcast", []), ("broadcast-except", ["--all-but-sender"])):
        for misdeed, complaint in PROMISES:
            with Server(server_program, "--mode", mode, "--greet", GREETING, *misdeed) as server:
                code, report = load(load_program, server.url, [
                    *BROADCAST, "--publishers", "4", "--window", "8", "--messages", "200", *more,
                    "--promises", "--greeting", GREETING])
            broken = report["promises"]["broken"]
            if complaint is None:
                assert code == 0 and report["promises"]["kept"] and not broken, report
                assert report["notices"] == report["connections"], report
            else:
                assert code == 1 and not report["check"]["ok"] and not report["promises"]["kept"], report
                assert any(re.fullmatch(complaint, line) for line in broken), broken


def prove_idle(load_program, server_program):
    with Server(server_program, "--mode", "echo") as server:
        clients = subprocess.Popen(
            [load_program, "idle", "--url", server.url, "--connections", "20"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert clients.stdout.readline() == "ready 20\n"
        for line, answer in (("50", "ready 50\n"), ("echo", "ready 50\n")):
            clients.stdin.write(line + "\n")
            clients.stdin.flush()
            assert clients.stdout.readline() == answer
        clients.stdin.close()
        assert clients.wait(10) == 0


async def echo_in_fragments(socket, _path=None):
    """Pings before each echo and waits for the pong; sends the echo in three fragments."""
    async for message in socket:
        await asyncio.wait_for(await socket.ping(), 10)
        await socket.send([message[:1], message[1:20], message[20:]])


async def prove_foreign(load_program):
    import websockets

    async with websockets.serve(echo_in_fragments, "127.0.0.1", 0, compression=None) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        loop = asyncio.get_running_loop()
        options = ["echo", "--connections", "5", "--window", "4", "--messages", "500"]
        code, report = await loop.run_in_executor(None, load, load_program, url, options)
    assert code == 0 and report["check"]["ok"], report
    assert report["deliveries"] == 500 and report["pings"] == 500, report


if __name__ == "__main__":
    if sys.argv[1] == "foreign":
        asyncio.run(prove_foreign(sys.argv[2]))
    elif sys.argv[1] == "promises":
        prove_promises(sys.argv[2], sys.argv[3])
    else:
        prove(sys.argv[1], sys.argv[2], sys.argv[3])
    if sys.argv[1] == "good":
        prove_idle(sys.argv[2], sys.argv[3])
