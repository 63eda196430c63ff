"""Stored API keys: only a hash of each secret is kept."""

import time
from collections.abc import Callable, Collection
from datetime import UTC

from cachetools import TTLCache
from pymongo import ASCENDING, IndexModel

from domain.api_keys import KEY_ROLES, ApiKey, KeyPlan, find_key_expiry
from domain.keys import ADMIN_USER, Caller, Role, hash_secret
from domain.tenants import owner_id
from storage.access.secret_lookups import SecretLookups
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock, read_struct

API_KEY_INDEXES = {
    "api_keys": [
        IndexModel([("hash", ASCENDING)], unique=True),
        IndexModel(
            [("expires_at", ASCENDING)],
            partialFilterExpression={"expires_at": {"$type": "date"}},
        ),
    ],
}

# A revocation is seen at once by the process that makes it; other processes see revocations and
# expiries within this time.
CACHE_SECONDS = 1.0
CACHE_KEYS = 10_000
VALID: Document = {
    "revoked_at": None,
    "$or": [{"expires_at": None}, {"$expr": {"$gt": ["$expires_at", "$$NOW"]}}],
}


class ApiKeys:
    """Creates, finds and revokes keys. The age of cached keys is measured with ``clock``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._keys = database["api_keys"].with_options(write_concern=DURABLE)
        self._callers: TTLCache[str, Caller] = TTLCache(CACHE_KEYS, CACHE_SECONDS, timer=clock)
        self._lookups = SecretLookups(self._keys, "hash", VALID, clock)

    async def create(self, plan: KeyPlan, secret: str, session: Session | None = None) -> ApiKey:
        """Create a key with a secret that clients send, of which only the hash is stored.

        Raises:
            InvalidValue: The expiry is not after now, or not within
                :data:`domain.api_keys.MAX_LIFE`.
        """
        now = await read_clock(self._database)
        expires_at = find_key_expiry(plan, now)
        document: Document = {
            "_id": new_id(),
            "hash": hash_secret(secret),
            "hint": secret[:8],
            "role": plan.role.value,
            "user_id": plan.user_id,
            "tenant": plan.tenant,
            "max_stored_bytes": plan.max_stored_bytes,
            "note": plan.note,
            "created_at": now,
            "revoked_at": None,
            "expires_at": expires_at and cut_to_milliseconds(expires_at.astimezone(UTC)),
        }
        await self._keys.insert_one(document, session=session)
        return read_struct(document, ApiKey)

    async def find_caller(self, secret: str, *, together: bool = False) -> Caller | None:
        """Find the caller by secret; None if the key is unknown, expired or revoked.

        With ``together``, look-ups share their reads; see :class:`SecretLookups`.
        """
        hashed = hash_secret(secret)
        if cached := self._callers.get(hashed):  # One lookup: an entry can expire between two.
            return cached
        return self._remember(hashed, await self._lookups.find(secret, together=together))

    async def find_by_id(self, key_id: str) -> Caller | None:
        """Find the caller by the ID of the key; None if it is unknown, expired or revoked."""
        if cached := self._callers.get(key_id):
            return cached
        return self._remember(key_id, await self._keys.find_one({"_id": key_id} | VALID))

    def _remember(self, name: str, document: Document | None) -> Caller | None:
        if document is None or document["role"] not in KEY_ROLES:
            return None
        tenant, user_id = document.get("tenant"), document["user_id"]
        caller = Caller(
            document["_id"],
            Role(document["role"]),
            None if user_id is None else owner_id(tenant, user_id),
            tenant,
            document.get("max_stored_bytes"),
        )
        self._callers[name] = caller
        return caller

    async def find_valid(self, key_ids: Collection[str]) -> set[str]:
        """Return the valid keys among some; see :func:`find_valid_keys`."""
        return await find_valid_keys(self._database, key_ids)

    async def list_page(self, limit: int, before: str | None) -> list[ApiKey]:
        """List keys, newest first; only those older than the key ``before``, if it is given."""
        query = {"_id": {"$lt": before}} if before else {}
        found = self._keys.find(query).sort("_id", -1).limit(limit)
        return [read_struct(document, ApiKey) async for document in found]

    async def revoke(self, key_id: str) -> bool:
        """Revoke a key for good; return whether it exists. Revoking it again changes nothing."""
        self._callers.clear()
        result = await self._keys.update_one(
            {"_id": key_id}, [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", "$$NOW"]}}}]
        )
        self._callers.clear()  # It may have been cached during the write.
        return result.matched_count == 1


async def find_valid_keys(database: Database, key_ids: Collection[str]) -> set[str]:
    """Return the IDs of the keys among some that are neither expired nor revoked.

    The key in the settings, which has no document, is always among them.
    """
    valid = {ADMIN_USER}
    if named := set(key_ids) - valid:
        query = {"_id": {"$in": list(named)}} | VALID
        valid |= {key["_id"] async for key in database["api_keys"].find(query, {"_id": 1})}
    return valid
