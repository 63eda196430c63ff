"""The server: streams and held answers end when it stops; a failed background task stops it."""

import socket

import uvicorn
from litestar import Litestar

TICKS_A_LOOK = 10
"""A tick is 0.1 seconds."""


class Server(uvicorn.Server):
    """Serves the API.

    uvicorn notifies an application of its end after the last answer; event streams, which do not
    end by themselves, and answers that are held have to be notified before.
    """

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def on_tick(self, counter: int) -> bool:
        """Say whether to stop: also when a background task has ended by itself."""
        if counter % TICKS_A_LOOK == 0:
            self._app.state.connections.look()
        return await super().on_tick(counter) or self._app.state.stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for running answers, and stop."""
        self._app.state.live_jobs.close()
        self._app.state.waiting.close()
        await super().shutdown(sockets)
