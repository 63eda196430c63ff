"""What the stores of bytes hold, whichever they are."""

from collections import Counter

from bson import ObjectId

from domain.ports import S3
from storage.blobs.removals import REMOVALS
from storage.blobs.stores.object_names import file_of
from storage.stores import Stores


async def list_objects(stores: Stores) -> dict[str, int]:
    """List the sizes of objects by name, without those that are noted for removal."""
    if not stores.blob_stores.has_bucket:
        return {}
    walk = stores.blob_stores.bucket.walk()
    found = {one.name: one.size_bytes async for page in walk for one in page}
    removed = await stores.database[REMOVALS].distinct("name", {"store": S3})
    return {name: size for name, size in found.items() if name not in removed}


async def read_sizes(stores: Stores) -> Counter[ObjectId]:
    """Count the stored bytes by file, without those that are noted for removal."""
    sizes: Counter[ObjectId] = Counter()
    removed = await stores.database[REMOVALS].distinct("name")
    async for chunk in stores.database["blobs.chunks"].find({"files_id": {"$nin": removed}}):
        sizes[chunk["files_id"]] += len(chunk["data"])
    for name, size_bytes in (await list_objects(stores)).items():
        sizes[file_of(name)] += size_bytes
    return sizes


async def list_stored(stores: Stores) -> list[ObjectId]:
    """List the files that have bytes, in order."""
    return sorted(await read_sizes(stores))
