"""Bad HTTP, rules B-01 to B-20: the stated answer, never a 101, and the server lives.

As far as neither TLS nor tokens are needed. Each request is sent as bytes by a socket of our own; after
each the line ends or goes on as HTTP says, and a fresh good client is served.
"""

import re
import time
import unittest

from program import PATIENCE, Wire  # first: it knows where the client is

from line import Refused

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"
UPGRADE = "Upgrade: websocket"
CONNECTION = "Connection: Upgrade"
LOG_LINE = re.compile(r"(listening on |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z   )[^\x00-\x1f\x7f]*")
SILENCE = None  # the line is closed without an answer


class BadHttp(Wire):
    flags = ("--path", "/echo", "--ping", "0", "--log-level", "debug")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.running.target = "/echo"
        cls.host = f"Host: 127.0.0.1:{cls.running.port}"

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        # Nothing that came from outside has forged a line of the log, or drawn in a terminal.
        forged = [line for line in cls.running.lines if not LOG_LINE.fullmatch(line)]
        if forged:
            raise AssertionError(f"no lines of the log: {forged[:5]}")

    # -- verbs ---------------------------------------------------------------------------------

    def handshake(self, *, first="GET /echo HTTP/1.1", without=(), instead=(), more=(), body=b"",
                  ending="\r\n"):
        """A good handshake, but for what is said to be different."""
        lines = [self.host, UPGRADE, CONNECTION, KEY, VERSION]
        names = {line.split(":")[0].lower() for line in instead} | {n.lower() for n in without}
        kept = [line for line in lines if line.split(":")[0].lower() not in names]
        return ending.join([first, *kept, *instead, *more, "", ""]).encode("latin-1") + body

    def answer_to(self, data, limit=5.0):
        """@returns the answer, or None when the line was closed without one; in any case in time"""
        with self.running.line() as line:
            line.send(data)
            return line.answer(limit * PATIENCE)

    def gets(self, data, *statuses, limit=5.0, why=""):
        got = self.answer_to(data, limit)
        with self.subTest(why or data[:100]):
            status = SILENCE if got is None else got.status
            self.assertIn(status, statuses, data[:200])
            self.tearDown()
        return got

    # -- what is good, so that the rest means something ----------------------------------------

    def test_the_handshake_that_the_others_spoil_is_good(self):
        self.gets(self.handshake(), 101)
        self.gets(self.handshake(instead=["Connection: keep-alive, Upgrade"]), 101)
        self.gets(self.handshake(instead=["UPGRADE: WebSocket", "CONNECTION: upgrade"]), 101)

    # -- the head ------------------------------------------------------------------------------

    def test_b01_host_missing_or_twice(self):
        self.gets(self.handshake(without=["host"]), 400)
        self.gets(self.handshake(more=[self.host]), 400)
        self.gets(self.handshake(more=["Host: evil.example"]), 400)

    def test_b02_line_endings(self):
        self.gets(self.handshake(ending="\n"), 400, SILENCE, limit=7)
        self.gets(self.handshake(more=["X-A: a\nX-B: b"]), 400)
        self.gets(self.handshake(more=["X-A: a\rX-B: b"]), 400)

    def test_b03_space_before_the_colon(self):
        self.gets(self.handshake(more=["X-A : a"]), 400)
        self.gets(self.handshake(instead=["Host : 127.0.0.1"]), 400)
        self.gets(self.handshake(more=[" folded"]), 400)

    def test_b04_too_many_headers(self):
        self.gets(self.handshake(more=[f"X-{n}: a" for n in range(95)]), 101, why="100 headers")
        self.gets(self.handshake(more=[f"X-{n}: a" for n in range(96)]), 431, why="101 headers")

    def test_b05_a_head_of_more_than_8_kib(self):
        self.gets(self.handshake(more=["X-A: " + "a" * (8193 - 7)]), 431, 413, why="one long header")
        self.gets(self.handshake(first="GET /" + "a" * 65536 + " HTTP/1.1"), 431, 414, 413,
                  why="a long request line")

    def test_b06_paths(self):
        for path in ("/echo\0", "/echo%00", "/%00", "/%2e%2e/echo", "/../echo", "/x/%2e%2e/echo",
                     "/%c0%ae%c0%ae/echo", "/%c0%afecho", "/echo%", "/echo%2", "/echo%zz", "echo",
                     "/echo\x7f", "/echo\x01", "/%ff"):
            first = f"GET {path} HTTP/1.1"
            self.gets(self.handshake(first=first), 400, 404)
            self.gets(f"{first}\r\n{self.host}\r\n\r\n".encode("latin-1"), 400, 404)

    def test_b07_request_lines(self):
        for first in ("GET /echo", "GET  /echo HTTP/1.1", "GET /echo HTTP/1.1 x", "GET /e cho HTTP/1.1",
                      "/echo HTTP/1.1", "GET /echo HTTP/2.0", "GET /echo HTTP/9.9", "G@T /echo HTTP/1.1",
                      "GET /echo http/1.1", " GET /echo HTTP/1.1", ""):
            self.gets(self.handshake(first=first), 400, 501, 505)

    def test_b08_methods(self):
        self.gets(self.handshake(first="POST /echo HTTP/1.1"), 400, 405, 501)
        self.gets(self.handshake(first="HEAD /echo HTTP/1.1"), 400, 404, 405, 501)
        self.gets(self.handshake(first="BREW /echo HTTP/1.1"), 400, 405, 501)
        self.gets(self.handshake(first="CONNECT /echo HTTP/1.1"), 400, 405, 501)
        self.gets(self.handshake(first="PRI * HTTP/2.0", without=["host"]), 400, 501, 505)

    def test_b09_http_1_0_cannot_upgrade(self):
        # RFC 9110 section 7.8: Upgrade in an HTTP/1.0 request is ignored; so an ordinary request.
        self.gets(self.handshake(first="GET /echo HTTP/1.0"), 400, 404, 426, 505)

    # -- bodies and smuggling (V16) ------------------------------------------------------------

    def test_b10_no_body_may_come_with_an_upgrade(self):
        self.gets(self.handshake(more=["Content-Length: 5"], body=b"hello"), 400)
        self.gets(self.handshake(more=["Content-Length: 0"]), 400)
        self.gets(self.handshake(more=["Content-Length: 5", "Content-Length: 6"], body=b"hello"), 400)
        self.gets(self.handshake(more=["Content-Length: -1"]), 400)
        self.gets(self.handshake(more=["Content-Length: 18446744073709551616"]), 400, 413)

    def test_b11_nor_a_transfer_encoding(self):
        self.gets(self.handshake(more=["Transfer-Encoding: chunked"], body=b"0\r\n\r\n"), 400, 501)
        self.gets(self.handshake(more=["Transfer-Encoding: chunked", "Content-Length: 4"],
                                 body=b"0\r\n\r\n"), 400, 501)
        self.gets(self.handshake(more=["Transfer-Encoding: xchunked"]), 400, 501)

    def test_b12_a_second_request_behind_the_upgrade(self):
        # To a server that has said 101 these bytes are a frame with reserved bits: nothing of it is
        # ever answered as HTTP.
        second = b"GET / HTTP/1.1\r\nHost: smuggled.example\r\n\r\n"
        with self.running.line() as line:
            line.send(self.handshake(body=second))
            got = line.answer(5 * PATIENCE)
            if got is not None and got.status == 101:
                with self.running.line() as again:
                    self.upgraded_with_more(again, second)
            else:
                self.assertIn(got and got.status, (400, SILENCE))

    def upgraded_with_more(self, line, second):
        send = line.send
        line.send = lambda data, *rest: send(data + second, *rest)
        line.upgrade("/echo")
        line.send = send
        self.assertEqual(line.until_the_end(1 * PATIENCE)[0][:2], ("close", 1002))

    # -- the handshake -------------------------------------------------------------------------

    def test_b13_keys(self):
        self.gets(self.handshake(without=["sec-websocket-key"]), 400)
        for key in ("", "AAAAAAAAAAAAAAAAAAAA", "YWJjZGVmZ2hpamtsbW5v", "not base64 at all, no",
                    "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ!==",
                    "dGhlIHNhbXBsZSBub25jZXM5NzUzMQ==", "AAAA" * 1000):
            self.gets(self.handshake(instead=[f"Sec-WebSocket-Key: {key}"]), 400)
        self.gets(self.handshake(more=[KEY]), 400)

    def test_b14_versions(self):
        for version in ("8", "99", "0", "13, 8", "-13", "013", "", "1e1"):
            got = self.gets(self.handshake(instead=[f"Sec-WebSocket-Version: {version}"]), 426, 400)
            if version in ("8", "99", "0"):
                self.assertEqual(got.status, 426, version)
            if got.status == 426:
                self.assertEqual(got.headers.get("sec-websocket-version"), "13", version)
        self.gets(self.handshake(without=["sec-websocket-version"]), 400, 426)
        self.gets(self.handshake(more=[VERSION]), 400, 426)
        self.gets(self.handshake(more=["Sec-WebSocket-Version: 8"]), 400, 426)

    def test_b15_upgrade_and_connection(self):
        self.gets(self.handshake(instead=["Upgrade: websocket, h2c"]), 400, 404, 426, 501)
        self.gets(self.handshake(instead=["Upgrade: h2c"]), 400, 404, 426, 501)
        self.gets(self.handshake(instead=["Upgrade: websocketx"]), 400, 404, 426, 501)
        self.gets(self.handshake(without=["upgrade"]), 400, 404, 426)
        self.gets(self.handshake(without=["connection"]), 400, 404, 426)
        self.gets(self.handshake(instead=["Connection: keep-alive"]), 400, 404, 426)
        self.gets(self.handshake(instead=["Connection: upgraded"]), 400, 404, 426)

    # b16 and b17: to offer what a server does not have is no error (RFC 6455 sections 4.2.2 and 9.1): 101, and nothing granted.
    def test_b16_subprotocols_cost_no_time_and_none_is_invented(self):
        for offer in (",".join(f"p{n}" for n in range(1000)), ",,,,", "a,,b", " , ", "a b", "a;b", "\"a\"",
                      "," * 6000, "a" * 6000, ("a" * 10 + " ") * 500, "=" * 3000):
            began = time.monotonic()
            got = self.gets(self.handshake(more=[f"Sec-WebSocket-Protocol: {offer}"]), 101, 400, 431)
            self.assertLess(time.monotonic() - began, 1 * PATIENCE)
            self.assertNotIn("sec-websocket-protocol", got.headers)

    def offers(self, offer, *statuses):
        began = time.monotonic()
        got = self.gets(self.handshake(more=[f"Sec-WebSocket-Extensions: {offer}"]), *statuses, why=offer)
        self.assertLess(time.monotonic() - began, 1 * PATIENCE)
        self.assertNotIn("sec-websocket-extensions", got.headers)

    def test_b17_extensions_are_not_granted(self):
        for more in ("unknown=1", "server_max_window_bits=7", "server_max_window_bits=16",
                     "client_max_window_bits; client_max_window_bits"):
            self.offers(f"permessage-deflate; {more}", 101, 400)
        self.offers(", ".join(["permessage-deflate"] * 300), 101, 400)
        self.offers(", ".join(f"x{n}" for n in range(1000)), 101, 400)

    def test_b17_extensions_against_the_grammar_fail_the_handshake(self):
        # RFC 6455 sections 4.2.1 and 9.1: what does not conform to the grammar MUST fail.
        for offer in ("=", ";", ";" * 3000, "x; ", "x;;y", "x; y=", 'x; y="unfinished', 'x; y="a b"', "x y",
                      "x=1", '"x"', "permessage-deflate; server_max_window_bits="):
            self.offers(offer, 400)

    def test_b18_the_absolute_form(self):
        where = f"http://127.0.0.1:{self.running.port}/echo"
        self.gets(self.handshake(first=f"GET {where} HTTP/1.1"), 400, 404)
        self.gets(self.handshake(first="GET http://evil.example/echo HTTP/1.1"), 400, 404)
        self.gets(self.handshake(first="GET * HTTP/1.1"), 400, 404)

    # -- no HTTP at all ------------------------------------------------------------------------

    def test_b19_other_protocols(self):
        hello = bytes.fromhex("16030100a5010000a10303") + bytes(range(160))
        self.gets(hello, 400, SILENCE, limit=7, why="TLS")
        self.gets(b"\x81\x85\x01\x02\x03\x04hello", 400, SILENCE, limit=7, why="a frame")
        self.gets(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400, SILENCE, limit=7, why="SSH")
        self.gets(bytes(4096), 400, 431, SILENCE, limit=7, why="zeros")
        self.gets(b"\r\n" * 5000, 400, 431, SILENCE, limit=7, why="empty lines")

    def test_b20_lines_that_break_off(self):
        whole = self.handshake()
        for end in range(0, len(whole), 7):
            with self.running.line() as line:
                line.send(whole[:end])
        with self.assertRaises(Refused):
            self.running.client(target="/elsewhere")


if __name__ == "__main__":
    unittest.main()
