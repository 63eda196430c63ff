"""Clients that disconnect before their answer: work that no other client waits for is cancelled.

The server notices that a connection was closed, but lets a handler run to its end.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Response
from litestar.types import Receive

Result = TypeVar("Result")
CLIENT_LEFT = 499
"""The number that nginx uses for a client that did not wait for its answer."""


class ClientLeft(Exception):
    """The client closed the connection."""


async def unless_client_leaves(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """Run work, and cancel it if the client leaves.

    Args:
        receive: Of the request; what is left of its body is dropped.
        work: What the client waits for.

    Raises:
        ClientLeft: It has left.
        Exception: Whatever the work raises.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_for_end(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        leaving.result()
        raise ClientLeft
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def answer_client_left(*_: object) -> Response[None]:
    """Answer nobody; the log and the metrics show the status."""
    return Response(None, status_code=CLIENT_LEFT)


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
