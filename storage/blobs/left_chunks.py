"""Removes the chunks that a blob has left in GridFS when its bytes moved to the bucket.

Chunks are named by the file, so bytes that move back get the same names. The removal and the switch
back write the same document, each in a transaction: one of them sees what the other has done.
"""

from bson import ObjectId

from domain.ports import S3
from storage.mongo.client import Client, Database, Session
from storage.mongo.transactions import run_transaction


async def remove_left_chunks(client: Client, database: Database, file_id: ObjectId) -> int:
    """Remove the chunks of a file unless its bytes are in GridFS; return their number."""

    async def remove(session: Session) -> int:
        files = database["blobs.files"]
        marked = await files.update_one(
            {"_id": file_id, "metadata.store": S3},
            {"$currentDate": {"metadata.chunks_removed_at": True}},
            session=session,
        )
        if not marked.matched_count and await files.find_one({"_id": file_id}, session=session):
            return 0
        removed = await database["blobs.chunks"].delete_many({"files_id": file_id}, session=session)
        return removed.deleted_count

    return await run_transaction(client, remove)


async def count_bytes(database: Database, file_id: ObjectId, session: Session) -> int:
    """Count the bytes of the chunks of a file within a transaction."""
    size = {"$sum": {"$binarySize": "$data"}}
    found = database["blobs.chunks"].aggregate(
        [{"$match": {"files_id": file_id}}, {"$group": {"_id": None, "bytes": size}}],
        session=session,
    )
    return sum([int(group["bytes"]) async for group in found])
