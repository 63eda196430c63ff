"""Stored upload links: only a hash of each token is kept."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import msgspec
from pymongo import ASCENDING, IndexModel, UpdateOne

from domain.audit import AuditEntry
from domain.errors.access import TooManyLinks
from domain.keys import LINK_PREFIX, Caller, hash_secret, link_user
from domain.links import LinkPlan, UploadLink, find_expiry
from domain.tenants import owner_id, split_owner
from storage.access.audit import AuditTrail, in_tenant
from storage.access.managed import (
    MANAGED_INDEXES,
    REVOKE,
    SERVICE_ID,
    lock_service,
    managed_by,
    service_field,
)
from storage.access.secret_lookups import SecretLookups
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock, read_struct
from storage.mongo.transactions import run_transaction

LINK_INDEXES = {
    "upload_links": [IndexModel([("token_hash", ASCENDING)], unique=True), *MANAGED_INDEXES]
}


class UploadLinks:
    """Creates, finds and revokes links."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit
        self._links = database["upload_links"].with_options(write_concern=DURABLE)
        self._lookups = SecretLookups(self._links, "token_hash", {})

    async def create(
        self, plan: LinkPlan, token: str, key_id: str, session: Session | None = None
    ) -> UploadLink:
        """Create a link with a token in its URL, of which only the hash is stored.

        ``key_id`` is the key that creates it. A link that a service key creates expires with it at
        the latest.

        Raises:
            InvalidValue: The expiry is missing, given twice, or out of range.
            Unauthenticated: The service key is no longer valid.
            TooManyLinks: The service key has too many open links.
        """
        now = await read_clock(self._database)
        expires_at = find_expiry(plan.expires_at, plan.expires_in, now)
        if plan.service_id is not None:
            service_ends_at = await lock_service(self._database, plan.service_id, session)
            expires_at = min(expires_at, service_ends_at or expires_at)
            await self._check_room(plan.service_id, plan.max_links, now, session)
        link_id = new_id()
        link = UploadLink(
            id=link_id,
            key_id=key_id,
            user_id=owner_id(plan.tenant, plan.user_id or link_user(link_id)),
            note=plan.note,
            gps=plan.gps,
            created_at=now,
            expires_at=cut_to_milliseconds(expires_at.astimezone(UTC)),
            revoked_at=None,
            max_files=plan.max_files,
            max_bytes=plan.max_bytes,
            max_stored_bytes=plan.max_stored_bytes,
            show_results=plan.show_results,
        )
        document: Document = msgspec.to_builtins(link, builtin_types=(datetime,))
        document["_id"] = document.pop("id")
        document |= {"token_hash": hash_secret(token), "tenant": plan.tenant}
        document |= service_field(plan.service_id)
        await self._links.insert_one(document, session=session)
        return link

    async def find(self, token: str, *, together: bool = False) -> UploadLink | None:
        """Find a link by its token. Used up, expired and revoked links are found too.

        With ``together``, look-ups share their reads; see :class:`SecretLookups`.
        """
        if not token.isascii() or not token.startswith(LINK_PREFIX):
            return None
        document = await self._lookups.find(token, together=together)
        return None if document is None else read_struct(document, UploadLink)

    async def get(self, link_id: str, caller: Caller | None = None) -> UploadLink | None:
        """Read a link, with a caller only one that it manages; None if there is none."""
        managed = {} if caller is None else managed_by(caller)
        document = await self._links.find_one({"_id": link_id, **managed})
        return None if document is None else read_struct(document, UploadLink)

    async def find_not_revoked(self, link_ids: Collection[str]) -> set[str]:
        """Return the IDs of the links among some that are not revoked."""
        kept = {"_id": {"$in": list(link_ids)}, "revoked_at": None}
        return {link["_id"] async for link in self._links.find(kept, {"_id": 1})}

    async def list_page(self, limit: int, before: str | None, caller: Caller) -> list[UploadLink]:
        """List the links that the caller manages, newest first.

        Only those older than the link ``before``, if it is given.
        """
        query = managed_by(caller) | ({"_id": {"$lt": before}} if before else {})
        found = self._links.find(query).sort("_id", -1).limit(limit)
        return [read_struct(document, UploadLink) async for document in found]

    async def count(self, most: int, caller: Caller) -> int:
        """Count the links that the caller manages, up to a number."""
        return await self._links.count_documents(managed_by(caller), limit=most)

    async def revoke(self, link_id: str, caller: Caller, entry: AuditEntry) -> bool:
        """Revoke a link for good: from then on it accepts no file.

        An acceptance writes to the document of its link too. So one that runs at the same time
        either commits first, or conflicts, is retried and finds the link revoked. Revoking it again
        changes nothing, and adds no entry.

        Returns whether the caller manages the link.
        """
        which = {"_id": link_id, **managed_by(caller)}

        async def write(session: Session) -> bool:
            before: Document | None = await self._links.find_one_and_update(
                which, REVOKE, session=session
            )
            if before is not None and before["revoked_at"] is None:
                tenant, _ = split_owner(before["user_id"])
                await self._audit.add(in_tenant(entry, tenant), session=session)
            return before is not None

        return await run_transaction(self._database.client, write)

    async def _check_room(
        self, service_id: str, most: int, now: datetime, session: Session | None
    ) -> None:
        is_open = {SERVICE_ID: service_id, "revoked_at": None, "expires_at": {"$gt": now}}
        if most and await self._links.count_documents(is_open, limit=most, session=session) >= most:
            raise TooManyLinks(
                f"{most} links that this key has created are open. Revoke one first."
            )


async def count_deleted(database: Database, images: Iterable[Document], session: Session) -> None:
    """Count deleted images in their links, given their documents; images may have no link."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for image in images:
        if link_id := image.get("link_id"):
            totals[link_id][0] += 1
            totals[link_id][1] += image["size_bytes"]
    writes = [
        UpdateOne({"_id": link_id}, {"$inc": {"deleted_files": files, "deleted_bytes": size_bytes}})
        for link_id, (files, size_bytes) in totals.items()
    ]
    if writes:
        await database["upload_links"].bulk_write(writes, ordered=False, session=session)
