"""Checks of a bucket after faults: objects that are missing, and objects that belong to nothing."""

from domain.ports import S3
from storage.blobs.known_blobs import location_of
from storage.blobs.objects import find_orphans
from storage.blobs.stores.blob_stores import BlobStores
from storage.mongo.client import Database


async def find_cut_objects(database: Database, stores: BlobStores) -> list[str]:
    """Find blobs in the bucket with missing or surplus bytes."""
    return [
        str(file["_id"])
        async for file in database["blobs.files"].find({"metadata.store": S3})
        if await stores.bucket.find_size(location_of(file).name) != file["length"]
    ]


async def find_orphan_objects(database: Database, stores: BlobStores) -> list[str]:
    """Find objects that belong to no blob, and are not noted for removal."""
    if not stores.has_bucket:
        return []
    pages = [page async for page in stores.bucket.walk()]
    return await find_orphans(database, [found.name for page in pages for found in page])
