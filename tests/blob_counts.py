"""The books of the store: blobs, their counters, their chunks and the images that share them."""

from collections import Counter

from tests.service import Service
from tests.stored_files import read_sizes
from tests.waiting import until


async def assert_counts_agree(service: Service, blobs: int, images: int) -> None:
    """Check every counter against what it counts, to the last one."""
    database = service.stores.database
    files = [file async for file in database["blobs.files"].find()]
    counted = {file["metadata"]["sha256"]: file["metadata"]["images"] for file in files}
    shared = Counter([image["sha256"] async for image in database["images"].find()])
    assert counted == dict(shared)
    assert (len(files), shared.total()) == (blobs, images)
    lengths = {file["_id"]: file["length"] for file in files}

    async def no_other_bytes_are_left() -> bool:
        return await read_sizes(service.stores) == lengths

    await until(no_other_bytes_are_left)  # An upload is answered before its copy is removed.
