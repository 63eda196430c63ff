"""Invitation links at rest: found by the hash of their token, revoked in place."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import msgspec
from pymongo import UpdateOne

from domain.keys import LINK_PREFIX, hash_secret, link_user
from domain.links import UploadLink, find_expiry
from domain.records import GpsPolicy
from storage.clock import cut_to_milliseconds, new_id
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock


class LinkPlan(msgspec.Struct, frozen=True):
    """What kind of link to make.

    Attributes:
        expires_at: When it expires; or
        expires_in: after how many seconds.
        max_files: Most files that become images; None for any number.
        max_bytes: Most bytes of these; None for any number.
        note: What its maker tells those who get it.
        user_id: Whose images come in through it; None: a user of its own.
        gps: What becomes of positions where an upload does not say; None: as is set up.
    """

    expires_at: datetime | None = None
    expires_in: int | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    note: str | None = None
    user_id: str | None = None
    gps: GpsPolicy | None = None


class UploadLinks:
    """Makes, finds and revokes links.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._links = database["upload_links"].with_options(write_concern=DURABLE)

    async def create(
        self, plan: LinkPlan, token: str, key_id: str, session: Session | None = None
    ) -> UploadLink:
        """Make a link.

        Args:
            plan: What kind of link.
            token: What its holder will show; only a hash of it is kept.
            key_id: The key that makes it.
            session: The transaction that it is made in, if any.

        Raises:
            InvalidValue: Its expiry cannot be.
        """
        now = await read_clock(self._database)
        expires_at = find_expiry(plan.expires_at, plan.expires_in, now)
        link_id = new_id()
        link = UploadLink(
            id=link_id,
            key_id=key_id,
            user_id=plan.user_id or link_user(link_id),
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

    async def find(self, token: str) -> UploadLink | None:
        """Look up whose token this is, used up, expired and revoked ones included."""
        if not token.isascii() or not token.startswith(LINK_PREFIX):
            return None
        document = await self._links.find_one({"token_hash": hash_secret(token)})
        return None if document is None else link_of(document)

    async def get(self, link_id: str) -> UploadLink | None:
        """Read a link."""
        document = await self._links.find_one({"_id": link_id})
        return None if document is None else link_of(document)

    async def find_not_revoked(self, link_ids: Collection[str]) -> set[str]:
        """Say which of some links have not been withdrawn."""
        kept = {"_id": {"$in": list(link_ids)}, "revoked_at": None}
        return {link["_id"] async for link in self._links.find(kept, {"_id": 1})}

    async def list_page(self, limit: int, before: str | None) -> list[UploadLink]:
        """List links, newest first.

        Args:
            limit: Most links.
            before: Only links older than this one.
        """
        query = {"_id": {"$lt": before}} if before else {}
        found = self._links.find(query).sort("_id", -1).limit(limit)
        return [link_of(document) async for document in found]

    async def revoke(self, link_id: str) -> bool:
        """Withdraw a link for good: once this returns, nothing more comes in through it.

        A transaction that is taking files in through it ends first, or fails and finds it
        revoked when it tries again: both write to its document.

        Returns:
            Whether there is such a link. Revoking twice changes nothing.
        """
        result = await self._links.update_one(
            {"_id": link_id}, [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", "$$NOW"]}}}]
        )
        return result.matched_count == 1


def link_of(document: Document) -> UploadLink:
    """Read a link from its document."""
    fields = {name: document[name] for name in UploadLink.__struct_fields__ if name != "id"}
    return msgspec.convert(fields | {"id": document["_id"]}, UploadLink)


async def count_deleted(database: Database, images: Iterable[Document], session: Session) -> None:
    """Take images that are deleted out of the totals of their links.

    Args:
        database: Holds everything.
        images: Their documents; those without a link cost nothing.
        session: The transaction that deletes them.
    """
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
