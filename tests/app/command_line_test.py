"""The programs as a shell sees them: flags in, lines and exit codes out.

What each flag means is tested in command_line_test.cpp; here it is the processes that are looked at.
"""

import http.client
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import CHAT, ECHO, LIMIT, Program

FLAGS = (
    "--port --address --path --root --allow --deny --log --log-level --config --placement --io-threads "
    "--max-message --max-fragments --ping --max-queued --max-connections --max-per-address --origin "
    "--help --version"
).split()

STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z   "

BAD = [
    ("--port", "70000"),
    ("--address", "localhost"),
    ("--path", "chat"),
    ("--path", "/%00"),
    ("--root", "/no/such/folder"),
    ("--allow", "10.0.0.0/33"),
    ("--deny", "nobody"),
    ("--log", "/dev/null/log"),
    ("--log-level", "loud"),
    ("--config", "/no/such/file"),
    ("--placement", "elsewhere"),
    ("--io-threads", "-1"),
    ("--max-message", "64Q"),
    ("--max-fragments", "0"),
    ("--ping", "soon"),
    ("--max-queued", "much"),
    ("--max-connections", "0"),
    ("--max-per-address", "1.5"),
    ("--origin", "example.org"),
]


def run(path, *words, cwd=None):
    """Runs a program that is expected to end by itself."""
    with Program(path, *words, cwd=cwd) as program:
        return program.ends(), "\n".join(program.out), "\n".join(program.err)


def get(port, path="/", host="127.0.0.1"):
    line = http.client.HTTPConnection(host, port, timeout=LIMIT)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def knock(port, path="/chat", source="127.0.0.1"):
    """Asks for a WebSocket from that address; answers the status and the whole answer."""
    with socket.create_connection(("127.0.0.1", port), LIMIT, source_address=(source, 0)) as line:
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(4096) or b"\r\n\r\n"
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            more = line.recv(4096)
            if not more:
                break
            body += more
        return int(head.split()[1]), (head + b"\n" + body).decode(errors="replace")


