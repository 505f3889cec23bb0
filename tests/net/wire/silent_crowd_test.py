"""Ten thousand lines that never say a word: the last of B-20, L-05.

Each is gone within the request deadline and a second after it came; meanwhile a good client is served as
ever, and afterwards the program has no more open files than before.
"""

import os
import resource
import selectors
import socket
import subprocess
import time
import unittest

from program import PATIENCE, REQUEST_DEADLINE, Wire, is_healthy

LINES = 10_000
FILES = LINES + 200  # that this process and the program may have open, each
GONE = (REQUEST_DEADLINE + 1) * PATIENCE
SERVED = 1 * PATIENCE  # a good client, from its knock to its end


class SilentCrowd(Wire):
    flags = ("--ping", "0")

    @classmethod
    def setUpClass(cls):
        least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY and most < FILES:
            raise unittest.SkipTest(f"a process may have only {most} open files here, and {FILES} are needed")
        if least != resource.RLIM_INFINITY and least < FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))  # the program inherits it
        super().setUpClass()

    def files(self):
        return len(os.listdir(f"/proc/{self.running.process.pid}/fd"))

    def test_ten_thousand_that_say_nothing_are_gone_in_time(self):
        before = self.files()
        came = {}
        with selectors.DefaultSelector() as ready:
            for number in range(LINES):
                # From four addresses: one alone may not have so many lines.
                here = (f"127.0.0.{2 + number % 4}", 0)
                sock = socket.create_connection(("127.0.0.1", self.running.port), 10, here)
                came[sock] = time.monotonic()
                sock.setblocking(False)
                ready.register(sock, selectors.EVENT_READ)
                if number == LINES // 2:
                    self.is_served()
            self.is_served()
            lasted = self.until_all_are_gone(ready, came)
        self.is_served()

        self.assertEqual(len(lasted), LINES)
        self.assertLessEqual(max(lasted), GONE)
        self.assertGreater(min(lasted), REQUEST_DEADLINE - 1, "not even given a chance")
        # A line that was answered lingers for a second.
        forgotten_by = time.monotonic() + 5
        while self.files() > before + 1 and time.monotonic() < forgotten_by:
            with self.assertRaises(subprocess.TimeoutExpired, msg="it has ended"):
                self.running.process.wait(0.1)
        self.assertLessEqual(self.files(), before + 1)
        print(f"{LINES} lines, gone after {min(lasted):.2f} to {max(lasted):.2f} s", flush=True)

    def is_served(self):
        asked = time.monotonic()
        self.assertEqual(is_healthy(self.running), "")
        self.assertLess(time.monotonic() - asked, SERVED)

    def until_all_are_gone(self, ready, came):
        """@returns for each line, how long it lasted; those that are still there are missing"""
        lasted = []
        give_up = max(came.values()) + GONE + 1
        while ready.get_map() and time.monotonic() < give_up:
            for key, _ in ready.select(max(0.0, give_up - time.monotonic())):
                sock = key.fileobj
                if self.is_gone(sock):
                    ready.unregister(sock)
                    lasted.append(time.monotonic() - came[sock])
                    sock.close()
        for key in list(ready.get_map().values()):
            key.fileobj.close()
        return lasted

    @staticmethod
    def is_gone(sock):
        try:
            return sock.recv(1024) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True


if __name__ == "__main__":
    unittest.main()
