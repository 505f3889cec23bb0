"""Recordings of the running programs, made by python3-websockets over sockets, and replayed.

    recording_test.py CALLSIGN-SCRIPT
"""

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import websockets

from program import CHAT, ECHO, LIMIT, Program

PLAYER = sys.argv.pop(1)


def run(*words):
    return subprocess.run(
        [PLAYER, *map(str, words)], capture_output=True, text=True, timeout=3 * LIMIT, check=False
    )


def soon(what):
    return asyncio.wait_for(what, LIMIT)


class Recorded(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "evening.recording")

    def record(self, path, *words, io_threads=2):
        return Program(path, "--port", 0, "--io-threads", io_threads, "--record", self.file, *words)

    async def joined(self, scene, port, path="/chat", **how):
        at = f"ws://127.0.0.1:{port}{path}"
        return await scene.enter_async_context(websockets.connect(at, open_timeout=LIMIT, close_timeout=1, **how))

    async def hears(self, who, *all_of_it):
        for text in all_of_it:
            self.assertEqual(await soon(who.recv()), text)

    def replays(self, returncode=0):
        told = run("replay", self.file)
        self.assertEqual(told.returncode, returncode, told.stdout + told.stderr)
        return told

    async def evening(self, port, *, one_by_one=False):
        async with contextlib.AsyncExitStack() as scene:
            ana = await self.joined(scene, port)
            await self.hears(ana, "Welcome on the chat!")
            bob = await self.joined(scene, port)
            await self.hears(bob, "Welcome on the chat!")
            await self.hears(ana, "New client connected")
            await bob.send("Good evening")
            await self.hears(ana, "Good evening")
            await ana.send(b"\x00\xff")
            await self.hears(bob, b"\x00\xff")

            # Many at once, from many: nobody knows the order beforehand.
            others = [await self.joined(scene, port) for _ in range(8)]
            async def speaks(who, name):
                for n in range(20):
                    await who.send(f"{name} {n}")
            await soon(asyncio.gather(*(speaks(one, n) for n, one in enumerate(others))))
            said = [f"{name} {n}" for name in range(8) for n in range(20)]
            heard = [await soon(ana.recv()) for _ in range(8 + len(said))]
            self.assertEqual(sorted(heard), sorted(said + 8 * ["New client connected"]))
            for n, one in enumerate(others):
                if n % 2 == 0:
                    one.transport.abort()
                else:
                    await soon(one.close(4000 + n, "enough"))
                if one_by_one:
                    await self.hears(ana, "Client disconnected")
            if not one_by_one:
                await self.hears(ana, *8 * ["Client disconnected"])
        # Everybody has said goodbye.

    async def test_a_chat_over_sockets_replays(self):
        with self.record(CHAT) as server:
            await self.evening(server.port())
            self.assertEqual(server.stops(), 0)

        told = self.replays()

        self.assertIn("of 10 clients, by chat", told.stdout)
        self.assertTrue(told.stdout.endswith("as recorded\n"), told.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)

    async def test_what_still_runs_at_the_end_is_told_goodbye_again(self):
        with self.record(CHAT) as server:
            async with contextlib.AsyncExitStack() as scene:
                ana = await self.joined(scene, server.port())
                await self.hears(ana, "Welcome on the chat!")
                self.assertEqual(server.stops(), 0)
                await soon(ana.wait_closed())

        self.assertIn('"goodbye":1001', self.file.read_text(encoding="utf-8"))
        self.replays()

    async def test_a_killed_server_leaves_a_recording_up_to_its_end(self):
        with self.record(CHAT) as server:
            async with contextlib.AsyncExitStack() as scene:
                ana = await self.joined(scene, server.port())
                bob = await self.joined(scene, server.port())
                await self.hears(ana, "Welcome on the chat!", "New client connected")
                await bob.send("hello")
                await self.hears(ana, "hello")
                server.stops(signal.SIGKILL)

        told = self.replays()
        self.assertIn("up to where it breaks off", told.stdout)
        self.assertIn('"hello"', run("export", self.file).stdout)

    async def test_a_changed_recording_is_seen_at_its_line(self):
        with self.record(CHAT) as server:
            async with contextlib.AsyncExitStack() as scene:
                ana = await self.joined(scene, server.port())
                await self.hears(ana, "Welcome on the chat!")
            server.stops()
        lines = self.file.read_text(encoding="utf-8").split("\n")
        at = next(n for n, line in enumerate(lines) if '"is":"hears"' in line)
        lines[at] = lines[at].replace("Welcome on", "Welcome to")
        self.file.write_text("\n".join(lines), encoding="utf-8")

        told = self.replays(returncode=1)

        self.assertIn(f"{self.file}:{at + 1}: here the recording has: ana hears", told.stderr)
        self.assertIn('but now: it hears "Welcome on the chat!"', told.stderr)

    async def test_it_is_exported_as_a_script_that_plays_at_every_altitude(self):
        # A script has no word for who leaves first when two leave at once, nor for what one thread of
        # clients hears before another does (docs/testing.md).
        with self.record(CHAT, io_threads=1) as server:
            await self.evening(server.port(), one_by_one=True)
            server.stops()
        script = self.file.with_suffix(".script")
        exported = run("export", self.file)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        script.write_text(exported.stdout, encoding="utf-8")

        inside = run("run", script, "--seeds", 3)
        self.assertEqual(inside.returncode, 0, inside.stdout + inside.stderr + exported.stdout)
        with Program(CHAT, "--port", 0) as server:
            outside = run("run", script, "--url", f"ws://127.0.0.1:{server.port()}")
            self.assertEqual(outside.returncode, 0, outside.stdout + outside.stderr)

    async def test_what_the_program_was_started_with_counts(self):
        with self.record(ECHO, "--upper", "--path", "/loud", "--max-message", "100") as server:
            async with contextlib.AsyncExitStack() as scene:
                ana = await self.joined(scene, server.port(), "/loud")
                await ana.send("hello")
                await self.hears(ana, "HELLO")
                await ana.send("x" * 101)
                with self.assertRaises(websockets.ConnectionClosed):
                    await soon(ana.recv())
            server.stops()

        self.replays()

    async def test_nothing_hidden_is_in_the_file(self):
        words = ("--record-hide", "password", "--record-hide-header", "X-Key")
        with self.record(CHAT, *words) as server:
            async with contextlib.AsyncExitStack() as scene:
                head = {"X-Key": "s3cret", "Cookie": "s3cret", "Authorization": "s3cret"}
                ana = await self.joined(
                    scene, server.port(), "/chat?password=s3cret", extra_headers=head
                )
                bob = await self.joined(scene, server.port())
                await self.hears(ana, "Welcome on the chat!", "New client connected")
                await self.hears(bob, "Welcome on the chat!")
                await ana.send(json.dumps({"password": "s3cret", "text": "good evening"}))
                self.assertIn("s3cret", await soon(bob.recv()))
            server.stops()

        recorded = self.file.read_text(encoding="utf-8")
        self.assertNotIn("s3cret", recorded)
        self.assertIn("good evening", recorded)
        self.assertNotIn(str(self.file), recorded)
        self.replays()

    async def test_a_full_recording_says_so_and_the_server_goes_on(self):
        with self.record(CHAT, "--record-limit", "3K") as server:
            await self.evening(server.port())
            server.logs(r"warning: the recording .* is full and ends here")
            self.assertEqual(server.stops(), 0)

        self.assertLessEqual(self.file.stat().st_size, 3 * 1024)
        self.replays()

    async def test_a_file_that_cannot_be_made_is_an_error_at_the_start(self):
        self.file.write_text("precious", encoding="utf-8")
        with self.record(CHAT) as server:
            self.assertEqual(server.ends(), 1)
            self.assertIn("remove that file, or name another", server.everything())
        self.assertEqual(self.file.read_text(encoding="utf-8"), "precious")
        with Program(CHAT, "--port", 0, "--record", "/nowhere/x") as server:
            self.assertEqual(server.ends(), 1)
            self.assertIn("name a file in a folder that exists", server.everything())

    async def test_a_file_that_is_no_recording_is_refused(self):
        self.file.write_text("hello\n", encoding="utf-8")
        told = self.replays(returncode=2)
        self.assertIn(f"{self.file}:1:1: this is no recording", told.stderr)


if __name__ == "__main__":
    unittest.main()