class BothPrograms(unittest.TestCase):
    def each(self):
        for path in (CHAT, ECHO):
            with self.subTest(program=Path(path).name):
                yield path

    def test_help_names_every_flag(self):
        for path in self.each():
            code, out, err = run(path, "--help")
            self.assertEqual((code, err), (0, ""))
            for flag in FLAGS:
                self.assertRegex(out, rf"(?m)^ +(-h,)?{flag}\b")

    def test_version_is_one_line(self):
        for path in self.each():
            code, out, err = run(path, "--version")
            self.assertEqual((code, err), (0, ""))
            self.assertRegex(out, rf"^{Path(path).name} \d+\.\d+\.\d+$")

    def test_a_bad_argument_ends_with_two_and_names_its_flag(self):
        for path in self.each():
            for flag, word in BAD:
                with self.subTest(flag=flag, word=word):
                    code, out, err = run(path, "--port", "0", flag, word) if flag != "--port" else run(path, flag, word)
                    self.assertEqual((code, out), (2, ""), err)
                    self.assertIn(flag, err)
                    self.assertIn(word, err)
                    self.assertIn("--help", err)

    def test_what_is_no_flag_ends_with_two_and_is_named(self):
        for path in self.each():
            for words in (["--prot", "80"], ["now"], ["--port"]):
                code, out, err = run(path, *words)
                self.assertEqual((code, out), (2, ""), err)
                self.assertIn(words[0], err)

    def test_an_unknown_name_in_a_file_ends_with_two(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "settings.toml")
            file.write_text("prot = 80\n", encoding="utf-8")
            for path in self.each():
                code, _, err = run(path, "--config", file)
                self.assertEqual(code, 2)
                self.assertIn("prot", err)

    def test_a_taken_port_ends_with_one_and_says_which_and_what_to_do(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            for path in self.each():
                code, out, err = run(path, "--port", port)
                self.assertEqual((code, out), (1, ""), err)
                self.assertIn("127.0.0.1", err)
                self.assertIn(str(port), err)
                self.assertIn("--port", err)

    def test_one_taken_address_of_two_is_a_failed_start(self):
        with socket.create_server(("127.0.0.2", 0)) as taken:
            port = taken.getsockname()[1]
            code, out, err = run(CHAT, "--port", port, "--address", "127.0.0.1", "--address", "127.0.0.2")
            self.assertEqual((code, out), (1, ""), err)
            self.assertIn("127.0.0.2", err)
            self.assertIn(str(port), err)

    def test_an_address_of_another_machine_is_a_failed_start(self):
        code, out, err = run(CHAT, "--port", "0", "--address", "192.0.2.1")
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn("192.0.2.1", err)
        self.assertIn("--address", err)

    def test_a_failed_start_is_in_the_log_too(self):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
            file = Path(folder, "log.txt")
            port = taken.getsockname()[1]
            code, _, err = run(CHAT, "--port", port, "--log", file)
            self.assertEqual(code, 1)
            self.assertIn(str(port), err)
            self.assertRegex(file.read_text(encoding="utf-8"), rf"{STAMP}error: .*{port}")

    def test_port_zero_prints_the_real_one(self):
        for path in self.each():
            with Program(path, "--port", "0") as program:
                port = program.port()
                self.assertGreater(port, 0)
                socket.create_connection(("127.0.0.1", port), LIMIT).close()
                self.assertEqual(program.stops(), 0)
                self.assertEqual(program.out, [f"listening on http://127.0.0.1:{port}/"])

    def test_each_address_has_its_line(self):
        words = ["--port", "0", "--address", "127.0.0.1", "--address", "127.0.0.2"]
        with Program(CHAT, *words) as program:
            program.says("127.0.0.2")
            port = program.port()
            for host in ("127.0.0.1", "127.0.0.2"):
                self.assertIn(f"listening on http://{host}:{port}/", program.out)
                socket.create_connection((host, port), LIMIT).close()
            self.assertEqual(program.stops(), 0)
            self.assertEqual(len(program.out), 2)

    def test_both_signals_end_in_order_with_zero(self):
        for path in self.each():
            for how in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(how=how.name), Program(path, "--port", "0") as program:
                    program.port()
                    self.assertEqual(program.stops(how), 0, program.everything())

    def test_the_log_goes_to_standard_error(self):
        for path in self.each():
            with Program(path, "--port", "0") as program:
                program.port()
                program.logs(STAMP + r"\*\*\* Server started$")
                self.assertEqual(program.stops(), 0)
                program.logs(STAMP + r"\*\*\* Server closed$")

    def test_the_log_goes_to_the_end_of_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "log.txt")
            for _ in range(2):
                with Program(CHAT, "--port", "0", "--log", file) as program:
                    program.port()
                    self.assertEqual(program.stops(), 0)
                    self.assertEqual(program.err, [])
            lines = file.read_text(encoding="utf-8").splitlines()
            notable = [re.sub(STAMP, "", line) for line in lines if "***" in line]
            self.assertEqual(notable, ["*** Server started", "*** Server closed"] * 2)
            for line in lines:
                self.assertRegex(line, STAMP)

    def test_a_quiet_log_has_only_errors(self):
        with Program(CHAT, "--port", "0", "--log-level", "error") as program:
            program.port()
            self.assertEqual(program.stops(), 0)
            self.assertEqual(program.err, [])

    def test_a_file_of_settings_is_read_and_the_command_line_comes_first(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "settings.toml")
            log = Path(folder, "log.txt")
            file.write_text(
                f'port = 1\naddress = ["127.0.0.1", "127.0.0.3"]\npath = "/talk"\nlog = "{log}"\n', encoding="utf-8"
            )
            with Program(CHAT, "--config", file, "--port", "0") as program:
                program.says("127.0.0.3")
                port = program.port()
                self.assertNotEqual(port, 1)
                self.assertEqual(knock(port, "/talk")[0], 101)
                self.assertEqual(knock(port, "/chat")[0], 404)
                self.assertEqual(program.stops(), 0)
            self.assertIn("*** Server started", log.read_text(encoding="utf-8"))

    def test_without_standard_streams_its_lines_go_nowhere_else(self):
        closed = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh"]
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "log")
            os.mkfifo(log)
            read = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
            child = subprocess.Popen([*closed, CHAT, "--port", "0", "--log", log], stdin=subprocess.DEVNULL)
            try:
                said = b""
                while b"*** Server closed" not in said:
                    self.assertTrue(select.select([read], [], [], LIMIT)[0], said)
                    said += os.read(read, 65536)
                    if b"*** Server started" in said:
                        child.terminate()
                self.assertEqual(child.wait(LIMIT), 0)
                for line in said.decode().splitlines():
                    self.assertRegex(line, STAMP)
            finally:
                os.close(read)
                if child.poll() is None:
                    child.kill()
                    child.wait()

    def test_whoever_stops_reading_its_lines_does_not_end_it(self):
        read, write = os.pipe()
        child = None
        try:
            child = subprocess.Popen([CHAT, "--port", "0"], stdout=subprocess.PIPE, stderr=write, text=True)
            os.close(write)
            port = int(re.search(r":(\d+)/", child.stdout.readline())[1])
            os.close(read)  # the next line of the log finds nobody
            self.assertEqual(knock(port)[0], 101)
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(LIMIT), 0)
        finally:
            if child:
                if child.poll() is None:
                    child.kill()
                    child.wait()
                child.stdout.close()


