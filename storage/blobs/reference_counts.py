"""Blobs and the images that point at them: counted down, removed with the last one, recounted."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bson import ObjectId
from pymongo import UpdateOne

from storage.aggregates.changes import take_back_blobs
from storage.mongo.client import Client, Database, Session
from storage.mongo.transactions import run_transaction


async def release_blobs(database: Database, hashes: Iterable[str], session: Session) -> None:
    """Take images off the counts of their blobs, and remove the blobs that have none left.

    An upload of the same bytes in the same moment writes the same document: one of the two
    transactions is then done again, and sees what the other one left.

    Args:
        database: Holds everything.
        hashes: The blob of each image that goes.
        session: The transaction that removes the images.
    """
    gone = Counter(hashes)
    files = database["blobs.files"]
    await files.bulk_write(
        [
            UpdateOne({"metadata.sha256": sha256}, {"$inc": {"metadata.images": -images}})
            for sha256, images in gone.items()
        ],
        ordered=False,
        session=session,
    )
    unused = files.find(
        {"metadata.sha256": {"$in": list(gone)}, "metadata.images": {"$lte": 0}},
        {"metadata.sha256": 1},
        session=session,
    )
    blobs = {file["_id"]: file["metadata"]["sha256"] async for file in unused}
    if blobs:
        await _remove_blobs(database, blobs, session)


async def recount_blob(client: Client, database: Database, file_id: ObjectId) -> bool:
    """Set a blob's count to the images that there are, and remove it if there are none.

    Args:
        client: For the transaction.
        database: Holds everything.
        file_id: The blob.

    Returns:
        Whether the count was wrong, or the blob had no image.
    """
    files = database["blobs.files"]

    async def recount(session: Session) -> bool:
        file = await files.find_one({"_id": file_id}, session=session)
        if file is None:
            return False
        sha256 = file["metadata"]["sha256"]
        images = await database["images"].count_documents({"sha256": sha256}, session=session)
        if not images:
            await _remove_blobs(database, {file_id: sha256}, session)
        elif images != file["metadata"]["images"]:
            counted = {"$set": {"metadata.images": images}}
            await files.update_one({"_id": file_id}, counted, session=session)
        else:
            return False
        return True

    return await run_transaction(client, recount)


async def _remove_blobs(
    database: Database, blobs: Mapping[ObjectId, str], session: Session
) -> None:
    """Remove blobs, given with their hashes, and the variants that were made from them."""
    file_ids = list(blobs)
    await take_back_blobs(database, session, file_ids)
    await database["blobs.files"].delete_many({"_id": {"$in": file_ids}}, session=session)
    await database["blobs.chunks"].delete_many({"files_id": {"$in": file_ids}}, session=session)
    # Variants are named after their blob; the next letter after "/" ends the range.
    named = [{"_id": {"$gte": f"{sha256}/", "$lt": f"{sha256}0"}} for sha256 in blobs.values()]
    variants = database["variants.files"].find({"$or": named}, {"_id": 1}, session=session)
    ids = [variant["_id"] async for variant in variants]
    await database["variants.files"].delete_many({"_id": {"$in": ids}}, session=session)
    await database["variants.chunks"].delete_many({"files_id": {"$in": ids}}, session=session)
