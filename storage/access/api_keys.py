"""API keys at rest: hashed, found by hash, revoked in place, valid until they expire."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import msgspec
from cachetools import TTLCache

from domain.errors.requests import InvalidValue
from domain.keys import ADMIN_USER, Caller, Role, hash_secret
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock

EXPIRES = {"expires_at": {"$type": "date"}}

# A revocation reaches the process that made it at once, others within this time; an expiry too.
CACHE_SECONDS = 1.0
CACHE_KEYS = 10_000
MAX_LIFE = timedelta(days=36_500)
VALID: Document = {
    "revoked_at": None,
    "$or": [{"expires_at": None}, {"$expr": {"$gt": ["$expires_at", "$$NOW"]}}],
}


class KeyPlan(msgspec.Struct, frozen=True):
    """What kind of key to make.

    Attributes:
        role: What it is for.
        user_id: The user that a client key is bound to.
        note: What its maker wants to remember.
        expires_at: When it stops being valid; None for never.
        expires_in: The same, in seconds from now.
    """

    role: Role
    user_id: str | None = None
    note: str | None = None
    expires_at: datetime | None = None
    expires_in: int | None = None


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret.

    Attributes:
        id: UUIDv7.
        role: What it was made for.
        user_id: The user that a client key is bound to.
        note: What its maker wants to remember.
        created_at: UTC.
        revoked_at: UTC; None while it is valid.
        expires_at: UTC; None where it never does.
        hint: The first characters of the secret, to tell keys apart.
    """

    id: str
    role: Role
    user_id: str | None
    note: str | None
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    hint: str


class ApiKeys:
    """Makes, finds and revokes keys.

    Args:
        database: Holds everything.
        clock: Says how old what was looked up has become, in seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._keys = database["api_keys"].with_options(write_concern=DURABLE)
        self._callers: TTLCache[str, Caller] = TTLCache(CACHE_KEYS, CACHE_SECONDS, timer=clock)

    async def create(self, plan: KeyPlan, secret: str, session: Session | None = None) -> ApiKey:
        """Make a key.

        Args:
            plan: What kind of key.
            secret: What its holder will show; only a hash of it is kept.
            session: The transaction that it is made in, if any.

        Raises:
            InvalidValue: It would have expired already, or not within :data:`MAX_LIFE`.
        """
        now = await read_clock(self._database)
        document: Document = {
            "_id": new_id(),
            "hash": hash_secret(secret),
            "hint": secret[:8],
            "role": plan.role.value,
            "user_id": plan.user_id,
            "note": plan.note,
            "created_at": now,
            "revoked_at": None,
            "expires_at": _expiry(plan, now),
        }
        await self._keys.insert_one(document, session=session)
        return _api_key(document)

    async def find_caller(self, secret: str) -> Caller | None:
        """Look up who shows this secret; None if it is unknown, expired or revoked."""
        hashed = hash_secret(secret)
        if cached := self._callers.get(hashed):  # One look: it may expire between two.
            return cached
        document = await self._keys.find_one({"hash": hashed} | VALID)
        caller = None
        if document is not None:
            caller = Caller(document["_id"], Role(document["role"]), document["user_id"])
            self._callers[hashed] = caller
        return caller

    async def find_valid(self, key_ids: Collection[str]) -> set[str]:
        """Say which of some keys are valid; see :func:`find_valid_keys`."""
        return await find_valid_keys(self._database, key_ids)

    async def list_page(self, limit: int, before: str | None) -> list[ApiKey]:
        """List keys, newest first.

        Args:
            limit: Most keys.
            before: Only keys older than this one.
        """
        query = {"_id": {"$lt": before}} if before else {}
        found = self._keys.find(query).sort("_id", -1).limit(limit)
        return [_api_key(document) async for document in found]

    async def revoke(self, key_id: str) -> bool:
        """Make a key invalid for good.

        Returns:
            Whether there is such a key. Revoking twice changes nothing.
        """
        self._callers.clear()
        result = await self._keys.update_one(
            {"_id": key_id}, [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", "$$NOW"]}}}]
        )
        self._callers.clear()
        return result.matched_count == 1


async def find_valid_keys(database: Database, key_ids: Collection[str]) -> set[str]:
    """Say which of some keys have neither expired nor been revoked.

    Returns:
        Their IDs, and that of the key of the settings, which has no document.
    """
    valid = {ADMIN_USER}
    if named := set(key_ids) - valid:
        query = {"_id": {"$in": list(named)}} | VALID
        valid |= {key["_id"] async for key in database["api_keys"].find(query, {"_id": 1})}
    return valid


def _expiry(plan: KeyPlan, now: datetime) -> datetime | None:
    expires_at = plan.expires_at
    if plan.expires_in is not None:
        expires_at = now + timedelta(seconds=plan.expires_in)
    if expires_at is None:
        return None
    if not now < expires_at <= now + MAX_LIFE:
        raise InvalidValue(f"A key expires after now, and within {MAX_LIFE.days} days.")
    return cut_to_milliseconds(expires_at.astimezone(UTC))


def _api_key(document: Document) -> ApiKey:
    return ApiKey(
        id=document["_id"],
        role=Role(document["role"]),
        user_id=document["user_id"],
        note=document["note"],
        created_at=document["created_at"],
        revoked_at=document["revoked_at"],
        expires_at=document.get("expires_at"),
        hint=document["hint"],
    )
