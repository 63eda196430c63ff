"""Does the work of batches in a worker: only while it holds no work of people.

Several pieces are worked on at the same time, each in groups of a few images, so that a child has
its next images while the results of others are written. Before each group a piece waits until
people are served. The children are those of batches alone: they give way to all other processes,
and stand still while people are served.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import structlog

from domain.batches import PieceResult
from domain.errors.capacity import NoChild
from sandbox.pool import ChildPool
from storage.backlog.workers import worker_name
from storage.batches.images import ChosenImage
from storage.batches.pieces import Piece
from storage.errors import STORE_FAILED
from storage.stores import Stores
from tasks.batches.people import People
from tasks.batches.work import BatchWork, Work
from tasks.images.predict_images import PredictImages
from tasks.settings import Settings

GROUP_IMAGES = 16
GROUP_BYTES = 2 * 1024 * 1024
# A piece of a worker that serves people for longer is left to others.
KEPT_SECONDS = 5.0
# Children of batches end after this time without work.
IDLE_SECONDS = 60.0
AGAIN_SECONDS = 1.0
GIVE_BACK_SECONDS = 5.0

INTERRUPTED: tuple[type[Exception], ...] = (*STORE_FAILED, NoChild)

_log = structlog.get_logger(__name__)


class BatchRunner:
    """Takes pieces of batches and works on them.

    Attributes:
        woken: To be set when there may be an open batch.

    Args:
        predict_images: Predicts images that get an embedding.
        warm_up: Imports in a child what the operations need.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        people: People,
        predict_images: PredictImages,
        warm_up: Callable[[], object],
    ) -> None:
        self.woken = asyncio.Event()
        self._stores = stores
        self._people = people
        self._warm_up = warm_up
        self._worker = worker_name()
        self._renew_seconds = settings.rules.lease_seconds / 3
        worker = settings.worker
        self._pool = ChildPool(
            worker.worker_children, settings.limits.max_child_bytes, worker.batch_niceness
        )
        self._work = BatchWork(settings, stores, self._pool, predict_images)

    async def run(self) -> None:
        """Work on batches until cancelled, which gives the pieces back."""
        is_warm = False
        try:
            while True:
                try:
                    async with asyncio.timeout(IDLE_SECONDS if is_warm else None):
                        await self.woken.wait()
                except TimeoutError:
                    await self._pool.close()
                    is_warm = False
                    continue
                self.woken.clear()
                piece = await self._take()
                if piece is None:
                    continue
                if not is_warm:
                    await self._pool.warm_up(self._warm_up)
                    is_warm = True
                await self._work_on_all(piece)
        finally:
            self._pool.stop_replacing()
            await self._pool.settle(GIVE_BACK_SECONDS)
            await self._pool.close()

    async def _take(self) -> Piece | None:
        await self._people.go()
        try:
            return await self._stores.pieces.take(self._worker)
        except STORE_FAILED as error:
            _log.warning("batch_not_reached", reason=type(error).__name__)
            return None

    async def _work_on_all(self, first: Piece) -> None:
        """Work on pieces until there is none, one more at a time than there are children."""
        giving_way = asyncio.create_task(self._give_way())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._work_on_some(first))
                for _ in range(self._pool.children):
                    group.create_task(self._work_on_some(None))
        finally:
            giving_way.cancel()
            with suppress(asyncio.CancelledError):
                await giving_way

    async def _give_way(self) -> None:
        """Stop the children while people are served; for long, they end what they have begun."""
        while True:
            await self._people.come()
            with self._pool.paused(), suppress(TimeoutError):
                async with asyncio.timeout(KEPT_SECONDS):
                    await self._people.go()
            await self._people.go()

    async def _work_on_some(self, piece: Piece | None) -> None:
        piece = piece or await self._take()
        while piece is not None:
            await self._hold(piece)
            piece = await self._take()

    async def _hold(self, piece: Piece) -> None:
        """Work on a piece, and renew its lease; an interruption gives it back."""
        working = asyncio.create_task(self._do(piece))
        try:
            while not (await asyncio.wait({working}, timeout=self._renew_seconds))[0]:
                with suppress(*STORE_FAILED):
                    if not await self._stores.pieces.renew(piece):
                        working.cancel()
            working.result()
        except asyncio.CancelledError:
            if not working.cancelled():  # The worker stops.
                working.cancel()
                await asyncio.wait({working})
                await self._give_back(piece)
                raise
            _log.info("piece_lost", batch_id=piece.batch_id)
        except INTERRUPTED as error:
            _log.warning("piece_interrupted", reason=type(error).__name__)
            await self._give_back(piece)
            await asyncio.sleep(AGAIN_SECONDS)
        except Exception:  # The lease expires, and the attempt counts.
            _log.exception("piece_failed", batch_id=piece.batch_id)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _do(self, piece: Piece) -> None:
        work = self._work.of(piece.order)
        if work is None:  # A newer worker knows the operation.
            await self._give_back(piece)
            await asyncio.sleep(AGAIN_SECONDS)
            return
        result = await self._go_through(piece, work)
        if result is None:
            await self._give_back(piece)
        else:
            await self._stores.pieces.finish(piece, result)

    async def _go_through(self, piece: Piece, work: Work) -> PieceResult | None:
        """Work on the images of a piece; None if people need this worker for longer."""
        result = PieceResult()
        for group in _groups(await self._stores.batch_images.read(piece.images)):
            if not await self._may_go_on():
                return None
            of_group = await work(piece.order, group)
            result.changed |= of_group.changed
            result.unchanged |= of_group.unchanged
            result.failed |= of_group.failed
        return result

    async def _may_go_on(self) -> bool:
        try:
            async with asyncio.timeout(KEPT_SECONDS):
                await self._people.go()
        except TimeoutError:
            return False
        return True

    async def _give_back(self, piece: Piece) -> None:
        with suppress(*STORE_FAILED):  # The lease expires.
            await self._stores.pieces.give_back(piece)


def _groups(images: Sequence[ChosenImage]) -> Iterator[list[ChosenImage]]:
    """Cut images into groups of little work; a large image is a group of its own."""
    group: list[ChosenImage] = []
    size_bytes = 0
    for image in images:
        if group and (len(group) == GROUP_IMAGES or size_bytes + image.size_bytes > GROUP_BYTES):
            yield group
            group, size_bytes = [], 0
        group.append(image)
        size_bytes += image.size_bytes
    if group:
        yield group
