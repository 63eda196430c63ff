"""Stored API keys: only a hash of each secret is kept."""

import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

import msgspec
from cachetools import TTLCache
from pymongo import ASCENDING, IndexModel

from domain.api_keys import KEY_ROLES, ApiKey, KeyPlan, find_key_expiry
from domain.audit import AuditEntry
from domain.errors.access import TooManyKeys
from domain.key_scopes import ALL_SCOPES, READ_ONLY, KeyScope, in_order
from domain.keys import Caller, Role, hash_secret
from domain.limits import TenantLimits
from domain.tenants import owner_id
from storage.access.audit import AuditTrail, in_tenant
from storage.access.key_uses import KeyUses
from storage.access.managed import (
    MANAGED_INDEXES,
    REVOKE,
    SERVICE_ID,
    VALID,
    find_valid_keys,
    lock_service,
    managed_by,
    service_field,
)
from storage.access.secret_lookups import SecretLookups
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock, read_struct
from storage.mongo.transactions import run_transaction

API_KEY_INDEXES = {
    "api_keys": [
        IndexModel([("hash", ASCENDING)], unique=True),
        IndexModel(
            [("expires_at", ASCENDING)],
            partialFilterExpression={"expires_at": {"$type": "date"}},
        ),
        *MANAGED_INDEXES,
    ],
}

# A revocation is seen at once by the process that makes it; other processes see revocations and
# expiries within this time.
CACHE_SECONDS = 1.0
CACHE_KEYS = 10_000


