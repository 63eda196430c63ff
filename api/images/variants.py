"""Variants of images: rendered on demand in a child process, then stored."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial

from api.images.joined_calls import JoinedCalls
from api.images.rendering import (
    RENDERING_VERSION,
    STRIPPED,
    STRIPPING_VERSION,
    RenderJob,
    load_decoders,
    render_and_send,
)
from domain.blobs import Blob, StoredVariant
from domain.errors.access import WrongState
from domain.errors.capacity import RenderingFull
from domain.errors.files import CorruptImage
from domain.images.formats import ImageFormat
from domain.images.operations import THUMBNAIL, VERSIONS
from domain.images.sizes import SIZES_VERSION, read_size
from domain.jobs import TERMINAL, Status
from domain.limits import ImageLimits, ReadLimits
from domain.records import Image
from sandbox.pool import ChildPool
from sandbox.streams import Incoming, Outgoing
from storage.blobs.variants import variant_id
from storage.queue.fair_turns import FairTurns
from storage.stores import Stores

SMALL_BYTES = 1024 * 1024
SMALL_PIXELS = 2_000_000
# Before the worker has measured it; a few of these are large all the same.
SMALL_UNKNOWN_BYTES = 64 * 1024
# No variant has more bytes than a picture without compression.
BYTES_OF_A_PIXEL = 4


class Variants:
    """Finds variants, and renders those that are missing.

    Large pictures take turns between tenants. Where there are two children or more, one of them
    renders small pictures only, which a large one can then not delay.
    """

    def __init__(
        self, stores: Stores, pool: ChildPool, limits: ImageLimits, reads: ReadLimits
    ) -> None:
        self._stores = stores
        self._pool = pool
        self._limits = limits
        self._rendering = JoinedCalls[StoredVariant]()
        self._starting: asyncio.Task[None] | None = None
        most = reads.max_waiting_renderings
        self._large = FairTurns(max(1, pool.children - 1), most, full=RenderingFull)
        self._small = self._large
        if pool.children > 1:
            self._small = FairTurns(1, most, full=RenderingFull)

    async def get(self, image: Image, blob: Blob, variant: str) -> StoredVariant:
        """Find a variant, or render and store it, once for all requests that wait for it.

        A variant that was rendered for another tenant comes as late as if it were rendered now, or
        its time would reveal that another tenant has the picture.

        Raises:
            WrongState: The faces are not ready, or were not requested.
            FileRefused: The image cannot be decoded.
            DecodeTimedOut: Rendering took too long.
            DecoderDied: Rendering ended the child process.
            NoChild: No child process can be started now.
            RenderingFull: Too many pictures wait.
            TooManyReads: Too many pictures of this tenant wait.
        """
        boxes = _boxes(image, blob) if variant == "faces" else []
        file_id = variant_id(blob.sha256, variant, version_of(variant))
        began = time.monotonic()
        stored = await self._stores.variants.find(file_id)
        if stored is None:
            stored = await self._join(file_id, image, blob, variant, boxes)
        if not _is_own(image, variant):
            await self._serve_first(image, variant, began + stored.seconds)
        return stored

    async def _join(
        self, file_id: str, image: Image, blob: Blob, variant: str, boxes: list[list[int]]
    ) -> StoredVariant:
        self._turns(blob).join(file_id)
        job = RenderJob(variant, b"", ImageFormat(image.format), boxes, self._limits)
        return await self._rendering.run(file_id, partial(self._render, file_id, blob, job))

    def start_children(self) -> None:
        """Start all children in the background, so that no request waits for their start."""
        self._starting = asyncio.create_task(self._pool.warm_up(load_decoders))

    async def close(self) -> None:
        """Cancel all renderings."""
        self._pool.stop_replacing()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._rendering.close()

    async def _serve_first(self, image: Image, variant: str, not_before: float) -> None:
        """Serve a variant of an image for the first time, at this time of the monotonic clock."""
        name = f"{variant}/v{version_of(variant)}"
        if name in image.variants:
            return
        if not await self._stores.images.has_had_variant(image, name):
            await asyncio.sleep(not_before - time.monotonic())
        await self._stores.images.note_variant(image.id, name)

    async def _render(self, file_id: str, blob: Blob, job: RenderJob) -> StoredVariant:
        async with self._turns(blob).turn(file_id):
            # A child that is killed costs more than most pictures, so this one is finished.
            self._rendering.keep(file_id)
            stored = await self._stores.variants.find(file_id)  # By another process.
            return stored or await self._make(file_id, blob, job)

    async def _make(self, file_id: str, blob: Blob, job: RenderJob) -> StoredVariant:
        max_bytes = BYTES_OF_A_PIXEL * self._limits.max_pixels + blob.size_bytes
        writer = self._stores.variants.writer(blob.sha256, file_id, max_bytes)
        began = time.monotonic()
        try:
            media_type = await self._pool.run(
                render_and_send,
                job,
                Incoming(blob.size_bytes, self._read(blob)),
                Outgoing(writer.take),
                seconds=self._limits.max_seconds,
            )
        except BaseException:
            await writer.abandon()
            raise
        return await writer.close(media_type, time.monotonic() - began)

    async def _read(self, blob: Blob) -> AsyncIterator[bytes]:
        left = blob.size_bytes
        async for part in self._stores.blobs.stream(blob, 0, blob.size_bytes):
            left -= len(part)
            yield part
        if left:
            raise CorruptImage("The bytes of this image were deleted.")

    def _turns(self, blob: Blob) -> FairTurns:
        width, height = blob.facts.get("width"), blob.facts.get("height")
        if width and height:
            is_small = blob.size_bytes <= SMALL_BYTES and width * height <= SMALL_PIXELS
        else:
            is_small = blob.size_bytes <= SMALL_UNKNOWN_BYTES
        return self._small if is_small else self._large


def version_of(variant: str) -> int:
    """Return the current version of a variant, or of a size by its name."""
    if read_size(variant) is not None:
        return SIZES_VERSION
    own = {THUMBNAIL: VERSIONS[THUMBNAIL], STRIPPED: STRIPPING_VERSION}
    return own.get(variant, RENDERING_VERSION)


def _is_own(image: Image, variant: str) -> bool:
    """Say whether the job of an image has made a variant."""
    cell = image.item.cells.get(variant)
    return variant == THUMBNAIL and cell is not None and cell.status is Status.SUCCEEDED


def _boxes(image: Image, blob: Blob) -> list[list[int]]:
    cell = image.item.cells.get("faces")
    if cell is None:
        raise WrongState("Face detection was not requested for this image.")
    if cell.status is Status.SUCCEEDED and "faces" in blob.results:
        boxes: list[list[int]] = blob.results["faces"]["value"]
        return boxes
    if image.item.status not in TERMINAL:
        raise WrongState("The faces are not ready yet; try again when the job is done.")
    raise WrongState("There are no faces to draw: the operation failed.")
