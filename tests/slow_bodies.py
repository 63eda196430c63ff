"""A request whose second half is sent when the test says so."""

import asyncio
from collections.abc import AsyncIterator

from tests.service import Service, authorization


class SlowBody:
    """A request that is under way; ``answer`` is the task of its response."""

    def __init__(self, service: Service, path: str, key: str, body: bytes, kind: str) -> None:
        self.half_sent = asyncio.Event()
        self.go_on = asyncio.Event()
        self._body = body
        headers = authorization(key) | {"Content-Type": kind}
        sending = service.client.post(path, content=self._halves(), headers=headers)
        self.answer = asyncio.create_task(sending)

    async def _halves(self) -> AsyncIterator[bytes]:
        middle = len(self._body) // 2
        yield self._body[:middle]
        self.half_sent.set()
        await self.go_on.wait()
        yield self._body[middle:]
