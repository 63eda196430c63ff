"""``Idempotency-Key``: a client that is not sure sends again, and gets the same answer."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import msgspec

from api.http.auth import shown_secret
from api.state import ApiRequest
from api.uploads.multipart import Form
from domain.errors.requests import IdempotencyKeyMisused, InvalidValue
from domain.keys import Caller
from storage.acceptance.idempotency import Answered, Attempt, Idempotency, Made
from storage.errors import STORE_FAILED
from storage.mongo.client import Session

MAX_KEY_CHARS = 255
DIGEST_BYTES = 32
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
    _check_same(answered, fingerprint(form))


async def create_once(
    request: ApiRequest,
    key: str | None,
    asked: msgspec.Struct,
    kind: type[Made],
    create: Callable[[bytes, Session | None], Awaitable[Made]],
) -> tuple[Made, bytes, dict[str, str]]:
    """Make what a JSON request asks for, or find what the same request made before.

    The random bits are for the secret of what is made. They are kept nowhere: a repetition
    works them out again from the secret that the caller shows, which nobody else has. What is
    kept is what was made, so it must not hold its own secret.

    Args:
        request: The request.
        key: Its Idempotency-Key, if it has one.
        asked: What it asks for.
        kind: What is made.
        create: Makes it of 32 random bytes, in a transaction if one is given; may be called
            several times.

    Returns:
        What was made, its random bits, and the headers of the answer.

    Raises:
        InvalidValue: The key cannot be used.
        IdempotencyKeyInUse: The first request with this key is still running.
        IdempotencyKeyMisused: The key was used for something else.
    """
    if key is None:
        random_bits = secrets.token_bytes(DIGEST_BYTES)
        return await create(random_bits, None), random_bits, {}
    idempotency = request.app.state.stores.idempotency
    shown = shown_secret(request.headers["authorization"])
    name = record_id(request.user, request.url.path, key, shown)
    wanted = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
    begun = await idempotency.begin(name)
    if isinstance(begun, Answered):
        _check_same(begun, wanted)
        made = msgspec.json.decode(begun.body, type=kind)
        return made, _derive(shown, name, begun.token), dict(REPLAYED)
    random_bits = _derive(shown, name, begun.token)
    async with holding(idempotency, begun):
        made = await idempotency.create(begun, wanted, partial(create, random_bits))
    return made, random_bits, {}


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


def _check_same(answered: Answered, wanted: str) -> None:
    if answered.fingerprint != wanted:
        raise IdempotencyKeyMisused


def _derive(shown: str, name: str, token: str) -> bytes:
    """Work out 256 bits that only who shows this secret can, other ones for each attempt."""
    return hmac.digest(shown.encode(), f"minilab created {name} {token}".encode(), "sha256")
