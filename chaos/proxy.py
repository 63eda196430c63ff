"""A TCP proxy on loopback that can refuse, cut, delay and stall connections."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from chaos.schedule import Kind
from deploy.servers.ports import find_free_port

HOST = "127.0.0.1"
_PIECE_BYTES = 64 * 1024
_CUT_CHANCE = 0.25
_DELAY_SECONDS = (0.02, 0.25)
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_BACKLOG = 1024


class Proxy:
    """A link between two parts of the service.

    Args:
        port: Port of the server behind it.
        seed: Fixes which connections are cut, and the length of delays.
    """

    def __init__(self, port: int, seed: int) -> None:
        self.port = find_free_port()
        self._behind = port
        self._chance = random.Random(seed)
        self._disturbances: list[Kind] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen, always on the same port."""
        self._server = await asyncio.start_server(
            self._take, HOST, self.port, backlog=_BACKLOG, limit=_PIECE_BYTES
        )

    def stop(self) -> None:
        """Refuse new connections and reset the open ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            reset(writer)

    @asynccontextmanager
    async def disturbed(self, kind: Kind) -> AsyncIterator[None]:
        """Disturb the link while the context lasts.

        Args:
            kind: REFUSE, CUT, DELAY or STALL.
        """
        self._disturbances.append(kind)
        if kind is Kind.STALL:
            self._flowing.clear()
        if kind is Kind.REFUSE:
            self.stop()
        try:
            yield
        finally:
            self._disturbances.remove(kind)
            if Kind.STALL not in self._disturbances:
                self._flowing.set()
            if self._server is None and Kind.REFUSE not in self._disturbances:
                await self.start()

    async def end(self) -> None:
        """Stop, and wait until all connections are closed."""
        self.stop()
        self._flowing.set()
        if self._carrying:
            await asyncio.wait(self._carrying)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        behind: asyncio.StreamWriter | None = None
        try:
            answers, behind = await asyncio.open_connection(HOST, self._behind, limit=_PIECE_BYTES)
            self._open.add(behind)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, behind))
                group.create_task(self._pump(answers, writer))
        except* OSError:
            for end in filter(None, (writer, behind)):
                reset(end)
        finally:
            for end in filter(None, (writer, behind)):
                self._open.discard(end)
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            await self._flowing.wait()
            if Kind.DELAY in self._disturbances:
                await asyncio.sleep(self._chance.uniform(*_DELAY_SECONDS))
            if writer.is_closing():
                raise ConnectionResetError("closed from the other end")
            if Kind.CUT in self._disturbances and self._chance.random() < _CUT_CHANCE:
                writer.write(piece[: len(piece) // 2])
                await writer.drain()
                raise ConnectionResetError("cut")
            writer.write(piece)
            await writer.drain()
        with suppress(RuntimeError):  # The other end has closed it meanwhile.
            writer.write_eof()


def through(url: str, port: int) -> str:
    """Return the URL of a server, with its password, through a link at a port."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    # Clients of a replica set would follow the address that it advertises, past the link.
    query = "directConnection=true" if parts.scheme == "mongodb" else parts.query
    return parts._replace(netloc=f"{user}{at}{HOST}:{port}", query=query).geturl()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset, as a machine does that does not know it any more."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError, ValueError):  # ValueError: it is closed already.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
