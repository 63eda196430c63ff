"""Servers that tests write by hand: no connection outlives them."""

import asyncio

from benchmarks.harness.streams import HOST, stream_server
from tests.waiting import until

MORE_THAN_THE_KERNEL_KEEPS = 50_000_000


async def test_connection_to_a_client_that_reads_nothing_ends_with_the_server() -> None:
    taken: list[asyncio.StreamWriter] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        writer.write(bytes(MORE_THAN_THE_KERNEL_KEEPS))

    async with stream_server(answer) as port:
        _, frozen = await asyncio.open_connection(HOST, port)
        await until(lambda: taken)
    await until(lambda: taken[0].get_extra_info("socket").fileno() == -1)
    frozen.transport.abort()


async def test_connection_of_a_client_that_says_nothing_ends_with_the_server() -> None:
    taken: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        await reader.readuntil(b"\r\n\r\n")

    async with stream_server(answer) as port:
        _, silent = await asyncio.open_connection(HOST, port)
        await until(lambda: taken)
    await until(lambda: taken[0].get_extra_info("socket").fileno() == -1)
    silent.transport.abort()
