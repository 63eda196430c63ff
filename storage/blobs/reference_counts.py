"""Reference counts of blobs: the number of images with the same bytes."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bson import ObjectId
from pymongo import UpdateOne

from domain.ports import S3, Location
from storage.aggregates.counters import take_back_blobs
from storage.blobs.known_blobs import location_of
from storage.blobs.removals import note_removals
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction


async def release_blobs(database: Database, hashes: Iterable[str], session: Session) -> None:
    """Lower the counts of blobs, and delete those that reach zero.

    An upload of the same bytes writes the same document, so of two transactions at the same time
    one runs again and sees the effect of the other.

    ``hashes`` has the hash of each deleted image, repeated for images of the same blob.
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
        {"metadata.sha256": 1, "metadata.store": 1, "metadata.object": 1},
        session=session,
    )
    if blobs := await unused.to_list(None):
        await _remove_blobs(database, blobs, session)


async def recount_blob(client: Client, database: Database, file_id: ObjectId) -> bool:
    """Count the images of a blob again; delete it if it has none. False if the count is right."""
    files = database["blobs.files"]

    async def recount(session: Session) -> bool:
        file = await files.find_one({"_id": file_id}, session=session)
        if file is None:
            return False
        sha256 = file["metadata"]["sha256"]
        images = await database["images"].count_documents({"sha256": sha256}, session=session)
        if not images:
            await _remove_blobs(database, [file], session)
        elif images != file["metadata"]["images"]:
            counted = {"$set": {"metadata.images": images}}
            await files.update_one({"_id": file_id}, counted, session=session)
        else:
            return False
        return True

    return await run_transaction(client, recount)


async def _remove_blobs(database: Database, blobs: Sequence[Document], session: Session) -> None:
    """Delete blobs, given by their documents, and their variants; objects are removed later."""
    file_ids = [file["_id"] for file in blobs]
    places = map(location_of, blobs)
    await note_removals(database, [place for place in places if place.store == S3], session)
    await take_back_blobs(database, session, file_ids)
    await database["blobs.files"].delete_many({"_id": {"$in": file_ids}}, session=session)
    await database["blobs.chunks"].delete_many({"files_id": {"$in": file_ids}}, session=session)
    hashes = [file["metadata"]["sha256"] for file in blobs]
    # IDs of variants begin with the hash and "/"; "0" follows "/".
    named = [{"_id": {"$gte": f"{sha256}/", "$lt": f"{sha256}0"}} for sha256 in hashes]
    fields = {"_id": 1, "metadata.object": 1}
    variants = (
        await database["variants.files"].find({"$or": named}, fields, session=session).to_list()
    )
    ids = [variant["_id"] for variant in variants]
    objects = [name for one in variants if (name := one.get("metadata", {}).get("object"))]
    await note_removals(database, [Location(S3, name) for name in objects], session)
    await database["variants.files"].delete_many({"_id": {"$in": ids}}, session=session)
    await database["variants.chunks"].delete_many({"files_id": {"$in": ids}}, session=session)