class ApiKeys:
    """Creates, finds and revokes keys. The age of cached keys is measured with ``clock``."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._audit = audit
        self._keys = database["api_keys"].with_options(write_concern=DURABLE)
        self._callers: TTLCache[str, Caller] = TTLCache(CACHE_KEYS, CACHE_SECONDS, timer=clock)
        self._revocations = 0
        self._lookups = SecretLookups(self._keys, "hash", VALID, clock)
        self.uses = KeyUses(database)

    async def create(self, plan: KeyPlan, secret: str, session: Session | None = None) -> ApiKey:
        """Create a key with a secret that clients send, of which only the hash is stored.

        A key that a service key creates expires with it at the latest.

        Raises:
            InvalidValue: The expiry is not after now, or not within the longest life.
            Unauthenticated: The service key is no longer valid.
            TooManyKeys: The service key has created too many keys.
        """
        now = await read_clock(self._database)
        expires_at = find_key_expiry(plan.expires_at, plan.expires_in, plan.max_life, now)
        if plan.service_id is not None:
            await self._check_room(plan.service_id, plan.max_keys, now)
            service_ends_at = await lock_service(self._database, plan.service_id, None)
            expires_at = min(filter(None, [expires_at, service_ends_at]), default=None)
        document: Document = {
            "_id": new_id(),
            "hash": hash_secret(secret),
            "hint": secret[:8],
            "role": plan.role.value,
            "user_id": plan.user_id,
            "tenant": plan.tenant,
            "max_stored_bytes": plan.max_stored_bytes,
            "limits": plan.limits and msgspec.structs.asdict(plan.limits),
            "scopes": [scope.value for scope in in_order(plan.scopes)],
            "note": plan.note,
            "created_at": now,
            "created_by": plan.created_by,
            "revoked_at": None,
            "expires_at": expires_at and cut_to_milliseconds(expires_at.astimezone(UTC)),
            "last_used_at": None,
        } | service_field(plan.service_id)
        await self._keys.insert_one(document, session=session)
        return read_struct(document, ApiKey)

    async def find_caller(self, secret: str, *, together: bool = False) -> Caller | None:
        """Find the caller by secret; None if the key is unknown, expired or revoked.

        The same if the service key that created it is. With ``together``, look-ups share their
        reads; see :class:`SecretLookups`.
        """
        hashed = hash_secret(secret)
        return await self._find(
            hashed, lambda: self._lookups.find(secret, together=together), is_use=True
        )

    async def find_by_id(self, key_id: str) -> Caller | None:
        """Find the caller by the ID of the key, as :meth:`find_caller` does; it is no use of it."""
        return await self._find(key_id, lambda: self._keys.find_one({"_id": key_id} | VALID))

    async def _find(
        self, name: str, read: Callable[[], Awaitable[Document | None]], *, is_use: bool = False
    ) -> Caller | None:
        caller = self._callers.get(name)  # One lookup: an entry can expire between two.
        if caller is None:
            caller = await self._read_caller(name, read)
        if caller is not None and is_use:
            self.uses.note(caller.key_id)
        return caller

    async def _read_caller(
        self, name: str, read: Callable[[], Awaitable[Document | None]]
    ) -> Caller | None:
        revocations = self._revocations
        document = await read()
        if document is None or document["role"] not in KEY_ROLES:
            return None
        service_id = document.get(SERVICE_ID)
        if service_id and service_id not in await self.find_valid([service_id]):
            return None
        caller = _caller_of(document)
        if revocations == self._revocations:  # Else it may have been read before a revocation.
            self._callers[name] = caller
        return caller

    async def find_valid(self, key_ids: Collection[str]) -> set[str]:
        """Return the valid keys among some; see :func:`find_valid_keys`."""
        return await find_valid_keys(self._database, key_ids)

    async def get(self, key_id: str, caller: Caller) -> ApiKey | None:
        """Read a key that the caller manages; None if there is none."""
        found = await self._keys.find({"_id": key_id, **managed_by(caller)}).to_list(1)
        return next(iter(await self._read(found)), None)

    async def list_page(self, limit: int, before: str | None, caller: Caller) -> list[ApiKey]:
        """List the keys that the caller manages, newest first.

        Only those older than the key ``before``, if it is given.
        """
        query = managed_by(caller) | ({"_id": {"$lt": before}} if before else {})
        return await self._read(await self._keys.find(query).sort("_id", -1).to_list(limit))

    async def count(self, most: int, caller: Caller) -> int:
        """Count the keys that the caller manages, up to a number."""
        return await self._keys.count_documents(managed_by(caller), limit=most)

    async def revoke(self, key_id: str, caller: Caller, entry: AuditEntry) -> bool:
        """Revoke a key for good; return whether the caller manages it.

        With a service key end the keys and links that it created. Revoking it again changes
        nothing, and adds no entry.
        """
        which = {"_id": key_id, **managed_by(caller)}

        async def write(session: Session) -> bool:
            before: Document | None = await self._keys.find_one_and_update(
                which, REVOKE, session=session
            )
            if before is not None and before["revoked_at"] is None:
                await self._database["upload_links"].update_many(
                    {SERVICE_ID: key_id}, REVOKE, session=session
                )
                await self._audit.add(in_tenant(entry, before.get("tenant")), session=session)
            return before is not None

        self._forget()
        is_managed = await run_transaction(self._database.client, write)
        self._forget()  # It may have been cached during the write.
        return is_managed

    def _forget(self) -> None:
        self._revocations += 1
        self._callers.clear()

    async def _check_room(self, service_id: str, most: int, now: datetime) -> None:
        live = {SERVICE_ID: service_id, "expires_at": {"$gt": now}}
        if most and await self._keys.count_documents(live, limit=most) >= most:
            raise TooManyKeys(f"{most} keys that this key has created have not expired yet.")

    async def _read(self, documents: list[Document]) -> list[ApiKey]:
        """Read keys; one whose service key was revoked counts as revoked at that time."""
        services = list({one[SERVICE_ID] for one in documents if SERVICE_ID in one})
        revoked = {"_id": {"$in": services}, "revoked_at": {"$ne": None}}
        found = self._keys.find(revoked, {"revoked_at": 1}) if services else None
        ended = {} if found is None else {one["_id"]: one["revoked_at"] async for one in found}
        for one in documents:
            one["revoked_at"] = one["revoked_at"] or ended.get(one.get(SERVICE_ID))
        return [read_struct(one, ApiKey) for one in documents]


def _caller_of(document: Document) -> Caller:
    tenant, user_id, role = document.get("tenant"), document["user_id"], Role(document["role"])
    scopes = document.get("scopes")
    held = ALL_SCOPES if scopes is None else frozenset(map(KeyScope, scopes))
    return Caller(
        document["_id"],
        role,
        None if user_id is None else owner_id(tenant, user_id),
        tenant,
        document.get("max_stored_bytes"),
        READ_ONLY if role is Role.READER else held,
        msgspec.convert(document.get("limits"), TenantLimits | None),
    )
