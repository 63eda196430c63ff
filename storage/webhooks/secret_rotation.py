"""Secrets that sign: the newest, and for a while the one before it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from storage.mongo.client import Collection, Document, Session
from storage.webhooks.secret_box import SecretBox


class SecretAtRest(msgspec.Struct, frozen=True):
    """A secret as it is kept.

    Attributes:
        encrypted: With the key of the settings.
        created_at: UTC.
        expires_at: Until when it signs, UTC; None for the newest.
    """

    encrypted: str
    created_at: datetime
    expires_at: datetime | None = None


def first_secret(secret_box: SecretBox, secret: str, now: datetime) -> list[Document]:
    """Make what is kept of a new receiver's secret."""
    return _written([SecretAtRest(secret_box.encrypt(secret), now)])


def live_secrets(secret_box: SecretBox, kept: Sequence[Document], now: datetime) -> tuple[str, ...]:
    """Read the secrets that sign, the newest first.

    Raises:
        WebhooksNotSetUp: They cannot be decrypted.
    """
    return tuple(secret_box.decrypt(secret.encrypted) for secret in _read(kept, now))


async def rotate(
    collection: Collection,
    which: Document,
    encrypted: str,
    now: datetime,
    overlap: timedelta,
    session: Session | None = None,
) -> Document | None:
    """Put a new secret before the old one, which goes on signing for a while.

    Args:
        collection: Holds documents with ``secrets``.
        which: Finds one of them.
        encrypted: The new secret.
        now: The time.
        overlap: For how long the old one signs, too.
        session: The transaction that this is a part of, if any.

    Returns:
        The document as it is then; None if there is none.
    """
    while True:
        document: Document | None = await collection.find_one(which, session=session)
        if document is None:
            return None
        before = document["secrets"]
        after = [SecretAtRest(encrypted, now)]
        if overlap and (live := _read(before, now)):
            old = live[0]
            until = min(filter(None, [old.expires_at, now + overlap]))
            after.append(msgspec.structs.replace(old, expires_at=until))
        changed = {"secrets": _written(after)}
        query = {"_id": document["_id"], "secrets": before}  # Of two rotations, one after another.
        written = await collection.update_one(query, {"$set": changed}, session=session)
        if written.matched_count:
            return document | changed


def _read(kept: Sequence[Document], now: datetime) -> list[SecretAtRest]:
    secrets = msgspec.convert(list(kept), list[SecretAtRest])
    return [one for one in secrets if one.expires_at is None or one.expires_at > now]


def _written(secrets: Sequence[SecretAtRest]) -> list[Document]:
    return [msgspec.to_builtins(secret, builtin_types=(datetime,)) for secret in secrets]
