"""Where the servers are."""

from typing import Annotated

import msgspec

MongoUrl = Annotated[str, msgspec.Meta(pattern=r"^mongodb(\+srv)?://")]
RedisUrl = Annotated[str, msgspec.Meta(pattern=r"^(rediss?|unix)://")]


class StoreSettings(msgspec.Struct, frozen=True):
    """How MongoDB and Redis are reached.

    Attributes:
        mongodb_url: A replica set (one node is enough): acceptance and deletes are
            transactions.
        redis_url: Any Redis with ``maxmemory-policy noeviction``.
        mongodb_database: The database that holds everything.
        store_timeout_seconds: Longest wait for one call to MongoDB, in seconds.
        redis_timeout_seconds: Longest wait for one call to Redis, in seconds.
    """

    mongodb_url: MongoUrl
    redis_url: RedisUrl
    mongodb_database: str = "minilab"
    store_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    redis_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 5.0


class WorkRules(msgspec.Struct, frozen=True):
    """How work is cut, leased, looked after and given up. The same for API and workers.

    Attributes:
        chunk_max_images: Most images that one task takes.
        chunk_max_bytes: Most bytes that one task takes, if it takes more than one image.
        lease_seconds: A claim that is not renewed for this long is open to others.
        hint_grace_seconds: Queued work that nobody has begun for this long is looked after.
        max_attempts: An image that was claimed this often without an end has failed.
    """

    chunk_max_images: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 25
    chunk_max_bytes: Annotated[int, msgspec.Meta(ge=1)] = 4 * 1024 * 1024
    lease_seconds: Annotated[float, msgspec.Meta(ge=1)] = 15.0
    hint_grace_seconds: Annotated[float, msgspec.Meta(ge=0.5)] = 5.0
    max_attempts: Annotated[int, msgspec.Meta(ge=1)] = 10
