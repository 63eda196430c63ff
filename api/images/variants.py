"""Pictures made on demand, in a child process, and kept so that they are made once."""

import msgspec

from domain.blobs import Blob
from domain.errors.access import WrongState
from domain.errors.files import CorruptImage, OperationFailed
from domain.images.formats import ImageFormat
from domain.images.operations import THUMBNAIL, VERSIONS
from domain.images.values import Thumbnail
from domain.jobs import TERMINAL
from domain.limits import ImageLimits
from domain.records import Image
from sandbox.pool import ChildPool
from storage.blobs.variants import StoredVariant, variant_id
from storage.stores import Stores

RENDERING_VERSION = 1
STRIPPING_VERSION = 1
STRIPPED = "original-stripped"
"""The original without the place that it was taken at; its pixels are the same."""


class RenderJob(msgspec.Struct, frozen=True):
    """What a child is asked to draw.

    Attributes:
        variant: ``grayscale``, ``faces``, ``thumbnail`` or ``original-stripped``.
        data: The bytes of the image.
        format: Its format.
        boxes: Faces to draw, ``[x, y, width, height]``.
        limits: What the image may cost.
    """

    variant: str
    data: bytes
    format: ImageFormat
    boxes: list[list[int]]
    limits: ImageLimits


class Rendered(msgspec.Struct, frozen=True):
    """A picture."""

    media_type: str
    data: bytes


class Variants:
    """Finds variants, and makes those that are missing.

    Args:
        stores: Where everything is kept.
        pool: The children.
        limits: What an image may cost.
    """

    def __init__(self, stores: Stores, pool: ChildPool, limits: ImageLimits) -> None:
        self._stores = stores
        self._pool = pool
        self._limits = limits

    async def get(self, image: Image, blob: Blob, variant: str) -> StoredVariant:
        """Find a variant, or make and keep it.

        Args:
            image: The image that it is asked for.
            blob: Its blob.
            variant: ``grayscale``, ``faces``, ``thumbnail`` or ``original-stripped``.

        Raises:
            WrongState: The faces are not known yet, or were not asked for.
            FileRefused: The image cannot be decoded.
            DecodeTimedOut: It took too long.
            DecoderDied: It ended the child.
            NoChild: No child can be started now.
        """
        boxes = _boxes(image, blob) if variant == "faces" else []
        file_id = variant_id(blob.sha256, variant, version_of(variant))
        stored = await self._stores.variants.find(file_id)
        if stored is not None:
            return stored
        data = (await self._stores.results.read_bytes([blob])).get(blob.sha256)
        if data is None:
            raise CorruptImage("The bytes of this image are gone.")
        job = RenderJob(variant, data, ImageFormat(image.format), boxes, self._limits)
        # Imported by name in the child alone: this process never loads a decoder.
        rendered = await self._pool.run(render, job, seconds=self._limits.max_seconds)
        await self._stores.variants.keep(blob.sha256, file_id, rendered.media_type, rendered.data)
        return StoredVariant(file_id, rendered.media_type, len(rendered.data))


def version_of(variant: str) -> int:
    """Say which version of a variant is current."""
    own = {THUMBNAIL: VERSIONS[THUMBNAIL], STRIPPED: STRIPPING_VERSION}
    return own.get(variant, RENDERING_VERSION)


def render(job: RenderJob) -> Rendered:
    """Draw a picture. Runs in the child, which is why it imports here.

    Raises:
        FileRefused: The image cannot be decoded.
    """
    from domain.images.pipeline import process_image  # noqa: PLC0415
    from domain.images.render_variant import Variant, render_variant  # noqa: PLC0415
    from domain.images.strip_position import strip_position  # noqa: PLC0415

    if job.variant == STRIPPED:
        return Rendered(job.format.media_type, strip_position(job.data, job.format))
    if job.variant == THUMBNAIL:
        done = process_image(job.data, job.format, (THUMBNAIL,), job.limits, lambda: None)
        thumbnail = done.results.get(THUMBNAIL)
        if not isinstance(thumbnail, Thumbnail):
            raise OperationFailed
        return Rendered("image/webp", thumbnail.content)
    drawn = render_variant(job.data, job.format, Variant(job.variant), job.boxes, job.limits)
    return Rendered(drawn.media_type, drawn.content)


def _boxes(image: Image, blob: Blob) -> list[list[int]]:
    boxes: list[list[int]] | None = blob.results.get("faces", {}).get("value")
    if "faces" not in image.item.cells:
        raise WrongState("The faces of this image were not asked for.")
    if boxes is None and image.item.status not in TERMINAL:
        raise WrongState("The faces are not known yet; ask again when the job is done.")
    if boxes is None:
        raise WrongState("There are no faces to draw: the operation failed.")
    return boxes
