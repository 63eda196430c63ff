"""Servers that tests and benchmarks write by hand, on streams: they leave no connection open."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

HOST = "127.0.0.1"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_LIMIT_BYTES = 64 * 1024


@asynccontextmanager
async def stream_server(
    answer: Answer,
    *,
    tls: ssl.SSLContext | None = None,
    limit: int = _LIMIT_BYTES,
    backlog: int = 100,
) -> AsyncIterator[int]:
    """Run a server on a free port of this machine, and give the port.

    Args:
        answer: Serves a connection, which is closed after that. At the end of the server it is
            cancelled. A client that goes away does no harm.
        tls: Serves TLS if given.
        limit: The longest line that is read, in bytes.
        backlog: How many connections wait to be taken.
    """
    answering: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await answer(reader, writer)
                await close_streams(writer)
        finally:
            writer.transport.abort()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        answering.add(task)
        task.add_done_callback(answering.discard)

    server = await asyncio.start_server(take, HOST, 0, ssl=tls, limit=limit, backlog=backlog)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in answering:
            task.cancel()
        if answering:
            await asyncio.wait(answering)


async def close_streams(*writers: asyncio.StreamWriter) -> None:
    """Close connections when what was written is sent; at once if this task is cancelled.

    A client that is frozen, or was killed, takes no more bytes: without an end its connection would
    stay open until the garbage collector finds it.
    """
    task = asyncio.current_task()
    try:
        if task is None or not task.cancelling():
            for writer in writers:
                writer.close()
            for writer in writers:
                with suppress(OSError):
                    await writer.wait_closed()
    finally:
        for writer in writers:
            writer.transport.abort()
