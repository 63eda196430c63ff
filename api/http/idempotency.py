"""``Idempotency-Key``: a client that is not sure sends again, and gets the same answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from domain.errors.requests import IdempotencyKeyMisused, InvalidValue
from domain.keys import Caller
from storage.acceptance.idempotency import Answered, Attempt, Idempotency
from storage.errors import MONGODB_UNREACHABLE, STORE_FAILED

MAX_KEY_CHARS = 255
# Several times within the seconds for which a key is held.
RENEW_SECONDS = 2.0
REPLAYED = {"Idempotent-Replayed": "true"}


def record_id(caller: Caller, route: str, key: str, secret: str = "") -> str:
    """Name the record of a key: one for each caller and route.

    The caller's secret is a part of it where only its holder may get the answer again.

    Raises:
        InvalidValue: The key is empty, too long, or not printable ASCII.
    """
    if not 1 <= len(key) <= MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise InvalidValue(
            f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable ASCII characters.",
            "Idempotency-Key",
        )
    parts = msgspec.json.encode([caller.key_id, caller.user_id, route, key, secret])
    return hashlib.sha256(parts).hexdigest()


def check_same(answered: Answered, content: str) -> None:
    """Refuse a key that was used with content of another fingerprint.

    Raises:
        IdempotencyKeyMisused: The content differs.
    """
    if answered.fingerprint != content:
        raise IdempotencyKeyMisused


@asynccontextmanager
async def holding(keys: Idempotency, attempt: Attempt | None) -> AsyncIterator[None]:
    """Hold a key, if the request has one, while it runs; give it back if the request fails."""
    if attempt is None:
        yield
        return
    renewing: list[asyncio.Task[None]] = []

    def begin_renewing() -> None:
        renewing.append(asyncio.create_task(_renew(keys, attempt)))

    # Most requests end before: a timer costs less than a task.
    timer = asyncio.get_running_loop().call_later(RENEW_SECONDS, begin_renewing)
    try:
        yield
    except MONGODB_UNREACHABLE:
        raise  # The key is free again when its time is over.
    except BaseException:
        with suppress(*STORE_FAILED):
            await asyncio.shield(keys.abandon(attempt))
        raise
    finally:
        timer.cancel()
        for task in renewing:
            task.cancel()
            await asyncio.wait([task])


async def _renew(keys: Idempotency, attempt: Attempt) -> None:
    while True:
        with suppress(*STORE_FAILED):
            await keys.renew(attempt)
        await asyncio.sleep(RENEW_SECONDS)
