"""A blob and the images that point at it: counted down, removed with the last one, recounted."""

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReturnDocument

from storage.mongo import Client, Database, Document, run_transaction


async def release_blob(database: Database, sha256: str, session: AsyncIOMotorClientSession) -> None:
    """Take one image off a blob's count, and remove the blob if it was the last one.

    Args:
        database: Holds everything.
        sha256: The blob.
        session: The transaction that removes the image.
    """
    file: Document | None = await database["blobs.files"].find_one_and_update(
        {"metadata.sha256": sha256},
        {"$inc": {"metadata.images": -1}},
        projection={"metadata.images": 1},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    if file is not None and file["metadata"]["images"] <= 0:
        await _remove_blob(database, file["_id"], sha256, session)


async def recount_blob(client: Client, database: Database, file_id: ObjectId) -> bool:
    """Set a blob's count to the images that there are, and remove it if there are none.

    An upload of the same bytes in the same moment writes the same document: one of the two
    transactions is then done again, and sees what the other one left.

    Args:
        client: For the transaction.
        database: Holds everything.
        file_id: The blob.

    Returns:
        Whether the count was wrong, or the blob had no image.
    """
    files = database["blobs.files"]

    async def recount(session: AsyncIOMotorClientSession) -> bool:
        file = await files.find_one({"_id": file_id}, session=session)
        if file is None:
            return False
        sha256 = file["metadata"]["sha256"]
        images = await database["images"].count_documents({"sha256": sha256}, session=session)
        if not images:
            await _remove_blob(database, file_id, sha256, session)
        elif images != file["metadata"]["images"]:
            counted = {"$set": {"metadata.images": images}}
            await files.update_one({"_id": file_id}, counted, session=session)
        else:
            return False
        return True

    return await run_transaction(client, recount)


async def _remove_blob(
    database: Database, file_id: ObjectId, sha256: str, session: AsyncIOMotorClientSession
) -> None:
    await database["blobs.files"].delete_one({"_id": file_id}, session=session)
    await database["blobs.chunks"].delete_many({"files_id": file_id}, session=session)
    # Variants are named after their blob; the next letter after "/" ends the range.
    named = {"_id": {"$gte": f"{sha256}/", "$lt": f"{sha256}0"}}
    variants = database["variants.files"].find(named, {"_id": 1}, session=session)
    ids = [variant["_id"] async for variant in variants]
    await database["variants.files"].delete_many({"_id": {"$in": ids}}, session=session)
    await database["variants.chunks"].delete_many({"files_id": {"$in": ids}}, session=session)
