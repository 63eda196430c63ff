"""A reader of server-sent events, as plain as the format."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from tests.service import ADMIN_KEY, authorization
from tests.waiting import LATEST_SECONDS


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        name: Its type.
        id: Its ID; empty where it has none.
        data: Its data, read as JSON.
    """

    name: str
    id: str
    data: dict[str, Any]


class Reader:
    """What a stream has told so far.

    Attributes:
        status: Of the answer.
        headers: Of the answer.
        events: In order.
        comments: In order.
        retry_ms: How long to wait before connecting again.
        has_ended: Whether the stream ended as it should.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers = httpx.Headers()
        self.events: list[Event] = []
        self.comments: list[str] = []
        self.retry_ms = 0
        self.has_ended = False
        self._changed = asyncio.Event()

    @property
    def versions(self) -> list[int]:
        """The versions that were told, in order."""
        return [int(event.id.partition(".")[0]) for event in self.events if event.id]

    async def until(self, condition: Callable[[], bool], seconds: float = LATEST_SECONDS) -> None:
        """Wait until something holds of what was told.

        Raises:
            TimeoutError: It did not come true in time.
        """
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def end(self, seconds: float = LATEST_SECONDS) -> None:
        """Wait for the end of the stream."""
        await self.until(lambda: self.has_ended, seconds)

    async def read(self, answer: httpx.Response) -> None:
        """Read a stream to its end."""
        self.status, self.headers = answer.status_code, answer.headers
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if not line:
                self._take(fields)
                fields = {}
            elif not name.strip(":"):
                self.comments.append(value)
            else:
                fields[name] = value
            self._changed.set()
        self.has_ended = True
        self._changed.set()

    def _take(self, fields: dict[str, str]) -> None:
        self.retry_ms = int(fields.get("retry", self.retry_ms))
        if "data" in fields:
            data = json.loads(fields["data"])
            self.events.append(Event(fields["event"], fields.get("id", ""), data))


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, path: str, *, key: str = ADMIN_KEY, last: object = None
) -> AsyncIterator[Reader]:
    """Read a stream in the background, once it has begun.

    Args:
        client: Speaks to the API.
        path: Of the job; or of an upload through a link.
        key: A key, or the token of a link.
        last: The ID of the last event that was read.
    """
    headers = authorization(key) | ({} if last is None else {"Last-Event-ID": str(last)})
    async with reading(client, f"{path}/events", headers) as reader:
        yield reader


@asynccontextmanager
async def reading(
    client: httpx.AsyncClient, url: str, headers: dict[str, str]
) -> AsyncIterator[Reader]:
    """Read the stream at a URL in the background, once it has begun."""
    reader = Reader()
    async with client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code in {200, 204}, await answer.aread()
        task = asyncio.create_task(reader.read(answer))
        try:
            await reader.until(lambda: bool(reader.retry_ms) or reader.has_ended)
            yield reader
        finally:
            task.cancel()
            await asyncio.wait([task])
