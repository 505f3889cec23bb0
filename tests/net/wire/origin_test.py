"""Whose pages may connect: rules V8 and B-20."""

import unittest

from program import Program, Wire  # first: it knows where the client is

from line import Refused


def status(program, *headers, host=None):
    """Of a handshake with these headers."""
    with program.line() as line:
        line.host = host or line.host
        try:
            return line.upgrade("/", headers).status
        except Refused as no:
            return no.answer and no.answer.status


class SameHost(Wire):
    flags = ("--ping", "0")

    def own(self):
        return f"http://127.0.0.1:{self.running.port}"

    def says(self, origin, host=None):
        return status(self.running, f"Origin: {origin}", host=host)

    def test_programs_send_none_and_are_let_in(self):
        self.assertEqual(status(self.running), 101)

    def test_pages_of_this_host_are_let_in_under_every_name_it_was_reached_by(self):
        self.assertEqual(self.says(self.own()), 101)
        self.assertEqual(self.says(f"http://localhost:{self.running.port}", host="localhost"), 101)

    def test_everybody_else_is_not(self):
        port = self.running.port
        for origin in (
            "null", "", "*", "http://evil.example", "http://127.0.0.1", f"http://127.0.0.1:{port + 1}",
            f"http://127.0.0.1:{port}.evil.example", f"http://127.0.0.1.evil.example:{port}",
            f"http://evil.example:{port}", f"http://127.0.0.1@evil.example:{port}",
            f"http://evil.example#http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/",
            f"http://127.0.0.1:{port} http://evil.example", f"http://127.0.0.1:{port}0",
            f"HTTP://EVIL.EXAMPLE:{port}", f"127.0.0.1:{port}", f"ftp://127.0.0.1:{port}",
            f"http://localhost:{port}", f"http://[::1]:{port}", f"http://127.1:{port}",
            f"file://127.0.0.1:{port}",
        ):
            with self.subTest(origin=origin):
                self.assertEqual(self.says(origin), 403)

    def test_two_origins_are_no_origin(self):
        self.assertIn(status(self.running, f"Origin: {self.own()}", "Origin: http://evil.example"),
                      (400, 403))
        self.assertIn(status(self.running, "Origin: http://evil.example", f"Origin: {self.own()}"),
                      (400, 403))

    def test_letters_of_any_size_are_the_same_host(self):
        # RFC 9110 section 4.2.3: scheme and host do not care.
        self.assertEqual(self.says(f"http://localhost:{self.running.port}", host="LOCALHOST"), 101)


class Listed(unittest.TestCase):
    def test_those_listed_are_let_in_besides(self):
        with Program("echo", "--origin", "https://app.example", "--origin",
                     "http://other.example:8080") as echo:
            expected = {
                "https://app.example": 101, "http://other.example:8080": 101,
                f"http://127.0.0.1:{echo.port}": 101,
                "http://app.example": 403, "https://app.example:444": 403, "http://other.example": 403,
                "https://app.example.evil.example": 403, "https://xapp.example": 403,
                "https://app.example/": 403, "null": 403,
            }
            got = {origin: status(echo, f"Origin: {origin}") for origin in expected}
            self.assertEqual(got, expected)
            self.assertEqual(status(echo), 101)

    def test_a_star_lets_in_all(self):
        with Program("echo", "--origin", "*") as echo:
            for origin in ("http://evil.example", "null"):
                self.assertEqual(status(echo, f"Origin: {origin}"), 101)


if __name__ == "__main__":
    unittest.main()
