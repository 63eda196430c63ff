"""``Idempotency-Key``: a client that is not sure sends again, and gets the same answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from api.uploads.multipart import Form
from domain.errors.requests import IdempotencyKeyMisused, InvalidValue
from domain.keys import Caller
from storage.acceptance.idempotency import Answered, Attempt, Idempotency
from storage.errors import STORE_FAILED

MAX_KEY_CHARS = 255
REPLAYED = {"Idempotent-Replayed": "true"}
RENEW_SECONDS = 20.0


def record_id(caller: Caller, route: str, key: str, secret: str = "") -> str:
    """Name the record of a key: nobody else's, and no other route's.

    Args:
        caller: Whose key it is.
        route: Path of the request.
        key: The Idempotency-Key.
        secret: What the caller shows, where only who shows the same may have the answer again.

    Raises:
        InvalidValue: The key is empty, too long, or not printable ASCII.
    """
    if not 1 <= len(key) <= MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise InvalidValue(
            f"An Idempotency-Key has 1 to {MAX_KEY_CHARS} printable ASCII characters."
        )
    parts = msgspec.json.encode([caller.key_id, caller.user_id, route, key, secret])
    return hashlib.sha256(parts).hexdigest()


def fingerprint(form: Form) -> str:
    """Hash what a form asks for: its fields, its file names and their bytes."""
    files = [[file.index, file.filename, file.staged.sha256] for file in form.taken]
    files += [[file.index, file.filename, file.error.code] for file in form.refused]
    asked = [sorted(form.fields.items()), sorted(files)]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


def check_same(answered: Answered, form: Form) -> None:
    """Refuse a key that was used for something else.

    Raises:
        IdempotencyKeyMisused: It was.
    """
    if answered.fingerprint != fingerprint(form):
        raise IdempotencyKeyMisused


@asynccontextmanager
async def holding(idempotency: Idempotency, attempt: Attempt) -> AsyncIterator[None]:
    """Hold a key while its request runs; give it back if that ends without a ticket."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(*STORE_FAILED):
                await idempotency.renew(attempt)

    renewing = asyncio.create_task(renew())
    try:
        yield
    except BaseException:
        with suppress(*STORE_FAILED):
            await asyncio.shield(idempotency.abandon(attempt))
        raise
    finally:
        renewing.cancel()
