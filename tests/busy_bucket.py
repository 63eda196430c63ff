"""An S3 server that is busy or does not answer: a proxy before a real one."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum

import aiohttp
from aiohttp import web
from yarl import URL

MOST_BYTES = 64 * 1024 * 1024
SLOW_DOWN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
# Of the connection between two others: not passed on.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-encoding"}


class Mood(StrEnum):
    """How the server treats requests."""

    WELL = "well"
    BUSY = "busy"
    """Every request is answered with 503 SlowDown."""
    OFTEN_BUSY = "often busy"
    """Every second request is."""
    FROZEN = "frozen"
    """No request is answered."""


class BusyBucket:
    """The server.

    Attributes:
        endpoint: Its address.
        mood: How it treats requests from now on.
        refused: How many requests it has answered with 503.
        headers: Those of all requests.
    """

    def __init__(self, behind: str) -> None:
        self.endpoint = ""
        self.mood = Mood.WELL
        self.refused = 0
        self.headers: list[Mapping[str, str]] = []
        self._behind = behind
        self._seen = 0
        self._thawed = asyncio.Event()
        self._session = aiohttp.ClientSession(auto_decompress=False)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        self._seen += 1
        self.headers.append(request.headers)
        if self.mood is Mood.FROZEN:
            await self._thawed.wait()
        if self.mood is Mood.BUSY or (self.mood is Mood.OFTEN_BUSY and self._seen % 2):
            self.refused += 1
            await request.read()
            return web.Response(status=503, text=SLOW_DOWN, content_type="application/xml")
        # The signature covers the host that the client knows.
        async with self._session.request(
            request.method,
            URL(self._behind + request.raw_path, encoded=True),
            headers=request.headers,
            data=io.BytesIO(await request.read()),
        ) as answer:
            headers = [item for item in answer.headers.items() if item[0].lower() not in _HOP]
            return web.Response(
                status=answer.status, body=await answer.read(), headers=dict(headers)
            )

    def thaw(self) -> None:
        """Answer what waits, and what comes from now on."""
        self.mood = Mood.WELL
        self._thawed.set()
        self._thawed = asyncio.Event()

    async def aclose(self) -> None:
        """Let go of what waits."""
        self.mood = Mood.BUSY
        self._thawed.set()
        await self._session.close()


@asynccontextmanager
async def busy_bucket(behind: str) -> AsyncIterator[BusyBucket]:
    """Run it before a server; it treats requests well until it is told otherwise."""
    bucket = BusyBucket(behind)
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_route("*", "/{path:.*}", bucket.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    bucket.endpoint = f"http://{host}:{port}"
    try:
        yield bucket
    finally:
        await bucket.aclose()
        await runner.cleanup()
