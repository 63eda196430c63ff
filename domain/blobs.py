"""Blobs: the bytes of equal images, with their facts, results and poison."""

from datetime import datetime
from typing import Any

import msgspec

from domain.ports import Location
from domain.records import ItemError


class Poison(msgspec.Struct, frozen=True):
    """The record that work on a blob was given up, because its bytes ended child processes.

    Attributes:
        operations: Versions of the operations that were tried, by name.
        at: Time of the last attempt, UTC.
        seconds: Time that all attempts took.
    """

    error: ItemError
    operations: dict[str, int]
    at: datetime
    seconds: float = 0.0


class Blob(msgspec.Struct, frozen=True):
    """The bytes of equal images, with the facts and results that were computed from them.

    Attributes:
        file_id: ID of the blob; only the storage can read it.
        sha256: Hash of the bytes, as 64 hex digits.
        location: Where the bytes are.
        facts: ``format``, ``width`` and ``height`` (as oriented), each None while unknown.
        results: ``{"version": n, "value": …, "warnings": […]}`` by operation, with the time that it
            took: ``seconds``, and ``decode_seconds`` for the decoding before it. Old ones have no
            warnings and no times. Faces are boxes; ``scores``, beside them, has one of each since
            version 3.
        poison: Why work on it was given up last; None if it never was.
    """

    file_id: Any
    sha256: str
    size_bytes: int
    location: Location
    facts: dict[str, Any]
    results: dict[str, dict[str, Any]]
    poison: Poison | None = None


class StoredVariant(msgspec.Struct, frozen=True):
    """A stored picture.

    Attributes:
        file_id: ID in the store; equal pictures have equal IDs.
        seconds: Time that it took to render it; 0.0 if unknown.
        object_name: The object that has its bytes; None: they are in GridFS.
    """

    file_id: str
    media_type: str
    size_bytes: int
    seconds: float = 0.0
    object_name: str | None = None
