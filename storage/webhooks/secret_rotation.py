"""Rotation of webhook secrets: the newest signs, and for a while the one before it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from storage.clock import utc_now
from storage.mongo.client import Collection, Document, Session
from storage.webhooks.secret_box import SecretBox


class StoredSecret(msgspec.Struct, frozen=True):
    """A secret as it is stored, encrypted by :class:`SecretBox`."""

    encrypted: str
    created_at: datetime
    expires_at: datetime | None = None
    """Until when it signs, UTC; None for the newest."""


def first_secret(secret_box: SecretBox, secret: str) -> list[Document]:
    """Make the stored secrets of a new receiver.

    Raises:
        WebhooksNotSetUp: The service has no key to encrypt the secret with.
    """
    return _write([StoredSecret(secret_box.encrypt(secret), utc_now())])


def live_secrets(secret_box: SecretBox, stored: Sequence[Document]) -> tuple[str, ...]:
    """Read the secrets that sign, the newest first.

    An older one that cannot be decrypted is left out: it was replaced because its key is lost.

    Raises:
        WebhooksNotSetUp: The newest secret cannot be decrypted.
    """
    encrypted = [secret.encrypted for secret in _read_live(stored, utc_now())]
    signing = encrypted[:1] + [one for one in encrypted[1:] if secret_box.reads(one)]
    return tuple(secret_box.decrypt(one) for one in signing)


async def rotate(
    collection: Collection,
    which: Document,
    encrypted: str,
    overlap: timedelta,
    session: Session | None = None,
) -> Document | None:
    """Store a new secret in the document that a query finds; return the changed document.

    The old secret also signs during the overlap.
    """
    while True:
        document: Document | None = await collection.find_one(which, session=session)
        if document is None:
            return None
        before, now = document["secrets"], utc_now()
        after = [StoredSecret(encrypted, now)]
        if overlap and (live := _read_live(before, now)):
            old = live[0]
            until = min(filter(None, [old.expires_at, now + overlap]))
            after.append(msgspec.structs.replace(old, expires_at=until))
        changed = {"secrets": _write(after)}
        # The second of two concurrent rotations matches nothing, and starts again.
        query = {"_id": document["_id"], "secrets": before}
        written = await collection.update_one(query, {"$set": changed}, session=session)
        if written.matched_count:
            return document | changed


def _read_live(stored: Sequence[Document], now: datetime) -> list[StoredSecret]:
    secrets = msgspec.convert(list(stored), list[StoredSecret])
    return [one for one in secrets if one.expires_at is None or one.expires_at > now]


def _write(secrets: Sequence[StoredSecret]) -> list[Document]:
    return [msgspec.to_builtins(secret, builtin_types=(datetime,)) for secret in secrets]
