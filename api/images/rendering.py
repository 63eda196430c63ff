"""Renders a variant of an image; runs in a child process."""

import msgspec

from domain.errors.files import OperationFailed
from domain.images.formats import ImageFormat
from domain.images.operations import THUMBNAIL
from domain.images.sizes import read_size
from domain.images.values import Thumbnail
from domain.limits import ImageLimits
from sandbox.carried_bytes import Outlet

RENDERING_VERSION = 2
STRIPPING_VERSION = 2
STRIPPED = "original-stripped"
"""The original without its position; the pixels are the same."""


class RenderJob(msgspec.Struct, frozen=True):
    """A variant to render, from the bytes of an image."""

    variant: str
    """``grayscale``, ``faces``, ``thumbnail``, ``original-stripped``, or the name of a size."""
    data: bytes
    format: ImageFormat
    boxes: list[list[int]]
    """Faces to draw, ``[x, y, width, height]``."""
    limits: ImageLimits


class Rendered(msgspec.Struct, frozen=True):
    """An encoded variant."""

    media_type: str
    data: bytes


def load_decoders() -> None:
    """Load decoders and models, so that the first picture does not wait for them."""
    from domain.images.pipeline import warm_up  # noqa: PLC0415

    warm_up()


def render_and_send(job: RenderJob, data: bytes, outlet: Outlet) -> str:
    """Render a variant of ``data`` and send its bytes to the parent; returns its media type.

    Raises:
        FileRefused: The image cannot be decoded.
    """
    made = render(msgspec.structs.replace(job, data=data))
    outlet.send(made.data)
    return made.media_type


def render(job: RenderJob) -> Rendered:
    """Render a variant. Imports decoders here, so that only child processes load them.

    Raises:
        FileRefused: The image cannot be decoded.
    """
    from domain.images.pipeline import process_image  # noqa: PLC0415
    from domain.images.render_sizes import render_sizes  # noqa: PLC0415
    from domain.images.render_variant import Variant, render_variant  # noqa: PLC0415
    from domain.images.strip_metadata import strip_metadata  # noqa: PLC0415

    if job.variant == STRIPPED:
        return Rendered(job.format.media_type, strip_metadata(job.data, job.format))
    if read_size(job.variant) is not None:
        (made,) = render_sizes(job.data, job.format, [job.variant], job.limits)
        return Rendered(made.media_type, made.content)
    if job.variant == THUMBNAIL:
        done = process_image(job.data, job.format, (THUMBNAIL,), job.limits, lambda: None)
        thumbnail = done.results.get(THUMBNAIL)
        if not isinstance(thumbnail, Thumbnail):
            raise OperationFailed
        return Rendered("image/webp", thumbnail.content)
    drawn = render_variant(job.data, job.format, Variant(job.variant), job.boxes, job.limits)
    return Rendered(drawn.media_type, drawn.content)
