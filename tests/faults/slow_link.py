"""A TCP proxy with latency, in a thread of its own, so that its clients may block."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress

from benchmarks.harness.streams import HOST, close_streams
from deploy.servers.ports import find_free_port

_PIECE_BYTES = 64 * 1024


class SlowLink:
    """Passes bytes on, each piece after a delay, in both directions.

    Args:
        target_port: Where the server listens, on loopback.

    Attributes:
        port: Where clients connect.
        seconds: Delay of each piece; may be changed at any time.
    """

    def __init__(self, target_port: int) -> None:
        self.port = find_free_port()
        self.seconds = 0.0
        self._target_port = target_port
        self._is_ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        """Break all connections off."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._carry, HOST, self.port))
        self._is_ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # A closed transport lets go of its socket in the next turn of the loop.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async with AsyncExitStack() as streams:
                streams.push_async_callback(close_streams, writer)
                there, back = await asyncio.open_connection(HOST, self._target_port)
                streams.push_async_callback(close_streams, back)
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_PIECE_BYTES):
                await asyncio.sleep(self.seconds)  # The delay that this link is for.
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@contextmanager
def slow_link(target_port: int) -> Iterator[SlowLink]:
    """Run such a proxy."""
    link = SlowLink(target_port)
    link.start()
    try:
        yield link
    finally:
        link.stop()
