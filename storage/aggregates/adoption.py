"""Takes over a database whose images are older than what counts them: by the first folders.

What was counted of an image was once written on it, as ``counted``, and no image had a
contribution. So all images without one are made uncounted, a part at a time; each is then folded,
and adds no more than what is new. Reads are right all the while, but for those of histograms, which
lack the images that it is not the turn of yet.
"""

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.client_session import ClientSession

from domain.statistics import STORED_BYTES, Counts
from storage.aggregates.contributions import CONTRIBUTIONS, TAKEN_OVER
from storage.aggregates.counted_images import IS_UNCOUNTED
from storage.aggregates.counters import STATISTICS, expand, writes_of
from storage.aggregates.pending import read_unfolded_counts
from storage.aggregates.signatures import REVISIONS
from storage.mongo.client import DURABLE, Database, Document, PlainDatabase
from storage.mongo.deadlines import run_in_thread
from storage.mongo.leases import LEASES, Lease

ADOPTED = "statistics_adopted"
BATCH = 1_000
_NEITHER: Document = {"uncounted": {"$exists": False}, "counted": {"$exists": False}}


class Adoption:
    """Has everything counted that was there before.

    Args:
        database: Holds everything.
        lease: Is held by whoever goes on.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        self._has_ended = False

    async def go_on(self) -> bool:
        """Have the next images folded. May be done again after a crash.

        Returns:
            Whether there are more.
        """
        if self._has_ended:
            return False
        marks = self._database[LEASES]
        if not await marks.find_one({"_id": ADOPTED}):
            await self._adopt_bytes()
        mark: Document = await marks.find_one({"_id": TAKEN_OVER}) or {}
        self._has_ended = bool(mark.get("has_ended"))
        if not self._has_ended:
            await self._take_over_after(mark.get("last_id", ""))
        return not self._has_ended

    async def _take_over_after(self, last_id: str) -> None:
        found = self._database["images"].find({"_id": {"$gt": last_id}}, {"_id": 1})
        ids = [image["_id"] async for image in found.sort("_id", 1).limit(BATCH)]
        named = {"_id": {"$in": ids}}
        counted = self._database[CONTRIBUTIONS].find(named, {"_id": 1})
        missing = {*ids} - {contribution["_id"] async for contribution in counted}
        await self._database["images"].update_many(
            {"_id": {"$in": list(missing)}}, {"$set": IS_UNCOUNTED}
        )
        self._has_ended = len(ids) < BATCH
        mark = {"has_ended": True} if self._has_ended else {"last_id": ids[-1]}
        await self._database[LEASES].update_one({"_id": TAKEN_OVER}, {"$set": mark}, upsert=True)

    async def _adopt_bytes(self) -> None:
        """Count what blobs take that nothing says of.

        Images that are older than the statistics do not say what the store grew by with them. So
        what all blobs take is added at once, less what will be said of it.
        """
        if not await self._database[REVISIONS].find_one({}):  # Nobody has folded yet.
            await self._database["images"].update_many(_NEITHER, {"$set": IS_UNCOUNTED})

        async def write(session: AsyncIOMotorClientSession) -> None:
            await run_in_thread(
                lambda: _write_missing_bytes(self._database.delegate, session.delegate)
            )

        await self._lease.run_transaction(write)


async def mark_new(database: Database) -> None:
    """Note that there is nothing to take over where there are no images yet."""
    if not await database["images"].find_one({}, {"_id": 1}):
        # A snapshot shows what a majority has: whoever asks next must find the note.
        await (
            database[LEASES]
            .with_options(write_concern=DURABLE)
            .update_one({"_id": TAKEN_OVER}, {"$set": {"has_ended": True}}, upsert=True)
        )


def _write_missing_bytes(database: PlainDatabase, session: ClientSession) -> None:
    total: Document = {"$group": {"_id": None, "bytes": {"$sum": "$length"}}}
    found = database["blobs.files"].aggregate([total], session=session)
    blobs = sum(group["bytes"] for group in found)
    statistics = database[STATISTICS]
    stored = dict(expand(statistics.find({"_id": STORED_BYTES}, session=session)))
    said = stored.get(STORED_BYTES, 0) + read_unfolded_counts(database, session)[STORED_BYTES]
    if writes := writes_of(stored, Counts({STORED_BYTES: blobs - said})):
        statistics.bulk_write(writes, session=session)
    database[LEASES].insert_one({"_id": ADOPTED}, session=session)
