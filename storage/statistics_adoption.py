"""Takes over a database whose images are older than the statistics: once, by the first folder."""

from motor.motor_asyncio import AsyncIOMotorClientSession

from domain.statistics import STORED_BYTES, Counts
from storage.leases import Lease
from storage.mongo import IS_UNCOUNTED, UNCOUNTED, Collection, Database, Document
from storage.statistics_changes import CHANGES, add_notes
from storage.stored_counts import STATISTICS, expand, writes_of

ADOPTED = "statistics_adopted"
_NEITHER: Document = {"uncounted": {"$exists": False}, "counted": {"$exists": False}}


async def adopt(database: Database, lease: Lease) -> None:
    """Have all images counted that never were, if that was not seen to before.

    Older images do not say what the store grew by with them. So what all blobs take is added at
    once, less what the statistics say of it already.

    Args:
        database: Holds everything.
        lease: Is held.
    """
    marks = database["leases"]
    if await marks.find_one({"_id": ADOPTED}):
        return
    await database["images"].update_many(_NEITHER, {"$set": IS_UNCOUNTED})

    async def write(session: AsyncIOMotorClientSession) -> None:
        blobs = await _sum(database["blobs.files"], {}, "$length", session)
        never_counted: Document = {**IS_UNCOUNTED, "counted": {"$exists": False}}
        grew_by = await _sum(
            database["images"], never_counted, "$stored_bytes", session, hint=UNCOUNTED
        )
        notes = await database[CHANGES].find(session=session).to_list(None)
        statistics = database[STATISTICS]
        found = await statistics.find({"_id": STORED_BYTES}, session=session).to_list(None)
        stored = dict(expand(found))
        missing = blobs - grew_by - add_notes(notes)[STORED_BYTES] - stored.get(STORED_BYTES, 0)
        if writes := writes_of(stored, Counts({STORED_BYTES: missing})):
            await statistics.bulk_write(writes, session=session)
        await marks.insert_one({"_id": ADOPTED}, session=session)

    await lease.run_transaction(write)


async def _sum(
    collection: Collection,
    among: Document,
    value: str,
    session: AsyncIOMotorClientSession,
    **options: str,
) -> int:
    pipeline: list[Document] = [
        {"$match": among},
        {"$group": {"_id": None, "sum": {"$sum": value}}},
    ]
    found = await collection.aggregate(pipeline, session=session, **options).to_list(1)
    return int(found[0]["sum"]) if found else 0
