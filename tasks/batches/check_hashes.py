"""Checks that the stored bytes of images still have their hash."""

import hashlib
from collections.abc import Sequence

from domain.batches import CORRUPT_BYTES, PieceResult
from domain.records import ItemError
from storage.batches.images import ChosenImage
from storage.stores import Stores


async def check_hashes(stores: Stores, images: Sequence[ChosenImage]) -> PieceResult:
    """Read the bytes of each blob once, one chunk in memory at a time, and compare its hash."""
    hashes = list(dict.fromkeys(image.sha256 for image in images))
    blobs = await stores.blobs.find(hashes)
    result = PieceResult()
    for sha256 in hashes:
        if sha256 not in blobs:  # Its images were deleted.
            continue
        digest, size_bytes = hashlib.sha256(), 0
        async for part in stores.blobs.stream(blobs[sha256], 0, blobs[sha256].size_bytes):
            digest.update(part)
            size_bytes += len(part)
        of_blob = {image.id for image in images if image.sha256 == sha256}
        if digest.hexdigest() == sha256:
            result.unchanged |= of_blob
            continue
        lost = blobs[sha256].size_bytes - size_bytes
        detail = f"{lost} bytes are missing." if lost else "The bytes have another hash."
        result.failed |= dict.fromkeys(of_blob, ItemError(CORRUPT_BYTES, detail))
    return result
