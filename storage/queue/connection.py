"""Connections to Redis that lose no cancellation and raise connection errors only.

redis-py sends within ``asyncio.wait_for``. In Python 3.11 that swallows a cancellation that arrives
at the moment when the bytes have been sent, and a worker that should stop would go on.
Source: https://github.com/python/cpython/issues/86296, fixed in Python 3.12.

uvloop raises RuntimeError if something is sent through a connection that has just been reset.
redis-py does not take that for a lost connection and does not try again.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from storage.errors import REDIS_FAILED
from storage.settings import StoreSettings
from telemetry.interruptions import Interruptions

RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 30
"""After this time without an answer, a connection is checked before its next use."""


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


def make_cancellable(pool: ConnectionPool) -> ConnectionPool:
    """Let a pool make such connections, over TCP, TLS or a Unix socket as its URL says."""
    kinds = (CancellableConnection, pool.connection_class)
    pool.connection_class = type("PooledConnection", kinds, {})
    return pool


def connect_redis(settings: StoreSettings, *, retries: int = 1) -> ArqRedis:
    """Make a Redis pool. Nothing is sent until the first call.

    Every call has a time limit, so that a frozen Redis does not freeze the process. Tasks are
    encoded with msgpack, because arq's default, pickle, would run code that Redis contains.
    """
    is_tcp = not settings.redis_url.startswith("unix:")
    pool = ConnectionPool.from_url(
        settings.redis_url,
        **({"socket_keepalive": True} if is_tcp else {}),
        socket_timeout=settings.redis_timeout_seconds,
        socket_connect_timeout=settings.redis_timeout_seconds,
        health_check_interval=CHECK_SECONDS,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), retries),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
    )
    return ArqRedis(
        pool_or_conn=make_cancellable(pool),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )


async def listen(
    redis: Redis,
    channel: str,
    hear: Callable[[bytes], None],
    connected: Callable[[bool], None] = lambda _: None,
) -> None:
    """Call a function with every message of a channel, until cancelled.

    Messages are lost while Redis cannot be reached. A caller that relies on them also checks at
    intervals.

    Args:
        connected: Called with True whenever messages arrive from now on: earlier ones may be
            lost. Called with False when no more arrive.
    """
    interruptions = Interruptions("listening_interrupted", channel=channel)
    while True:
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(channel)
                while True:
                    message = await subscription.get_message(timeout=CHECK_SECONDS)
                    match message and message["type"]:
                        case "message":
                            hear(message["data"])
                        case "subscribe":  # Also after a connection that was lost.
                            interruptions.ended()
                            connected(True)
        except REDIS_FAILED as error:
            connected(False)
            interruptions.failed(error)
            await asyncio.sleep(RECONNECT_SECONDS)
