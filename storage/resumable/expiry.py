"""Expiry of resumable uploads: those left alone for too long, and those of revoked links."""

from storage.blobs.objects import RESUMABLE
from storage.clock import utc_now
from storage.mongo.client import Database, Document
from storage.resumable.documents import UNUSED
from storage.resumable.removal import TOGETHER
from storage.resumable.reservations import LINKS
from storage.resumable.uploads import ResumableUploads


class ResumableExpiry:
    """Removes expired uploads. Any number of workers may do so at once."""

    def __init__(self, database: Database, uploads: ResumableUploads) -> None:
        self._database = database
        self._uploads = uploads

    async def expire(self) -> int:
        """Remove all uploads that have expired, or whose link was revoked; return their number.

        One that a job has used leaves no bytes of its own.
        """
        removed = await self._remove({"expires_at": {"$lte": utc_now()}})
        of_links = UNUSED | {"link_id": {"$gt": ""}}
        link_ids = await self._database[RESUMABLE].distinct("link_id", of_links)
        revoked = {"_id": {"$in": link_ids}, "revoked_at": {"$ne": None}}
        if gone := await self._database[LINKS].distinct("_id", revoked):
            removed += await self._remove(UNUSED | {"link_id": {"$in": gone}})
        return removed

    async def _remove(self, which: Document) -> int:
        removed, last = 0, TOGETHER
        while last == TOGETHER:
            last = await self._uploads.delete_some(which, TOGETHER)
            removed += last
        return removed
