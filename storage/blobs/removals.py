"""Removals of bytes that no transaction can remove: noted by one, and carried out after a grace.

The note is written in the transaction that deletes a blob, so no object is forgotten. The grace is
for those that have read the blob before, and still read its bytes.
"""

from collections.abc import Iterable
from datetime import timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from domain.ports import GRIDFS, S3, Location
from storage.blobs.bucket_owner import BucketOwner
from storage.blobs.known_blobs import location_of
from storage.blobs.left_chunks import remove_left_chunks
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.object_names import file_of
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, DURABLE, Database, Document, Session, read_clock
from storage.mongo.threads import PlainDatabase

REMOVALS = "blob_removals"
REMOVAL_INDEXES = {REMOVALS: [IndexModel([("removed_at", ASCENDING)])]}
GRACE = timedelta(minutes=10)
TOGETHER = 1_000


async def note_removals(
    database: Database, locations: Iterable[Location], session: Session
) -> None:
    """Note within a transaction that bytes are to be removed."""
    if notes := _notes_of(locations):
        await database[REMOVALS].insert_many(notes, ordered=False, session=session)


def note_removals_in_thread(
    database: PlainDatabase, locations: Iterable[Location], session: ClientSession
) -> None:
    """Do the same in a thread."""
    if notes := _notes_of(locations):
        database[REMOVALS].insert_many(notes, ordered=False, session=session)


class Removals:
    """Carries out what was noted. Any number of processes can do so at once."""

    def __init__(self, database: Database, stores: BlobStores, grace: timedelta = GRACE) -> None:
        self._database = database
        self._stores = stores
        self._notes = database.get_collection(
            REMOVALS, read_concern=COMMITTED, write_concern=DURABLE
        )
        self._owner = BucketOwner(database, stores)
        self._grace = grace

    async def carry_out(self) -> int:
        """Remove the bytes whose grace is over, and count them.

        Raises:
            BytesUnavailable: The bucket is away: its notes stay.
        """
        before = await read_clock(self._database) - self._grace
        removed = 0
        for store in (GRIDFS, S3):
            due = {"removed_at": {"$lte": before}, "store": store}
            if store == S3 and not await self._may_remove_objects(due):
                break
            while notes := await self._notes.find(due).sort("removed_at", 1).to_list(TOGETHER):
                removed += await self._remove(store, notes)
        return removed

    async def _may_remove_objects(self, due: Document) -> bool:
        return await self._notes.find_one(due) is not None and await self._owner.is_ours()

    async def _remove(self, store: str, notes: list[Document]) -> int:
        # A name is not used again. Only what a blob still refers to would be lost for good.
        files = self._database.get_collection("blobs.files", read_concern=COMMITTED)
        blobs = files.find({"_id": {"$in": [note["file_id"] for note in notes]}})
        used = {location_of(blob) async for blob in blobs}
        names = [note["name"] for note in notes if Location(store, note["name"]) not in used]
        if names and store == S3:
            await self._stores.bucket.remove(names)
        for name in names if store == GRIDFS else ():
            await remove_left_chunks(self._database.client, self._database, name)
        await self._notes.delete_many({"_id": {"$in": [note["_id"] for note in notes]}})
        return len(names)


def _notes_of(locations: Iterable[Location]) -> list[Document]:
    now = utc_now()
    return [
        {
            "store": location.store,
            "name": location.name,
            "file_id": location.name if location.store == GRIDFS else file_of(location.name),
            "removed_at": now,
        }
        for location in locations
    ]
