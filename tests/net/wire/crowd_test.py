"""A thousand clients that nobody here wrote, in one chat; then SIGINT. Rules T-16, D-7, S-33, C-10.

The protocol of each is websockets.client of python3-websockets; around it is only what moves its bytes.
Everybody hears everything said by the others exactly once, and all in one order, which the test kit's checker
of promises finds; the join notices add up; at SIGINT every client is told 1001, and the program ends with 0 within the close deadline and a second:
when everybody answers, and when nobody does.
"""

import asyncio
import time
import unittest

from websockets.client import ClientConnection
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from program import CLOSE_DEADLINE, PATIENCE, Program
from recording import Recording

CLIENTS = 1000
TALKERS, LINES = 10, 12
AT_ONCE = 50  # that come in at the same time
LIMIT = 60 * PATIENCE
WELCOME, CAME = b"Welcome on the chat!", b"New client connected"


class Client(asyncio.Protocol):
    def __init__(self, url, recording, number):
        self.recording = recording
        self.number = number
        self.connection = ClientConnection(parse_uri(url), max_size=None)
        self.came = 0  # join notices
        self.heard = 0  # the rest
        self.is_in = asyncio.get_running_loop().create_future()
        self.is_over = asyncio.get_running_loop().create_future()
        self.all_heard = asyncio.get_running_loop().create_future()
        self.expects = None
        self.answers = True

    def connection_made(self, transport):
        self.transport = transport
        self.connection.send_request(self.connection.connect())
        self.flush()

    def flush(self):
        for data in self.connection.data_to_send():
            if data:
                self.transport.write(data)

    def data_received(self, data):
        self.connection.receive_data(data)
        if self.answers:
            self.flush()
        for event in self.connection.events_received():
            if isinstance(event, Response):
                self.recording.admitted(self.number)
            elif event.opcode is Opcode.CLOSE:
                self.recording.ended(self.number)
            elif event.opcode is Opcode.TEXT:
                self.came += event.data == CAME
                self.heard += event.data != CAME
                # Half a million notices would tell the checker nothing, unless they come too early.
                if event.data != CAME or not self.is_in.done():
                    self.recording.heard(self.number, event.data)
        if self.heard and not self.is_in.done():
            self.is_in.set_result(None)
        self.check()

    def check(self):
        if self.expects and not self.all_heard.done() and self.heard >= self.expects:
            self.all_heard.set_result(None)

    def eof_received(self):
        self.connection.receive_eof()
        if self.answers:
            self.flush()

    def turns_a_deaf_ear(self, is_reading):
        """From now on it answers nothing; perhaps it does not even read."""
        self.answers = False
        if not is_reading:
            self.transport.pause_reading()

    def connection_lost(self, _):
        for future in (self.is_in, self.all_heard):
            if not future.done():
                future.cancel()
        self.is_over.set_result(None)

    def says(self, text):
        self.recording.said(self.number, text)
        self.connection.send_text(text)
        self.flush()

    def hears_all(self, count):
        self.expects = count
        self.check()
        return self.all_heard


class Crowd(unittest.IsolatedAsyncioTestCase):
    async def test_one_worker_speaks_for_all(self):
        await self.tell("worker", "2")

    async def test_each_connection_speaks_for_itself(self):
        await self.tell("connection", "2")

    async def test_one_worker_is_not_answered_by_anybody(self):
        await self.tell_of_the_deaf("worker")

    async def test_no_connection_is_answered(self):
        await self.tell_of_the_deaf("connection")

    async def opens(self, placement, threads):
        """The chat, and a thousand who are in."""
        loop = asyncio.get_running_loop()
        loop.set_debug(False)  # it would cost more than everything else
        chat = Program("chat", "--placement", placement, "--io-threads", threads)
        self.addCleanup(chat.end)
        self.recording = Recording()
        clients = []
        for first in range(0, CLIENTS, AT_ONCE):
            some = await asyncio.gather(*(
                loop.create_connection(lambda number=number: Client(chat.url, self.recording, number), "127.0.0.1",
                                       chat.port)
                for number in range(first, first + AT_ONCE)))
            clients += [client for _, client in some]
            await asyncio.wait_for(asyncio.gather(*(c.is_in for c in clients[-AT_ONCE:])), LIMIT)
        return chat, clients

    async def tell_of_the_deaf(self, placement):
        """S-33: one close deadline for all of them, whether they read their Close or not."""
        chat, clients = await self.opens(placement, "2")
        for number, client in enumerate(clients):
            client.turns_a_deaf_ear(is_reading=number % 2 == 0)

        took = await asyncio.get_running_loop().run_in_executor(None, chat.stop)
        for client in clients:  # there is nobody any more to whom that would make a difference
            client.transport.resume_reading()
        await asyncio.wait_for(asyncio.gather(*(c.is_over for c in clients)), LIMIT)

        self.assertGreater(took, CLOSE_DEADLINE - 1, "they were hardly given a chance")
        told = [c.connection.close_rcvd.code for c in clients[::2] if c.connection.close_rcvd]
        self.assertEqual(told, [1001] * (CLIENTS // 2))
        print(f"{placement}: {CLIENTS} clients that answer nothing, ended in {took:.2f} s", flush=True)

    async def tell(self, placement, threads):
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        chat, clients = await self.opens(placement, threads)
        joined = time.monotonic()

        talkers = clients[:: CLIENTS // TALKERS]
        for line in range(LINES):
            for number, client in enumerate(talkers):
                client.says(b"%d:%d" % (number, line))
            await asyncio.sleep(0)
        said = TALKERS * LINES
        await asyncio.wait_for(asyncio.gather(*(
            c.hears_all(1 + said - (LINES if c in talkers else 0)) for c in clients)), LIMIT)
        heard = time.monotonic()
        # Who has ended has lost nothing, so that losses are looked for now.
        self.assertEqual(self.recording.broken(WELCOME), [])

        took = await loop.run_in_executor(None, chat.stop)  # within close deadline and a second
        await asyncio.wait_for(asyncio.gather(*(c.is_over for c in clients)), LIMIT)

        self.assertEqual(self.recording.broken(WELCOME), [])
        # C-10: notices of those who leave meet connections that are closing, and disappear.
        codes = {c.connection.close_code for c in clients}
        self.assertEqual(codes, {1001})
        self.assertTrue(all(c.connection.close_exc.rcvd is not None for c in clients))
        # The k-th to come in has heard of everybody after it. Where connections speak for themselves, those
        # who come in at the same time may both hear of each other (W-74 is the worker's).
        came = sorted(c.came for c in clients)
        if placement == "worker":
            self.assertEqual(came, list(range(CLIENTS)))
        else:
            self.assertTrue(all(k <= n < CLIENTS for k, n in enumerate(came)), came)
        print(f"{placement}: {CLIENTS} clients in {joined - began:.1f} s, {said} lines to all in "
              f"{heard - joined:.1f} s, ended in {took:.2f} s", flush=True)


if __name__ == "__main__":
    unittest.main()
