"""How uvicorn serves us: answers that do not end by themselves are told when it stops."""

import socket

import uvicorn
from litestar import Litestar

from api.server.abort import ABORT
from api.server.protocol import BoundedProtocol


class Protocol(BoundedProtocol):
    """One connection, which an answer may end without waiting for its reader."""

    def on_message_begin(self) -> None:
        """Wait for the headers of a request."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]


class Server(uvicorn.Server):
    """Ends the event streams when it stops: uvicorn tells an application after its last answer.

    Args:
        config: How it serves.
        app: What it serves; started by the server.
    """

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    async def on_tick(self, counter: int) -> bool:
        """Say whether to stop: also when a background task has ended by itself."""
        return await super().on_tick(counter) or self._app.state.stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the answers that are under way, and end."""
        self._app.state.live_jobs.close()
        await super().shutdown(sockets)
