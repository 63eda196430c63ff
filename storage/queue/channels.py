"""Listening on a Redis channel for as long as a process lives, through every interruption."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from storage.errors import REDIS_FAILED

RECONNECT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


async def listen(redis: Redis, channel: str, hear: Callable[[bytes], None]) -> None:
    """Hear every message of a channel, until cancelled.

    Messages that are sent while Redis cannot be reached are lost: whoever relies on this looks
    for himself every so often.

    Args:
        redis: The pool.
        channel: Name of the channel.
        hear: Called with each message.
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
