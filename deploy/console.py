"""The console of `make run`: every line begins with the name of its process."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_NAME_WIDTH = 8
_MAX_LINE_BYTES = 64 * 1024
# A process that outlives its parent may hold the pipe open.
_DRAIN_SECONDS = 1.0


def say(name: str, line: str) -> None:
    """Print one line of a process. A closed console is no reason to stop."""
    with contextlib.suppress(OSError):
        print(f"{name:<{_NAME_WIDTH}} | {line}", flush=True)


@asynccontextmanager
async def named_output(name: str) -> AsyncIterator[int]:
    """Open a pipe to write to, whose lines are printed under a name; it outlives its writers."""
    read_end, write_end = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    printing = asyncio.create_task(_print_lines(name, reader))
    try:
        yield write_end
    finally:
        os.close(write_end)
        await asyncio.wait([printing], timeout=_DRAIN_SECONDS)
        printing.cancel()
        transport.close()


async def _print_lines(name: str, reader: asyncio.StreamReader) -> None:
    rest = b""
    while chunk := await reader.read(_MAX_LINE_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        for line in lines:
            say(name, line.decode(errors="replace"))
    if rest:
        say(name, rest.decode(errors="replace"))
