"""The work of a batch on a group of images: one function for each kind of operation."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from domain.batches import CHECK_HASHES, MOVE_BYTES, REMOVE, BatchOrder, PieceResult
from domain.images.operations import ALL_OPERATIONS
from sandbox.pool import ChildPool
from storage.batches.images import ChosenImage
from storage.stores import Stores
from tasks.batches.check_hashes import check_hashes
from tasks.batches.compute import ComputeResults
from tasks.batches.make_sizes import MakeSizes
from tasks.batches.move_bytes import move_bytes
from tasks.images.image_processes import ImageProcesses
from tasks.images.predict_images import PredictImages
from tasks.settings import Settings

Work = Callable[[BatchOrder, Sequence[ChosenImage]], Awaitable[PieceResult]]

# A call to a child that is killed for its time is not repeated, and a child of a batch gives way to
# all other processes: it may take this much longer.
PATIENCE = 5


class BatchWork:
    """Does the operations of batches on images.

    Args:
        pool: Children that give way to those which work for people.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        pool: ChildPool,
        predict_images: PredictImages,
    ) -> None:
        worker = settings.worker
        limits = msgspec.structs.replace(
            settings.limits, max_seconds=PATIENCE * settings.limits.max_seconds
        )
        processes = ImageProcesses(pool, limits, worker.worker_group_images, worker.max_crashes)
        self._stores = stores
        self._compute = ComputeResults(stores, processes, predict_images, worker.poison_seconds)
        self._make_sizes = MakeSizes(stores, processes)

    def of(self, order: BatchOrder) -> Work | None:
        """Return the work of an order; None if this release does not know it."""
        if order.sizes:
            return self._make_sizes.run
        if order.operation in ALL_OPERATIONS:
            return self._compute.run
        works: dict[str, Work] = {
            CHECK_HASHES: self._check_hashes,
            MOVE_BYTES: self._move_bytes,
            REMOVE: self._remove,
        }
        return works.get(order.operation)

    async def _check_hashes(self, _order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
        return await check_hashes(self._stores, images)

    async def _move_bytes(self, order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
        return await move_bytes(self._stores, order.store, images)

    async def _remove(self, _order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
        """Remove images; those that were deleted or opened again meanwhile stay as they are."""
        removed, changes = await self._stores.batch_images.remove([image.id for image in images])
        await self._stores.job_events.publish_all(changes)
        return PieceResult(unchanged={image.id for image in images} - removed, changed=removed)
