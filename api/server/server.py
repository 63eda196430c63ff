"""The server: event streams end when it stops, and a failed background task stops it."""

import socket

import uvicorn
from litestar import Litestar


class Server(uvicorn.Server):
    """Serves the API.

    uvicorn notifies an application of its end after the last answer; event streams, which do not
    end by themselves, have to be notified before.
    """

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def on_tick(self, counter: int) -> bool:
        """Say whether to stop: also when a background task has ended by itself."""
        return await super().on_tick(counter) or self._app.state.stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for running answers, and stop."""
        self._app.state.live_jobs.close()
        await super().shutdown(sockets)
