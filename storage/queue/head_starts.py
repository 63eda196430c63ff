"""Head starts: bytes of a small image for workers that are idle, while its upload is written.

The worker computes the results of an image that may come to nothing. It keeps them in memory, by
the hash of the bytes that it got; the claim of the image alone says what is written. So a message
that is lost costs time, and a forged one some work. Redis passes it on, and stores nothing of it.
"""

import asyncio
from collections.abc import Callable

import msgspec
import structlog
from redis.asyncio import Redis

from storage.errors import REDIS_FAILED
from storage.queue.connection import listen

CHANNEL = "minilab:head-starts"
MOST_BYTES = 256 * 1024
"""The larger the image, the smaller is the share of its time that is gained."""

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode


class EarlyImage(msgspec.Struct, frozen=True, array_like=True):
    """An image that is about to be accepted.

    Attributes:
        format: As it was detected.
    """

    data: bytes
    format: str
    operations: tuple[str, ...]


_decode = msgspec.msgpack.Decoder(EarlyImage).decode


class HeadStarts:
    """Passes images on, from the API to the workers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sending: set[asyncio.Task[None]] = set()

    def send_soon(self, image: EarlyImage) -> None:
        """Send an image in the background, unless an earlier one still waits for Redis."""
        if not self._sending:
            task = asyncio.create_task(self._send(image))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def hear(self, begin: Callable[[EarlyImage], None]) -> None:
        """Call a function with each image, until cancelled."""

        def read(message: bytes) -> None:
            try:
                image = _decode(message)
            except msgspec.DecodeError:
                _log.warning("head_start_not_understood")
            else:
                begin(image)

        await listen(self._redis, CHANNEL, read)

    async def _send(self, image: EarlyImage) -> None:
        try:
            await self._redis.publish(CHANNEL, _encode(image))
        except REDIS_FAILED as error:
            _log.debug("head_start_not_sent", reason=type(error).__name__)
