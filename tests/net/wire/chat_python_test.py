"""The seed's chat with clients that nobody here wrote: python3-websockets.

Variant A of section 6 of the 4D rules, to the letter: exactly these frames at exactly these clients, in
one order for all (T-15, T-16, T-23, D-6, D-7, C-10), under both placements and with one and two I/O
threads. What each client heard is compared whole at the end, so nothing may be lost, doubled or added.
"""

import asyncio
import random
import unittest

import websockets

from program import PATIENCE, PLACEMENTS, Program
from recording import Recording

WELCOME, CAME, LEFT = "Welcome on the chat!", "New client connected", "Client disconnected"
LIMIT = 10 * PATIENCE


class Client:
    """Somebody in the chat, with a memory."""

    def __init__(self, ws, name="", recording=None):
        self.ws = ws
        self.name = name
        self.recording = recording
        self.heard = []
        self.said = []
        self.changed = asyncio.Condition()
        self.listening = asyncio.create_task(self._listen())

    @classmethod
    async def joins(cls, chat, name="", recording=None):
        ws = await asyncio.wait_for(
            websockets.connect(chat.url, compression=None, ping_interval=None, max_queue=None), LIMIT)
        client = cls(ws, name, recording)
        if recording:
            recording.admitted(name)
        await client.has_heard(1)
        return client

    async def _listen(self):
        try:
            async for text in self.ws:
                await self._note(text)
        except websockets.ConnectionClosed:
            pass
        await self._note(None)

    async def _note(self, text):
        async with self.changed:
            if text is not None:
                self.heard.append(text)
            if self.recording and text is not None:
                self.recording.heard(self.name, text)
            elif self.recording:
                self.recording.ended(self.name)
            self.changed.notify_all()

    async def until(self, is_so):
        async def wait():
            async with self.changed:
                await self.changed.wait_for(lambda: is_so() or self.listening.done())
        await asyncio.wait_for(wait(), LIMIT)
        assert is_so(), (self.heard[-5:], self.ws.close_code)

    async def has_heard(self, count):
        await self.until(lambda: len(self.heard) >= count)

    async def says(self, text):
        self.said.append(text)
        if self.recording:
            self.recording.said(self.name, text)
        await self.ws.send(text)

    async def leaves(self, code=1000, reason=""):
        if self.recording:
            self.recording.leaves(self.name)
        await asyncio.wait_for(self.ws.close(code, reason), LIMIT)
        await asyncio.wait_for(self.listening, LIMIT)
        return self.ws.close_code

    async def vanishes(self):
        if self.recording:
            self.recording.leaves(self.name)
        self.ws.transport.abort()
        await asyncio.wait_for(self.listening, LIMIT)


