"""Connections to Redis: to one server, or to the master that Sentinels name.

They lose no cancellation and raise connection errors only.

redis-py sends within ``asyncio.wait_for``. In Python 3.11 that swallows a cancellation that arrives
at the moment when the bytes have been sent, and a worker that should stop would go on.
Source: https://github.com/python/cpython/issues/86296, fixed in Python 3.12.

uvloop raises RuntimeError if something is sent through a connection that has just been reset.
redis-py does not take that for a lost connection and does not try again.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, SSLConnection
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from storage.urls.redis import RedisPlace

_log = structlog.get_logger(__name__)


class CancellableConnection(AbstractConnection):
    """A connection that raises a cancellation which a send has swallowed."""

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Send a command.

        Raises:
            CancelledError: The task was cancelled during the send.
            RedisError: The connection is lost.
        """
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            await super().send_packed_command(command, check_health)
        except RuntimeError as error:
            raise RedisConnectionError("the connection was closed meanwhile") from error
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)  # The answer will not be read.
            raise asyncio.CancelledError


class SentinelPool(SentinelConnectionPool):
    """A pool of connections to the master that Sentinels name."""

    async def get_master_address(self) -> tuple[str, int]:
        """Ask the Sentinels for the master.

        Raises:
            RedisError: None of them can be reached, or they know of no master that lives.
        """
        before = self.master_address
        address: tuple[str, int] = await super().get_master_address()  # type: ignore[no-untyped-call]
        if before not in {None, address}:
            _log.warning("redis_master_changed", master=f"{address[0]}:{address[1]}")
        return address

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the connections; those to the Sentinels only if all are closed."""
        await super().disconnect(inuse_connections)
        if inuse_connections:
            for sentinel in self.sentinel_manager.sentinels:
                await sentinel.connection_pool.disconnect()


def make_cancellable(pool: ConnectionPool) -> ConnectionPool:
    """Let a pool make such connections, over TCP, TLS or a Unix socket as its URL says."""
    kinds = (CancellableConnection, pool.connection_class)
    pool.connection_class = type("PooledConnection", kinds, {})
    return pool


def make_pool(place: RedisPlace, limits: dict[str, Any], options: dict[str, Any]) -> ConnectionPool:
    """Make a pool of connections to a server, or to the master of a service.

    Args:
        place: Where Redis is.
        limits: Time limits of a connection, also of one to a Sentinel.
        options: What else the connections to Redis are made with.
    """
    own = limits | options | place.options
    if not place.sentinels:
        return make_cancellable(ConnectionPool(place.kind, **own))
    sentinels = Sentinel([])  # type: ignore[no-untyped-call]
    sentinels.sentinels = [
        _connect_sentinel(place, {"host": host, "port": port, **limits})
        for host, port in place.sentinels
    ]
    is_encrypted = place.kind is SSLConnection
    kind = SentinelManagedSSLConnection if is_encrypted else SentinelManagedConnection
    pool = SentinelPool(place.service, sentinels, connection_class=kind, **own)  # type: ignore[no-untyped-call]
    return make_cancellable(pool)


def _connect_sentinel(place: RedisPlace, options: dict[str, Any]) -> Redis:
    pool = ConnectionPool(place.kind, **options | place.sentinel_options)
    return Redis.from_pool(make_cancellable(pool))
