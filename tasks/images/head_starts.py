"""Results of images that are being accepted: an idle worker computes them before the claim.

An upload on an idle service would wait for its transaction, its hint and its claim before its work
begins. Here the work begins at the same time. Nothing of it is seen before the image is claimed.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain.errors.base import ServiceError
from domain.images.formats import ImageFormat
from domain.images.operations import ALL_OPERATIONS
from storage.queue.head_starts import MOST_BYTES, EarlyImage
from tasks.images.image_batch import BatchItem, Outcome

MAX_SECONDS = 2.0
"""For the work. What takes longer is no small image, and is left to the worker that claims it."""
KEPT_SECONDS = 5.0
"""From the beginning of the work; by then the image is claimed, or was refused."""

Compute = Callable[[Sequence[BatchItem], float], Awaitable[list[Outcome]]]

_log = structlog.get_logger(__name__)


class HeadStarts:
    """Computes one image at a time, and keeps its results for a moment.

    Args:
        compute: Processes an image in a child, within seconds.
        is_idle: Says whether no other image needs a child.
    """

    def __init__(self, compute: Compute, is_idle: Callable[[], bool]) -> None:
        self._compute = compute
        self._is_idle = is_idle
        self._item: BatchItem | None = None
        self._computing: asyncio.Task[Outcome | None] | None = None
        self._running: set[asyncio.Task[Outcome | None]] = set()

    def begin(self, image: EarlyImage) -> None:
        """Begin to process an image, unless there is other work."""
        if self._running or not self._is_idle() or len(image.data) > MOST_BYTES:
            return
        if image.format not in set(ImageFormat) or not set(image.operations) <= {*ALL_OPERATIONS}:
            return  # Of another version.
        # The hash is computed here: the results belong to these bytes, whoever sent them.
        sha256 = hashlib.sha256(image.data).hexdigest()
        operations = tuple(sorted(image.operations))
        item = BatchItem(sha256, image.data, ImageFormat(image.format), operations)
        computing = asyncio.create_task(self._run(item))
        self._item, self._computing = item, computing
        self._running.add(computing)
        computing.add_done_callback(self._running.discard)
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, item)

    async def take(self, item: BatchItem) -> Outcome | None:
        """Take the outcome of an image, once; None if its work did not begin, or failed."""
        if self._item != item or self._computing is None:
            return None
        computing, self._item, self._computing = self._computing, None, None
        return await asyncio.shield(computing)

    async def close(self) -> None:
        """End the work."""
        for computing in list(self._running):
            computing.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _forget(self, item: BatchItem) -> None:
        if self._item is item:
            self._item = self._computing = None

    async def _run(self, item: BatchItem) -> Outcome | None:
        try:
            (outcome,) = await self._compute([item], MAX_SECONDS)
        except ServiceError as error:  # The image is tried again when it is claimed.
            _log.info("head_start_failed", reason=error.code)
            return None
        except Exception:
            _log.exception("head_start_failed")
            return None
        return outcome
