"""Stored upload links: only a hash of each token is kept."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import msgspec
from pymongo import ASCENDING, IndexModel, UpdateOne

from domain.keys import LINK_PREFIX, hash_secret, link_user
from domain.links import LinkPlan, UploadLink, find_expiry
from domain.tenants import owner_id
from storage.access.secret_lookups import SecretLookups
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock, read_struct

LINK_INDEXES = {"upload_links": [IndexModel([("token_hash", ASCENDING)], unique=True)]}


class UploadLinks:
    """Creates, finds and revokes links."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._links = database["upload_links"].with_options(write_concern=DURABLE)
        self._lookups = SecretLookups(self._links, "token_hash", {})

    async def create(
        self, plan: LinkPlan, token: str, key_id: str, session: Session | None = None
    ) -> UploadLink:
        """Create a link with a token in its URL, of which only the hash is stored.

        ``key_id`` is the key that creates it.

        Raises:
            InvalidValue: The expiry is missing, given twice, or out of range.
        """
        now = await read_clock(self._database)
        expires_at = find_expiry(plan.expires_at, plan.expires_in, now)
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
        )
        document: Document = msgspec.to_builtins(link, builtin_types=(datetime,))
        document["_id"] = document.pop("id")
        await self._links.insert_one(document | {"token_hash": hash_secret(token)}, session=session)
        return link

    async def find(self, token: str, *, together: bool = False) -> UploadLink | None:
        """Find a link by its token. Used up, expired and revoked links are found too.

        With ``together``, look-ups share their reads; see :class:`SecretLookups`.
        """
        if not token.isascii() or not token.startswith(LINK_PREFIX):
            return None
        document = await self._lookups.find(token, together=together)
        return None if document is None else read_struct(document, UploadLink)

    async def get(self, link_id: str) -> UploadLink | None:
        """Read a link; None if there is none."""
        document = await self._links.find_one({"_id": link_id})
        return None if document is None else read_struct(document, UploadLink)

    async def find_not_revoked(self, link_ids: Collection[str]) -> set[str]:
        """Return the IDs of the links among some that are not revoked."""
        kept = {"_id": {"$in": list(link_ids)}, "revoked_at": None}
        return {link["_id"] async for link in self._links.find(kept, {"_id": 1})}

    async def list_page(self, limit: int, before: str | None) -> list[UploadLink]:
        """List links, newest first; only those older than the link ``before``, if it is given."""
        query = {"_id": {"$lt": before}} if before else {}
        found = self._links.find(query).sort("_id", -1).limit(limit)
        return [read_struct(document, UploadLink) async for document in found]

    async def revoke(self, link_id: str) -> bool:
        """Revoke a link for good, and return whether it exists: from then on it accepts no file.

        An acceptance writes to the document of its link too. So one that runs at the same time
        either commits first, or conflicts, is retried and finds the link revoked. Revoking it again
        changes nothing.
        """
        result = await self._links.update_one(
            {"_id": link_id}, [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", "$$NOW"]}}}]
        )
        return result.matched_count == 1


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
