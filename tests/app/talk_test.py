"""What clients hear from the programs, told with clients that nobody here wrote (python3-websockets)."""

import asyncio
import contextlib
import os
import unittest

import websockets

from program import CHAT, ECHO, LIMIT, Program


def soon(what):
    return asyncio.wait_for(what, LIMIT)


@contextlib.asynccontextmanager
async def joined(port, path="/chat", **how):
    async with websockets.connect(f"ws://127.0.0.1:{port}{path}", open_timeout=LIMIT, **how) as ws:
        yield ws


class Talk(unittest.IsolatedAsyncioTestCase):
    async def hears(self, who, *messages):
        for message in messages:
            self.assertEqual(await soon(who.recv()), message)

    async def hears_nothing(self, *all_of_them):
        """Whatever was on its way arrives before the answer to a ping."""
        for who in all_of_them:
            await soon(await who.ping())
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(who.recv(), 0.001)


class Chat(Talk):
    placements = ("worker", "connection")

    async def each(self):
        for placement in self.placements:
            with self.subTest(placement=placement):
                with Program(CHAT, "--port", "0", "--placement", placement, "--io-threads", "2") as program:
                    yield program.port(), program

    async def test_variant_a(self):
        async for port, _ in self.each():
            async with joined(port) as ana:
                await self.hears(ana, "Welcome on the chat!")
                async with joined(port) as bob:
                    await self.hears(bob, "Welcome on the chat!")
                    await self.hears(ana, "New client connected")
                    async with joined(port) as eve:
                        await self.hears(eve, "Welcome on the chat!")
                        await self.hears(ana, "New client connected")
                        await self.hears(bob, "New client connected")

                        await bob.send("Good evening, <b>all</b> – ❤")
                        await self.hears(ana, "Good evening, <b>all</b> – ❤")
                        await self.hears(eve, "Good evening, <b>all</b> – ❤")
                        await self.hears_nothing(bob)

                        await ana.send(b"\x00\xff as bytes")
                        await self.hears(bob, b"\x00\xff as bytes")
                        await self.hears(eve, b"\x00\xff as bytes")
                    await self.hears(ana, "Client disconnected")
                    await self.hears(bob, "Client disconnected")
                    await self.hears_nothing(ana, bob)
                await self.hears(ana, "Client disconnected")
                await self.hears_nothing(ana)

    async def test_an_interrupt_tells_every_client_1001(self):
        async for port, program in self.each():
            async with joined(port) as ana, joined(port) as bob:
                await self.hears(ana, "Welcome on the chat!")
                await self.hears(bob, "Welcome on the chat!")
                program.interrupt()
                for who in (ana, bob):
                    await soon(who.wait_closed())
                    self.assertEqual(who.close_code, 1001)
            self.assertEqual(await asyncio.to_thread(program.ends), 0, program.everything())
            program.logs(r"\*\*\* Server closed$")

    async def test_a_message_over_the_limit_ends_its_sender_only(self):
        with Program(CHAT, "--port", "0", "--max-message", "1K") as program:
            port = program.port()
            async with joined(port) as ana, joined(port) as bob:
                await self.hears(bob, "Welcome on the chat!")
                await bob.send("x" * 1024)
                await self.hears(ana, "Welcome on the chat!", "New client connected", "x" * 1024)
                await bob.send("x" * 1025)
                await soon(bob.wait_closed())
                self.assertEqual(bob.close_code, 1009)
                await self.hears(ana, "Client disconnected")


class Echo(Talk):
    async def test_says_each_message_back_as_it_came(self):
        for placement in ("worker", "connection"):
            with self.subTest(placement=placement):
                with Program(ECHO, "--port", "0", "--placement", placement) as program:
                    for path in ("/", "/any/where?x=1"):
                        async with joined(program.port(), path) as ana:
                            for message in ("Good evening", "", "é ❤", b"", b"\x00\xff"):
                                await ana.send(message)
                                await self.hears(ana, message)

    async def test_says_text_back_in_upper_case_when_asked(self):
        with Program(ECHO, "--port", "0", "--upper") as program:
            async with joined(program.port(), "/") as ana:
                await ana.send("Hello World! é ß")
                await self.hears(ana, "HELLO WORLD! É ß")
                await ana.send(b"abc")
                await self.hears(ana, b"abc")

    async def test_takes_what_the_conformance_suite_sends(self):
        words = ["--max-message", "33554432", "--max-fragments", "100000", "--ping", "0"]
        with Program(ECHO, "--port", "0", *words) as program:
            async with joined(program.port(), "/", max_size=None, compression=None) as ana:
                large = os.urandom(16 * 1024 * 1024)
                await ana.send(large)
                self.assertTrue(await soon(ana.recv()) == large)
                await ana.send(["é" for _ in range(5000)])
                await self.hears(ana, "é" * 5000)

    async def test_has_a_path_when_given_one(self):
        with Program(ECHO, "--port", "0", "--path", "/echo") as program:
            async with joined(program.port(), "/echo") as ana:
                await ana.send("x")
                await self.hears(ana, "x")
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                async with joined(program.port(), "/"):
                    pass
            self.assertEqual(refused.exception.status_code, 404)


if __name__ == "__main__":
    unittest.main()
