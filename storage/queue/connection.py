"""Clients of Redis, the channels that they listen to, and the Redis that they refuse."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from storage.errors import REDIS_FAILED, UnusableServer
from storage.queue.pools import SentinelPool, make_pool
from storage.settings import StoreSettings
from storage.urls.redis import read_redis_url
from telemetry.interruptions import Interruptions

RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 30
"""After this time without an answer, a connection is checked before its next use."""
FIRST_ANSWER_SECONDS = 2.0


def connect_redis(settings: StoreSettings, *, retries: int = 1) -> ArqRedis:
    """Make a Redis pool. Nothing is sent until the first call.

    Every call has a time limit, so that a frozen Redis does not freeze the process. Tasks are
    encoded with msgpack, because arq's default, pickle, would run code that Redis contains.
    """
    place = read_redis_url(settings.redis_url)
    limits: dict[str, Any] = {
        **({"socket_keepalive": True} if "path" not in place.options else {}),
        "socket_timeout": settings.redis_timeout_seconds,
        "socket_connect_timeout": settings.redis_timeout_seconds,
    }
    options: dict[str, Any] = {
        "health_check_interval": CHECK_SECONDS,
        "retry": Retry(ExponentialBackoff(cap=2, base=0.05), retries),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError, OSError],
    }
    return ArqRedis(
        pool_or_conn=make_pool(place, limits, options),
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )


def master_of(redis: Redis) -> bytes:
    """Return the present master that Sentinels have named; always the same without Sentinels."""
    pool = redis.connection_pool
    if not isinstance(pool, SentinelPool) or pool.master_address is None:
        return b"1"
    return "{}:{}".format(*pool.master_address).encode()


async def refuse_cluster(redis: Redis) -> None:
    """Check that Redis is no cluster, whose servers each hold a part of the keys.

    A Redis that does not answer passes: the service starts without it.

    Raises:
        UnusableServer: It is one; the message says what to do.
    """
    try:
        async with asyncio.timeout(FIRST_ANSWER_SECONDS):
            found = await redis.info("cluster")
    except REDIS_FAILED:
        return
    if found.get("cluster_enabled"):
        raise UnusableServer(
            "MINILAB_REDIS_URL names a Redis Cluster, which the queue cannot use: its keys have to "
            "be on one server. Start one Redis without cluster-enabled; for a failover without a "
            "hand, a replica and three Sentinels, and redis+sentinel://host:port,host:port/service "
            "(docs/operations.md). Redis holds no data that have to be moved"
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
