"""API keys at rest: hashed, found by hash, revoked in place."""

from datetime import datetime

import msgspec
from cachetools import TTLCache

from domain.keys import Caller, Role, hash_secret, new_secret
from storage.identifiers import new_id, utc_now
from storage.mongo import DURABLE, Database, Document

# A revocation reaches the process that made it at once, others within this time.
CACHE_SECONDS = 1.0
CACHE_KEYS = 10_000


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret.

    Attributes:
        id: UUIDv7.
        role: What it was made for.
        user_id: The user that a client key is bound to.
        note: What its maker wants to remember.
        created_at: UTC.
        revoked_at: UTC; None while it is valid.
        hint: The first characters of the secret, to tell keys apart.
    """

    id: str
    role: Role
    user_id: str | None
    note: str | None
    created_at: datetime
    revoked_at: datetime | None
    hint: str


class ApiKeys:
    """Makes, finds and revokes keys.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._keys = database["api_keys"].with_options(write_concern=DURABLE)
        self._callers: TTLCache[str, Caller | None] = TTLCache(CACHE_KEYS, CACHE_SECONDS)

    async def create(self, role: Role, user_id: str | None, note: str | None) -> tuple[ApiKey, str]:
        """Make a key.

        Returns:
            The key and its secret, which is kept nowhere.
        """
        secret = new_secret()
        document: Document = {
            "_id": new_id(),
            "hash": hash_secret(secret),
            "hint": secret[:8],
            "role": role.value,
            "user_id": user_id,
            "note": note,
            "created_at": utc_now(),
            "revoked_at": None,
        }
        await self._keys.insert_one(document)
        return _api_key(document), secret

    async def find_caller(self, secret: str) -> Caller | None:
        """Look up who shows this secret; None if it is unknown or revoked."""
        hashed = hash_secret(secret)
        if hashed in self._callers:
            return self._callers[hashed]
        document = await self._keys.find_one({"hash": hashed, "revoked_at": None})
        caller = None
        if document is not None:
            caller = Caller(document["_id"], Role(document["role"]), document["user_id"])
            self._callers[hashed] = caller
        return caller

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


def _api_key(document: Document) -> ApiKey:
    return ApiKey(
        id=document["_id"],
        role=Role(document["role"]),
        user_id=document["user_id"],
        note=document["note"],
        created_at=document["created_at"],
        revoked_at=document["revoked_at"],
        hint=document["hint"],
    )
