"""The benchmark's server on Python and the package `websockets`, written as its documentation shows it.

    websockets_server.py PORT echo|broadcast|broadcast-except
"""

import asyncio
import contextlib
import signal
import sys

import websockets

members = set()


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def relay(socket, to_sender):
    members.add(socket)
    try:
        async for message in socket:
            websockets.broadcast(members if to_sender else members - {socket}, message)
    finally:
        members.discard(socket)


async def broadcast(socket):
    await relay(socket, to_sender=True)


async def broadcast_except(socket):
    await relay(socket, to_sender=False)


async def main(port, mode):
    serve = {"echo": echo, "broadcast": broadcast, "broadcast-except": broadcast_except}[mode]

    async def handler(socket, _path=None):
        # The generator's clients end with a reset, which is no news.
        with contextlib.suppress(websockets.ConnectionClosed):
            await serve(socket)

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await websockets.serve(
        handler, "127.0.0.1", port, compression=None, ping_interval=None, max_size=2**26,
        backlog=4096)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await stopped.wait()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
