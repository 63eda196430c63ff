"""An image as clients see it."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.jobs import FailureView, view_error
from domain.blobs import Blob
from domain.images.formats import ImageFormat
from domain.images.values import Metadata, unpack_bins
from domain.jobs import Status
from domain.records import GpsPolicy, Image
from storage.settings import WorkRules


class HistogramView(msgspec.Struct, frozen=True):
    """How often each gray level occurs in the full-size grayscale image."""

    bins: list[int]
    """256 counts, from black to white."""
    pixels: int
    """Their sum: width × height."""


class FaceView(msgspec.Struct, frozen=True):
    """A face."""

    box: list[int]
    """`[x, y, width, height]` in pixels of the upright image."""


class OperationResultView(msgspec.Struct, frozen=True):
    """How an operation on an image stands."""

    status: Status
    version: int | None
    """The version of the operation that made the result."""
    error: FailureView | None


class ImageSummaryView(msgspec.Struct, frozen=True):
    """An image in a list; null for what is not known, or not yet."""

    id: str
    user_id: str
    link_id: str | None
    """The link that it came in through; null where it was a key."""
    job_id: str
    filename: str
    format: str
    media_type: str
    bytes: int
    """Size of the file."""
    width: int | None
    """Pixels, of the upright image."""
    height: int | None
    """Pixels, of the upright image."""
    uploaded_at: datetime
    status: Status
    metadata: Metadata | None


class ListedImageView(ImageSummaryView, frozen=True):
    """An image in a list of images."""

    distance: int | UnsetType = UNSET
    """Bits of 64 in which its fingerprint differs; only in a list of near-duplicates."""


class ImageView(ImageSummaryView, frozen=True):
    """An image with all its results; null for what is not known, or not yet."""

    gps: GpsPolicy
    """`strip`: nothing that is served of it tells where it was taken."""
    duplicate_of: str | None
    error: FailureView | None
    expires_at: datetime | None
    """From then on it can go, with its results; null while it is open or where it is kept."""
    histogram: HistogramView | None
    faces: list[FaceView] | None
    fingerprint: str | None
    """64-bit perceptual hash as 16 hex digits: near-duplicates differ in few bits."""
    operations: dict[str, OperationResultView]


def view_summary(image: Image, blob: Blob | None) -> ImageSummaryView:
    """Show an image in a list."""
    facts = blob.facts if blob else {}
    return ImageSummaryView(
        id=image.id,
        user_id=image.user_id,
        link_id=image.link_id,
        job_id=image.job_id,
        filename=image.filename,
        format=image.format,
        media_type=ImageFormat(image.format).media_type,
        bytes=image.size_bytes,
        width=facts.get("width"),
        height=facts.get("height"),
        uploaded_at=image.uploaded_at,
        status=image.item.status,
        metadata=_metadata(image, result_of(image, blob, "metadata")),
    )


def view_listed(image: Image, blob: Blob | None, distance: int | None = None) -> ListedImageView:
    """Show an image in a list of images."""
    return ListedImageView(
        **msgspec.structs.asdict(view_summary(image, blob)),
        distance=UNSET if distance is None else distance,
    )


def view_image(image: Image, blob: Blob | None, rules: WorkRules) -> ImageView:
    """Show an image with all its results."""
    faces = result_of(image, blob, "faces")
    packed = result_of(image, blob, "histogram")
    return ImageView(
        **msgspec.structs.asdict(view_summary(image, blob)),
        gps=image.gps,
        duplicate_of=image.item.duplicate_of,
        error=view_error(image.item.error),
        expires_at=rules.image_expires_at(image.finished_at),
        histogram=None if packed is None else view_histogram(packed),
        faces=None if faces is None else [FaceView(box) for box in faces],
        fingerprint=result_of(image, blob, "fingerprint"),
        operations={
            name: OperationResultView(cell.status, cell.version, view_error(cell.error))
            for name, cell in image.item.cells.items()
        },
    )


def view_histogram(packed: bytes) -> HistogramView:
    """Show a histogram."""
    bins = unpack_bins(packed)
    return HistogramView(bins, sum(bins))


def result_of(image: Image, blob: Blob | None, operation: str) -> Any:
    """Give a result if this image asked for it and has it; equal bytes of others may have more."""
    cell = image.item.cells.get(operation)
    if blob is None or cell is None or cell.status is not Status.SUCCEEDED:
        return None
    return blob.results.get(operation, {}).get("value")


def _metadata(image: Image, value: dict[str, Any] | None) -> Metadata | None:
    if value is None:
        return None
    # Equal bytes share their results, and another upload of them may keep its place.
    hidden: dict[str, Any] = {"gps": None} if image.gps is GpsPolicy.STRIP else {}
    return msgspec.convert(value | hidden, Metadata)
