"""Listening to a Redis channel through interruptions of the connection."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from storage.errors import REDIS_FAILED

RECONNECT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


async def listen(redis: Redis, channel: str, hear: Callable[[bytes], None]) -> None:
    """Call a function with every message of a channel, until cancelled.

    Messages are lost while Redis cannot be reached. A caller that relies on them also checks at
    intervals.
    """
    while True:
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(channel)
                while True:
                    message = await subscription.get_message(
                        ignore_subscribe_messages=True, timeout=1.0
                    )
                    if message is not None:
                        hear(message["data"])
        except REDIS_FAILED as error:
            _log.warning("listening_interrupted", channel=channel, reason=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)
