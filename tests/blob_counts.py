"""The books of the store: blobs, their counters, their chunks and the images that share them."""

from collections import Counter

from tests.service import Service


async def assert_counts_agree(service: Service, blobs: int, images: int) -> None:
    """Check every counter against what it counts, to the last one."""
    database = service.stores.database
    files = [file async for file in database["blobs.files"].find()]
    counted = {file["metadata"]["sha256"]: file["metadata"]["images"] for file in files}
    shared = Counter([image["sha256"] async for image in database["images"].find()])
    assert counted == dict(shared)
    assert (len(files), shared.total()) == (blobs, images)
    stored: Counter[object] = Counter()
    async for chunk in database["blobs.chunks"].find():
        stored[chunk["files_id"]] += len(chunk["data"])
    assert stored == {file["_id"]: file["length"] for file in files}
