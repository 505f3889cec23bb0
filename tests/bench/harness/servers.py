"""The servers that are put beside each other, and how each is started and stopped."""

import re
import select
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
RELAYING = ("echo", "broadcast", "broadcast-except")
BASE = "bare epoll"
SYSTEM_PYTHON = "/usr/bin/python3"


class Missing(Exception):
    """Why a server cannot take part."""


@dataclass(frozen=True)
class Server:
    """One contestant: `command` makes its command line from a mode, or raises `Missing`."""

    name: str
    command: object
    modes: tuple = RELAYING
    is_quick: bool = True
    #: Of one that somebody else started: its URL and process.
    url: str = ""
    pid: int = 0

    def start(self, mode, core):
        """What `with` holds while the server runs: `url` and `pid`."""
        return Elsewhere(self.url, self.pid) if self.url else Running(self, mode, core)


def built(build, program, *options):
    """The command of a program of this folder."""

    def command(mode):
        path = build / program
        if not path.is_file():
            raise Missing(f"{program} is not built")
        return [str(path), "--port", "0", "--mode", mode, *options]

    return command


def node_ws(mode):
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        raise Missing("no Node")
    packages = HERE.parent / "clients" / "packages.mjs"
    if not (packages.parent / "node_modules" / "ws").is_dir():
        raise Missing("the package ws is not installed: run tests/clients/install")
    return [node, str(HERE / "peers" / "ws_server.mjs"), str(packages), "0", mode]


def python_websockets(mode):
    asked = subprocess.run([SYSTEM_PYTHON, "-c", "import websockets"], capture_output=True,
                           check=False)
    if asked.returncode != 0:
        raise Missing("no python3-websockets")
    return [SYSTEM_PYTHON, "-B", str(HERE / "peers" / "websockets_server.py"), "0", mode]


def beside(text):
    """A server from `NAME=COMMAND`, in which `{mode}` stands for the mode; it must print its URL."""
    name, _, command = text.partition("=")
    if not name or not command:
        raise ValueError(f"--beside {text!r}: must be NAME=COMMAND")
    return Server(name, lambda mode: [word.replace("{mode}", mode)
                                      for word in shlex.split(command)])


def elsewhere(name, url, pid):
    """A server that runs already; process 0: unknown, and then its processor time is, too."""
    if not url.startswith("ws://127.0.0.1:"):
        raise ValueError(f"--url {name} {url}: must be ws://127.0.0.1:PORT/PATH")
    return Server(name, lambda mode: [url], url=url, pid=int(pid))


def all_servers(build):
    ours = "callsign-bench-server"
    with_loop = (*RELAYING, "loop")
    return [
        Server(BASE, built(build, "callsign-bare-epoll")),
        Server("bare epoll, no coalescing", built(build, "callsign-bare-epoll", "--no-coalesce")),
        Server("callsign, in_worker", built(build, ours, "--placement", "worker"), with_loop),
        Server("callsign, in_connection", built(build, ours, "--placement", "connection"),
               with_loop),
        Server("callsign, in_worker, epoll",
               built(build, ours, "--placement", "worker", "--io", "epoll"), with_loop),
        Server("callsign, in_connection, epoll",
               built(build, ours, "--placement", "connection", "--io", "epoll"), with_loop),
        Server("callsign, in_worker, 2 I/O threads",
               built(build, ours, "--placement", "worker", "--io-threads", "2"), with_loop,
               is_quick=False),
        Server("callsign, in_connection, 2 I/O threads",
               built(build, ours, "--placement", "connection", "--io-threads", "2"), with_loop,
               is_quick=False),
        Server("plain Beast", built(build, "plain-beast")),
        Server("Node ws", node_ws),
        Server("python websockets", python_websockets),
    ]


def read_line(process, seconds):
    """The next line of a process, or None when it takes longer or the process has ended."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return (process.stdout.readline() or None) if ready else None


@dataclass
class Elsewhere:
    """A server that is somebody else's to start and stop."""

    url: str
    pid: int

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Running:
    """A server that runs on one core for as long as a `with` block lasts."""

    START_LIMIT = 20
    STOP_LIMIT = 15

    def __init__(self, server, mode, core):
        self.name = server.name
        command = server.command(mode)
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        self.url = None
        deadline = time.monotonic() + self.START_LIMIT
        while self.url is None:
            line = read_line(self.process, max(0.0, deadline - time.monotonic()))
            if line is None:
                self.stop()
                raise RuntimeError(f"{self.name} did not say where it listens")
            found = re.search(r"listening on http://[^:]+:(\d+)", line)
            if found:
                self.url = f"ws://127.0.0.1:{found.group(1)}/"

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        """Ends the server; says how if it had to be forced."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.STOP_LIMIT)
            except subprocess.TimeoutExpired:
                print(f"    {self.name} did not end when asked and was killed", flush=True)
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
