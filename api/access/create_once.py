"""Creates objects that have a secret, once for each ``Idempotency-Key``."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from api.http.idempotency import check_same, holding, record_id
from domain.keys import Caller
from storage.acceptance.idempotency import Answered, Creation, Idempotency, Made

SECRET_BYTES = 32

ViewT = TypeVar("ViewT")


class RequestKey(msgspec.Struct, frozen=True):
    """What a request to create something can be recognised by when it is sent again.

    Without an ``Idempotency-Key``, every request creates anew.
    """

    caller: Caller
    route: str
    secret: str
    """The API key that the client sent; part of the record's name, never stored."""
    idempotency_key: str | None


class Created(msgspec.Struct, Generic[Made], frozen=True):
    """What a request, or an earlier equal one, has created; the object is without its secret."""

    made: Made
    random_bits: bytes
    """32 bytes that the secret is made from."""
    is_replayed: bool = False

    def map(self, view: Callable[[Made, bytes], ViewT]) -> "Created[ViewT]":
        """Replace the object by its view, which is made from the object and the random bits."""
        return Created(view(self.made, self.random_bits), self.random_bits, self.is_replayed)


class CreateOnce:
    """Creates objects, and recognises requests that are sent again.

    The random bits of a secret are not stored. A repeated request derives them again from the
    API key that the client sends, which the service does not store either.
    """

    def __init__(self, idempotency: Idempotency) -> None:
        self._idempotency = idempotency

    async def create(
        self,
        source: RequestKey,
        asked: msgspec.Struct,
        kind: type[Made],
        make: Callable[[bytes], Creation[Made]],
    ) -> Created[Made]:
        """Create what a request asks for, or find what the same request created before.

        Args:
            kind: Type of the object, which must not hold its secret.
            make: Creates it from 32 random bytes; may be called several times.

        Raises:
            InvalidValue: The Idempotency-Key is empty, too long, or not printable ASCII.
            IdempotencyKeyInUse: The first request with this key is still running.
            IdempotencyKeyMisused: The key was used with another body.
        """
        if source.idempotency_key is None:
            random_bits = secrets.token_bytes(SECRET_BYTES)
            made = await self._idempotency.create(None, "", make(random_bits))
            return Created(made, random_bits)
        name = record_id(source.caller, source.route, source.idempotency_key, source.secret)
        fingerprint = hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
        begun = await self._idempotency.begin(name)
        random_bits = _derive(source.secret, name, begun.token)
        if isinstance(begun, Answered):
            check_same(begun, fingerprint)
            made = msgspec.json.decode(begun.body, type=kind)
            return Created(made, random_bits, is_replayed=True)
        async with holding(self._idempotency, begun):
            made = await self._idempotency.create(begun, fingerprint, make(random_bits))
        return Created(made, random_bits)


def _derive(secret: str, name: str, token: str) -> bytes:
    """Derive 256 bits that only the holder of the API key can, different for each attempt."""
    return hmac.digest(secret.encode(), f"minilab created {name} {token}".encode(), "sha256")
