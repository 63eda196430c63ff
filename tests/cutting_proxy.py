"""A TCP proxy before the API that resets connections to its clients."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from benchmarks.harness.streams import close_streams

_PIECE_BYTES = 64 * 1024
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class CuttingProxy:
    """A proxy that runs.

    Attributes:
        url: Its address.
        connections: How many connections were made to it.
    """

    def __init__(self, behind: str, cuts: Sequence[int]) -> None:
        self.url = ""
        self.connections = 0
        self._behind = urlsplit(behind)
        self._cuts = list(cuts)
        self._carrying: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a new connection."""
        self.connections += 1
        left = self._cuts.pop(0) if self._cuts else None
        carrying = asyncio.create_task(self._carry(reader, writer, left))
        self._carrying[carrying] = writer
        carrying.add_done_callback(self._carrying.pop)

    def cut_next(self, let_through: int) -> None:
        """Reset the next connection after so many bytes of its answers."""
        self._cuts.append(let_through)

    async def cut(self) -> None:
        """Reset all open connections."""
        carrying = dict(self._carrying)
        for task, writer in carrying.items():
            _reset(writer)
            task.cancel()
        if carrying:
            await asyncio.wait(carrying)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None
    ) -> None:
        answers, behind = await asyncio.open_connection(
            self._behind.hostname, self._behind.port, limit=_PIECE_BYTES
        )
        asking = asyncio.create_task(_pump(reader, behind, None))
        try:
            await _pump(answers, writer, left)
            if left is not None:
                _reset(writer)
        finally:
            asking.cancel()
            await close_streams(writer, behind)


@asynccontextmanager
async def cutting_proxy(behind: str, *cuts: int) -> AsyncIterator[CuttingProxy]:
    """Run a proxy.

    Args:
        behind: Address of the API.
        cuts: Of the first connections: how many bytes of the answers are let through. Then the
            connection is reset. With 0 the request has been carried out, and no answer arrives.
    """
    proxy = CuttingProxy(behind, cuts)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0, limit=_PIECE_BYTES)
    proxy.url = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    async with server:
        try:
            yield proxy
        finally:
            await proxy.cut()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None
) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece if left is None else piece[:left])
            await writer.drain()
            if left is not None:
                left -= len(piece)
                if left <= 0:
                    return


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection as a machine does that does not know it any more."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
