"""Redis connections that lose no cancellation, and whose end is always a connection error.

redis-py sends within ``asyncio.wait_for``, and that of Python 3.11 swallows a cancellation that
comes in the moment in which the bytes are out: a worker that is told to stop would go on.
Source: https://github.com/python/cpython/issues/86296, mended in Python 3.12.

uvloop raises RuntimeError where something is sent through a connection that was reset a moment
ago, which redis-py neither takes for an end of the connection nor tries again.
"""

import asyncio
from collections.abc import Iterable

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class CancellableConnection(AbstractConnection):
    """Looks after each sending whether a cancellation was lost, and takes it up."""

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Send a command.

        Raises:
            CancelledError: The task was cancelled meanwhile.
            RedisError: The connection is gone.
        """
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            await super().send_packed_command(command, check_health)
        except RuntimeError as error:
            raise RedisConnectionError("the connection was closed meanwhile") from error
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)  # Nobody will read the answer.
            raise asyncio.CancelledError


def make_cancellable(pool: ConnectionPool) -> ConnectionPool:
    """Have a pool make such connections, over TCP, TLS or a Unix socket as its URL says."""
    kinds = (CancellableConnection, pool.connection_class)
    pool.connection_class = type("PooledConnection", kinds, {})
    return pool
