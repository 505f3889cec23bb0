"""A program under test: started on a free port, watched, ended by its handle and by nothing else."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "conformance"))

from line import Line  # noqa: E402  (that folder has the client)

# Limits are for a release on a quiet machine; a build with sanitizers may be given more.
PATIENCE = float(os.environ.get("CALLSIGN_PATIENCE", "1"))
REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:")
CLOSE_DEADLINE = 5.0  # the defaults of both programs
REQUEST_DEADLINE = 5.0

PLACEMENTS = tuple(
    ("--placement", where, "--io-threads", threads)
    for where in ("worker", "connection") for threads in ("1", "2"))


class Program:
    """`with Program("echo", "--ping", "0") as echo:` — at the end it must have ended well."""

    def __init__(self, name, *flags):
        self.path = os.environ.get(f"CALLSIGN_{name.upper()}")
        if not self.path:
            raise RuntimeError(f"CALLSIGN_{name.upper()} does not say where callsign-{name} is")
        self.target = "/chat" if name == "chat" else "/"
        if "CALLSIGN_IO" in os.environ and "--io" not in flags:
            flags = ("--io", os.environ["CALLSIGN_IO"], *flags)
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [self.path, "--port", "0", *flags], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        self.readers = [threading.Thread(target=self._keep, args=(stream,), daemon=True)
                        for stream in (self.process.stdout, self.process.stderr)]
        for reader in self.readers:
            reader.start()
        try:
            found = self.wait_for(r"listening on http://127\.0\.0\.1:(\d+)/", 15)
        except AssertionError:
            self.end()
            raise
        self.port = int(found[1])
        self.url = f"ws://127.0.0.1:{self.port}{self.target}"

    def _keep(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, pattern, limit=10):
        """The first line the program wrote that matches, however long ago."""
        deadline = time.monotonic() + limit * PATIENCE
        seen = 0
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    if found := re.search(pattern, line):
                        return found
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left) and self.process.poll() is not None:
                    raise AssertionError(f"{pattern!r} was not written:\n{self.output()}")

    def output(self):
        return "\n".join(self.lines)

    def line(self, limit=10.0, source=None):
        """A TCP connection to it."""
        return Line("127.0.0.1", self.port, limit * PATIENCE, (source, 0) if source else None)

    def client(self, *headers, target=None, source=None):
        """A client that is in."""
        line = self.line(source=source)
        try:
            line.upgrade(target or self.target, headers)
        except BaseException:
            line.socket.close()
            raise
        return line

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def stop(self, limit=CLOSE_DEADLINE + 1):
        """Asks it to end, and that it ends in order and in time. @returns the seconds it took"""
        began = time.monotonic()
        if self.process.poll() is None:
            self.interrupt()
        try:
            code = self.process.wait(limit * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there {limit} s after SIGINT:\n{self.output()}") from None
        took = time.monotonic() - began
        self._all_is_read()
        if code != 0:
            raise AssertionError(f"exit code {code}:\n{self.output()}")
        if REPORT.search(self.output()):
            raise AssertionError(f"a sanitizer has something to say:\n{self.output()}")
        return took

    def end(self):
        """Whatever it is doing."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._all_is_read()

    def _all_is_read(self):
        for reader in self.readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            self.end()


def is_healthy(program):
    """A fresh and good client is let in and gets its due. @returns what was wrong, or nothing"""
    with program.client() as client:
        if program.target == "/chat":
            expected = ("text", b"Welcome on the chat!")
        else:
            client.say_text("are you there?")
            expected = ("text", b"are you there?")
        said = client.next(5 * PATIENCE)
        if said != expected:
            return f"a good client heard {said}"
        client.close(1000)
        ending = client.until_the_end(5 * PATIENCE)
        if program.target == "/chat":  # others may still be leaving
            ending = [said for said in ending if said != ("text", b"Client disconnected")]
        if ending[0][:2] != ("close", 1000):
            return f"a good client's Close was answered with {ending}"
    return ""


class Wire(unittest.TestCase):
    """One program for all tests of a class, and it is in good health after each of them."""

    program, flags = "echo", ()

    @classmethod
    def setUpClass(cls):
        cls.running = Program(cls.program, *cls.flags)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.running.stop()
        finally:
            cls.running.end()

    def tearDown(self):
        self.assertIsNone(self.running.process.poll(), self.running.output())
        self.assertEqual(is_healthy(self.running), "", self.running.output())
