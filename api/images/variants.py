"""Variants of images: rendered on demand in a child process, then stored."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from api.images.rendering import RENDERING_VERSION, STRIPPED, STRIPPING_VERSION, RenderJob, render
from domain.blobs import Blob, StoredVariant
from domain.errors.access import WrongState
from domain.errors.files import CorruptImage
from domain.images.formats import ImageFormat
from domain.images.operations import THUMBNAIL, VERSIONS
from domain.jobs import TERMINAL
from domain.limits import ImageLimits
from domain.records import Image
from sandbox.pool import ChildPool
from storage.blobs.variants import variant_id
from storage.stores import Stores

ResultT = TypeVar("ResultT")


class Variants:
    """Finds variants, and renders those that are missing."""

    def __init__(self, stores: Stores, pool: ChildPool, limits: ImageLimits) -> None:
        self._stores = stores
        self._pool = pool
        self._limits = limits
        self._rendering = JoinedCalls[StoredVariant]()

    async def get(self, image: Image, blob: Blob, variant: str) -> StoredVariant:
        """Find a variant, or render and store it, once for all requests that wait for it.

        Raises:
            WrongState: The faces are not ready, or were not requested.
            FileRefused: The image cannot be decoded.
            DecodeTimedOut: Rendering took too long.
            DecoderDied: Rendering ended the child process.
            NoChild: No child process can be started now.
        """
        boxes = _boxes(image, blob) if variant == "faces" else []
        file_id = variant_id(blob.sha256, variant, version_of(variant))
        stored = await self._stores.variants.find(file_id)
        if stored is not None:
            return stored
        render_once = partial(self._render, image, blob, variant, boxes)
        return await self._rendering.run(file_id, render_once)

    async def _render(
        self, image: Image, blob: Blob, variant: str, boxes: list[list[int]]
    ) -> StoredVariant:
        data = (await self._stores.results.read_bytes([blob])).get(blob.sha256)
        if data is None:
            raise CorruptImage("The bytes of this image were deleted.")
        job = RenderJob(variant, data, ImageFormat(image.format), boxes, self._limits)
        made = await self._pool.run(render, job, seconds=self._limits.max_seconds)
        file_id = variant_id(blob.sha256, variant, version_of(variant))
        await self._stores.variants.keep(blob.sha256, file_id, made.media_type, made.data)
        return StoredVariant(file_id, made.media_type, len(made.data))


def version_of(variant: str) -> int:
    """Return the current version of a variant."""
    own = {THUMBNAIL: VERSIONS[THUMBNAIL], STRIPPED: STRIPPING_VERSION}
    return own.get(variant, RENDERING_VERSION)


def _boxes(image: Image, blob: Blob) -> list[list[int]]:
    boxes: list[list[int]] | None = blob.results.get("faces", {}).get("value")
    if "faces" not in image.item.cells:
        raise WrongState("Face detection was not requested for this image.")
    if boxes is None and image.item.status not in TERMINAL:
        raise WrongState("The faces are not ready yet; try again when the job is done.")
    if boxes is None:
        raise WrongState("There are no faces to draw: the operation failed.")
    return boxes


@dataclass
class _Call(Generic[ResultT]):
    task: asyncio.Task[ResultT]
    waiters: int = 0


class JoinedCalls(Generic[ResultT]):
    """Gives callers that overlap under one key the result of one call.

    Source: golang.org/x/sync/singleflight.
    """

    def __init__(self) -> None:
        self._calls: dict[str, _Call[ResultT]] = {}

    async def run(self, key: str, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Join the call that is under way for a key, or start it.

        The call is cancelled when the last of its callers is. ``work``, which makes the result, is
        called for the first caller only.
        """
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = _Call(asyncio.create_task(work()))
        call.waiters += 1
        try:
            return await asyncio.shield(call.task)
        finally:
            call.waiters -= 1
            if not call.waiters:
                del self._calls[key]
                call.task.cancel()
