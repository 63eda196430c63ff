"""Moves the bytes of images to another store."""

from collections.abc import Sequence

from domain.batches import CORRUPT_BYTES, PieceResult
from domain.records import ItemError
from storage.batches.images import ChosenImage
from storage.blobs.moving import DamagedBlob
from storage.stores import Stores


async def move_bytes(stores: Stores, store: str, images: Sequence[ChosenImage]) -> PieceResult:
    """Move the bytes of each blob once; those that are damaged stay where they are.

    Raises:
        Unavailable: The bucket is away.
    """
    result = PieceResult()
    for sha256 in dict.fromkeys(image.sha256 for image in images):
        of_blob = {image.id for image in images if image.sha256 == sha256}
        try:
            is_moved = await stores.mover.move(sha256, store)
        except DamagedBlob as error:
            result.failed |= dict.fromkeys(of_blob, ItemError(CORRUPT_BYTES, str(error)))
        else:
            (result.changed if is_moved else result.unchanged).update(of_blob)
    return result
