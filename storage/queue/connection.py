"""Redis connections that lose no cancellation, and whose end is always a connection error.

redis-py sends within ``asyncio.wait_for``, and that of Python 3.11 swallows a cancellation that
comes in the moment in which the bytes are out: a worker that is told to stop would go on.
Source: https://github.com/python/cpython/issues/86296, mended in Python 3.12.

uvloop raises RuntimeError where something is sent through a connection that was reset a moment
ago, which redis-py neither takes for an end of the connection nor tries again.
"""

import asyncio
from collections.abc import Iterable

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from storage.settings import StoreSettings


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


def connect_redis(settings: StoreSettings, *, retries: int = 1) -> ArqRedis:
    """Make a Redis pool. Nothing is sent until the first call.

    A time limit on every call keeps a frozen Redis from freezing us; msgpack in place of
    arq's default pickle keeps whoever can write to Redis from running code here.

    Args:
        settings: Where Redis is.
        retries: How often a call is tried again when the connection breaks.
    """
    pool = ConnectionPool.from_url(
        settings.redis_url,
        socket_timeout=settings.redis_timeout_seconds,
        socket_connect_timeout=settings.redis_timeout_seconds,
        socket_keepalive=True,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
    )
    return ArqRedis(
        pool_or_conn=make_cancellable(pool),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )
