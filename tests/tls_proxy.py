"""TLS before a server that has none itself, as stunnel does it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from benchmarks.harness.streams import HOST, close_streams

_PIECE_BYTES = 64 * 1024
_TLS_HANDSHAKE = b"\x16"


@asynccontextmanager
async def tls_before(port: int, tls: ssl.SSLContext, own_port: int = 0) -> AsyncIterator[int]:
    """Take connections for a port of this machine; gives the port that takes them.

    A connection that begins without TLS is carried as it is: so a Sentinel without TLS watches the
    address that clients with TLS use.
    """
    loop = asyncio.get_running_loop()
    carrying: set[asyncio.Task[None]] = set()

    async def carry(taken: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            is_tls = await _peek(taken) == _TLS_HANDSHAKE
        except BaseException:
            taken.close()
            raise
        with suppress(OSError):
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, taken, ssl=tls if is_tls else None
            )
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            async with AsyncExitStack() as streams:
                streams.push_async_callback(close_streams, writer)
                there, back = await asyncio.open_connection(HOST, port)
                streams.push_async_callback(close_streams, back)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))

    async def take(listener: socket.socket) -> None:
        while True:
            taken, _ = await loop.sock_accept(listener)
            task = asyncio.create_task(carry(taken))
            carrying.add(task)
            task.add_done_callback(carrying.discard)

    with socket.create_server((HOST, own_port)) as listener:
        listener.setblocking(False)
        taking = asyncio.create_task(take(listener))
        try:
            yield listener.getsockname()[1]
        finally:
            running = {taking, *carrying}
            for task in running:
                task.cancel()
            await asyncio.wait(running)


async def _peek(taken: socket.socket) -> bytes:
    """Wait for the first byte of a connection, and leave it there; empty if it is closed."""
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(taken, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(taken)
    try:
        return taken.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.close()
