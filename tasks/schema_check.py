"""The start of a worker or deliverer: it waits for MongoDB, and refuses data of another schema."""

import asyncio
import sys
from collections.abc import Coroutine

import structlog
import uvloop

from storage.errors import STORE_FAILED, UnusableServer
from storage.stores import Stores

PAUSE_SECONDS = 1.0
BAD_SETTINGS = 2

_log = structlog.get_logger(__name__)


async def wait_until_usable(stores: Stores, stop: asyncio.Event) -> bool:
    """Wait until MongoDB can be reached and check its schema; False if asked to stop before.

    Raises:
        UnusableServer: This program cannot use the data, or Redis.
    """
    await stores.refuse_cluster()
    while not stop.is_set():
        try:
            await stores.check_schema()
        except STORE_FAILED as error:
            _log.warning("mongodb_not_ready", reason=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return True
    return False


def run_process(name: str, work: Coroutine[object, object, None]) -> None:
    """Run a process to its end; exit with 2 if it cannot use the data or a server."""
    try:
        uvloop.run(work)
    except UnusableServer as error:
        print(f"minilab {name}: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
