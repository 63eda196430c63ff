"""The server: streams and held answers end when it stops; a failed background task stops it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import uvicorn
from litestar import Litestar

from api.server.listening import open_queues

TICK_SECONDS = 1.0
TICKS_OF_UVICORN = 10
"""Of this number of its ticks, 0.1 seconds each, uvicorn uses the first."""


class Server(uvicorn.Server):
    """Serves the API.

    uvicorn notifies an application of its end after the last answer; event streams, which do not
    end by themselves, and answers that are held have to be notified before. It looks ten times a
    second whether to end; this one is told.
    """

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        self._is_ending = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        super().__init__(config)
        self._app = app

    @property
    def should_exit(self) -> bool:
        """Whether to end; handlers of signals set it."""
        return self._is_ending

    @should_exit.setter
    def should_exit(self, is_ending: bool) -> None:
        self._is_ending = is_ending
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, with more queues than one for connections that wait to be taken."""
        await super().startup(sockets)
        if sockets is None and self.started:
            loop = asyncio.get_running_loop()
            listeners = [listener for server in self.servers for listener in server.sockets]
            for queue in open_queues(listeners):
                server = await loop.create_server(
                    self._connect, sock=queue, backlog=self.config.backlog
                )
                self.servers.append(server)

    def _connect(self) -> asyncio.Protocol:
        connect = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        state = self.lifespan.state
        return connect(config=self.config, server_state=self.server_state, app_state=state)

    async def main_loop(self) -> None:
        """Tick once a second, until it is time to end."""
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.create_task(self._app.state.stop.wait())
        stopping.add_done_callback(lambda _: self._woken.set())
        counter = 0
        while True:
            self._woken.clear()
            if await self.on_tick(counter):
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._woken.wait()
            counter += TICKS_OF_UVICORN
        stopping.cancel()

    async def on_tick(self, counter: int) -> bool:
        """Say whether to stop: also when a background task has ended by itself."""
        self._app.state.connections.look()
        return await super().on_tick(counter) or self._app.state.stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for running answers, and stop."""
        self._app.state.live_jobs.close()
        self._app.state.waiting.close()
        await super().shutdown(sockets)
