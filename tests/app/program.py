"""A program under test: started here, watched line by line, ended by its own handle and nothing else."""

import os
import queue
import re
import signal
import subprocess
import threading
import time

LIMIT = 20  # seconds, for whatever is waited for

CHAT = os.environ.get("CALLSIGN_CHAT", "")
ECHO = os.environ.get("CALLSIGN_ECHO", "")


class Program:
    """One run of a program. Use it in a `with` statement: whatever happens, it has ended afterwards."""

    def __init__(self, path, *words, cwd=None):
        if not path:
            raise RuntimeError("CALLSIGN_CHAT and CALLSIGN_ECHO name the programs to be tested")
        self.out, self.err = [], []
        self._news = queue.Queue()
        self._child = subprocess.Popen(
            [path, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            text=True,
            encoding="utf-8",
        )
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self._child.stdout, self.out), (self._child.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))
            self._news.put(None)
        self._news.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait(LIMIT)
        for reader in self._readers:
            reader.join(LIMIT)
        self._child.stdout.close()
        self._child.stderr.close()

    def says(self, pattern, lines=None):
        """Waits for a line with the pattern and answers the match. Standard output unless told."""
        lines = self.out if lines is None else lines
        end = time.monotonic() + LIMIT
        while True:
            ended = self._child.poll() is not None and not any(r.is_alive() for r in self._readers)
            for line in list(lines):
                found = re.search(pattern, line)
                if found:
                    return found
            left = end - time.monotonic()
            if ended or left <= 0:
                why = f"ended with {self._child.poll()}" if ended else f"waited {LIMIT} s"
                raise AssertionError(f"{why} without saying {pattern!r}; said:\n{self.everything()}")
            try:
                self._news.get(timeout=min(left, 1))
            except queue.Empty:
                pass

    def logs(self, pattern):
        return self.says(pattern, self.err)

    def port(self):
        """The port, once it listens."""
        return int(self.says(r"^listening on http://\S+:(\d+)/$")[1])

    def interrupt(self, how=signal.SIGTERM):
        self._child.send_signal(how)

    def ends(self):
        """Waits for the end and answers the exit code."""
        try:
            code = self._child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {LIMIT} s; said:\n{self.everything()}") from None
        for reader in self._readers:
            reader.join(LIMIT)
        return code

    def stops(self, how=signal.SIGTERM):
        self.interrupt(how)
        return self.ends()

    def everything(self):
        return "\n".join([*(f"out: {x}" for x in self.out), *(f"err: {x}" for x in self.err)])
