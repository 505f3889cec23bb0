"""--io: what the program says about its backend, and that a kernel that forbids io_uring is no obstacle."""

import ctypes
import re
import struct
import threading
import unittest

from program import Program, is_healthy

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
IO_URING_SETUP = 425  # on every architecture
EPERM = 1
TOLD = "the network uses"


def forbid_rings():
    """For this thread, and whatever it starts from now on."""
    steps = (
        (0x20, 0, 0, 0),  # load the number of the system call
        (0x15, 0, 1, IO_URING_SETUP),
        (0x06, 0, 0, 0x00050000 | EPERM),
        (0x06, 0, 0, 0x7FFF0000),
    )
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    filter_ = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_)):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def lines_about_it(echo):
    return [line for line in echo.lines if "io_uring" in line or TOLD in line]


class Backend(unittest.TestCase):
    def serves(self, *flags):
        """@returns what the program has said about its backend when it has served a client"""
        with Program("echo", *flags) as echo:
            self.assertEqual(is_healthy(echo), "")
        return lines_about_it(echo)

    def forbidden(self, *flags):
        """The same where the kernel allows no ring."""
        said = []

        def run():
            forbid_rings()
            said.append(self.serves(*flags))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.assertEqual(len(said), 1, "see above")
        return said[0]

    def test_epoll_is_no_news(self):
        self.assertEqual(self.serves("--io", "epoll"), [])

    def test_nor_is_what_we_choose(self):
        said = self.serves()

        self.assertLessEqual(len(said), 1, said)
        if said:
            self.skipTest(said[0])

    def test_io_uring_is_told(self):
        said = self.serves("--io", "io_uring", "--io-threads", "2", "--log-level", "debug")

        self.assertEqual(len(said), 1, said)
        if "cannot be used" in said[0]:
            self.skipTest(said[0])
        self.assertTrue(said[0].endswith("the network uses io_uring"), said)

    def test_forbidden_it_leaves_epoll_and_one_line(self):
        said = self.forbidden("--io", "io_uring", "--io-threads", "2")

        self.assertEqual(len(said), 1, said)
        self.assertTrue(
            re.search(r"warning: the network uses epoll, because io_uring cannot be used: "
                      r"Operation not permitted$", said[0]), said)

    def test_forbidden_it_is_no_warning_to_who_leaves_the_choice(self):
        said = self.forbidden()

        self.assertEqual(len(said), 1, said)
        self.assertIn("Operation not permitted", said[0])
        self.assertNotIn("warning", said[0])

    def test_forbidden_it_is_nothing_to_who_wants_epoll(self):
        self.assertEqual(self.forbidden("--io", "epoll"), [])


if __name__ == "__main__":
    unittest.main()