class Stories:
    """Told once for each placement."""

    flags = ()

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # it would cost more than everything else

    def setUp(self):
        self.chat = Program("chat", "--ping", "0", *self.flags)
        self.addCleanup(self.chat.end)

    def tearDown(self):
        self.chat.stop()

    async def test_everybody_hears_exactly_what_is_theirs(self):
        ana = await Client.joins(self.chat)
        bob = await Client.joins(self.chat)
        await ana.has_heard(2)
        eve = await Client.joins(self.chat)
        await ana.has_heard(3)
        await bob.has_heard(2)

        await ana.says("Good evening")
        await bob.has_heard(3)
        await bob.says("<b>Grüße</b> & \U0001f44b <script>alert(1)</script>")
        await eve.has_heard(3)
        await eve.says(b"\x00\xff\xfe")  # as received: bytes as bytes
        await eve.says("")
        await ana.has_heard(6)
        await bob.has_heard(5)

        self.assertEqual(await bob.leaves(1000, "enough"), 1000)
        await ana.has_heard(7)
        await eve.has_heard(4)
        self.assertEqual(await eve.leaves(1001), 1001)
        await ana.has_heard(8)
        mallory = await Client.joins(self.chat)
        await ana.has_heard(9)
        await mallory.vanishes()
        await ana.has_heard(10)
        last = await Client.joins(self.chat)  # whatever came before is heard by now
        await ana.has_heard(11)

        markup = "<b>Grüße</b> & \U0001f44b <script>alert(1)</script>"
        self.assertEqual(ana.heard, [WELCOME, CAME, CAME, markup, b"\x00\xff\xfe", "", LEFT, LEFT,
                                     CAME, LEFT, CAME])
        self.assertEqual(bob.heard, [WELCOME, CAME, "Good evening", b"\x00\xff\xfe", ""])
        self.assertEqual(eve.heard, [WELCOME, "Good evening", markup, LEFT])
        self.assertEqual(mallory.heard, [WELCOME])
        self.assertEqual(last.heard, [WELCOME])
        self.assertEqual(await last.leaves(4001, "mine"), 4001)
        await ana.has_heard(12)
        self.assertEqual(await ana.leaves(), 1000)

    async def test_all_hear_the_same_in_the_same_order(self):
        talkers, lines, visitors = 24, 40, 12
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        record = Recording()
        witness = await Client.joins(self.chat, "witness", record)  # never speaks, so hears everything
        clients = await asyncio.gather(*(Client.joins(self.chat, f"talker {n}", record)
                                         for n in range(talkers)))

        async def talks(number, client):
            for line in range(lines):
                await client.says(f"{number}:{line}")
                if chance.random() < 0.3:
                    await asyncio.sleep(0)

        async def visits(number):
            for code in (1000, 1001, None):
                # What one says who vanishes may be lost, and is not promised to anybody.
                visitor = await Client.joins(self.chat, f"visitor {number} {code}", code and record)
                await visitor.says(f"visitor {number} {code}")
                await (visitor.vanishes() if code is None else visitor.leaves(code))

        await asyncio.gather(*(talks(n, c) for n, c in enumerate(clients)),
                             *(visits(n) for n in range(visitors)))
        stays = talkers * lines
        await witness.until(lambda: witness.heard.count(LEFT) == 3 * visitors
                            and sum(":" in t for t in witness.heard) == stays)
        end = await Client.joins(self.chat, "the last", record)
        await end.says("the end")
        everybody = [witness, *clients]
        await asyncio.gather(*(c.until(lambda c=c: c.heard[-1] == "the end") for c in everybody))

        self.assertEqual(record.broken(WELCOME), [], seed)

        whole = witness.heard[1:]
        self.assertEqual(whole.count(CAME), talkers + 3 * visitors + 1, seed)
        said = sorted(t for t in whole if ":" in t)
        self.assertEqual(said, sorted(t for c in clients for t in c.said), seed)
        # A line that is lost may take with it what had not been read; one that closes may not.
        for number in range(visitors):
            for code in (1000, 1001):
                self.assertEqual(whole.count(f"visitor {number} {code}"), 1, seed)
        began = set()
        for client in clients:
            self.assertEqual(client.heard[0], WELCOME)
            own = set(client.said)
            start = len(whole) - len(client.heard[1:]) - len(own)
            self.assertEqual(client.heard[1:], [t for t in whole[start:] if t not in own], seed)
            self.assertEqual(whole[start - 1], CAME, "its own join notice is what it does not hear")
            began.add(start)
            self.assertEqual([t for t in whole if t in own], client.said, "in the order it was said")
        if "worker" in self.flags:
            # W-74: nobody comes in between another's coming in and its notice. In connections they do,
            # and then both hear of each other.
            self.assertEqual(len(began), talkers)
        for client in (*everybody, end):
            await client.vanishes()

    async def test_who_is_told_1001_at_the_end(self):
        clients = [await Client.joins(self.chat) for _ in range(20)]
        took = await asyncio.get_running_loop().run_in_executor(None, self.chat.stop)
        for client in clients:
            await asyncio.wait_for(client.listening, LIMIT)
            self.assertEqual(client.ws.close_code, 1001)
        self.assertLess(took, 5 * PATIENCE, "all clients answered at once, so there is nothing to wait for")

    async def test_a_client_that_does_not_answer_the_close_holds_nobody_up_for_long(self):
        polite = await Client.joins(self.chat)
        with self.chat.client() as stubborn:
            stop = asyncio.get_running_loop().run_in_executor(None, self.chat.stop)
            await asyncio.wait_for(polite.listening, LIMIT)
            self.assertEqual(polite.ws.close_code, 1001)
            await stop  # raises when it takes more than the close deadline and a second
            said = [s for s in stubborn.until_the_end(1) if s != ("text", LEFT.encode())]
            self.assertEqual([s[:2] for s in said[:2]], [("text", WELCOME.encode()), ("close", 1001)])


def told_for(flags):
    name = "Chat_" + "_".join(flags[1::2])
    return type(name, (Stories, unittest.IsolatedAsyncioTestCase), {"flags": flags})


for _flags in PLACEMENTS:
    _case = told_for(_flags)
    globals()[_case.__name__] = _case


if __name__ == "__main__":
    unittest.main()