class Doors(unittest.TestCase):
    def test_a_denied_address_is_refused(self):
        for path in (CHAT, ECHO):
            with Program(path, "--port", "0", "--deny", "127.0.0.1") as program:
                status, answer = knock(program.port())
                self.assertEqual(status, 403)
                self.assertIn("address not allowed", answer)
                self.assertEqual(knock(program.port(), source="127.0.0.2")[0], 101)

    def test_only_allowed_addresses_come_in_when_some_are(self):
        words = ["--port", "0", "--allow", "127.0.0.0/30", "--deny", "127.0.0.2"]
        with Program(CHAT, *words) as program:
            came = {n: knock(program.port(), source=f"127.0.0.{n}")[0] for n in (1, 2, 3, 4)}
            self.assertEqual(came, {1: 101, 2: 403, 3: 101, 4: 403})

    def test_the_page_is_shown_to_everybody(self):
        with Program(CHAT, "--port", "0", "--deny", "127.0.0.1") as program:
            self.assertEqual(get(program.port())[0], 200)


class Page(unittest.TestCase):
    def test_is_in_the_program_wherever_that_runs(self):
        with tempfile.TemporaryDirectory() as elsewhere, Program(CHAT, "--port", "0", cwd=elsewhere) as program:
            port = program.port()
            kinds = {
                "/": "text/html; charset=utf-8",
                "/index.html": "text/html; charset=utf-8",
                "/chat.css": "text/css; charset=utf-8",
                "/chat.js": "text/javascript; charset=utf-8",
                "/favicon.svg": "image/svg+xml",
            }
            for path, kind in kinds.items():
                status, headers, body = get(port, path)
                self.assertEqual((status, headers["Content-Type"]), (200, kind), path)
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(
                    headers["Content-Security-Policy"],
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                )
                self.assertTrue(body)
            self.assertEqual(get(port, "/nothing")[0], 404)

    def test_knows_where_its_socket_is(self):
        with Program(CHAT, "--port", "0", "--path", '/a"&b') as program:
            page = get(program.port())[2].decode()
            self.assertIn('<meta name="callsign-path" content="/a&quot;&amp;b">', page)

    def test_gives_way_to_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "index.html").write_text("my page", encoding="utf-8")
            with Program(CHAT, "--port", "0", "--root", folder) as program:
                port = program.port()
                self.assertEqual(get(port)[2], b"my page")
                self.assertEqual(get(port, "/chat.js")[0], 404)
                self.assertEqual(knock(port)[0], 101)


if __name__ == "__main__":
    unittest.main()
