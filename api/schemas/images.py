"""Schemas of images."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.jobs import FailureView, view_error
from api.schemas.marks import mark_fields
from api.schemas.models import PredictionView, view_predictions
from api.schemas.signed_urls import ContentUrlView
from api.schemas.views import owner_fields, view_of
from domain.blobs import Blob
from domain.images.formats import ImageFormat
from domain.images.values import BINS, DIMENSIONS, Metadata, Quality, unpack_bins
from domain.jobs import Status
from domain.records import GpsPolicy, Image
from storage.settings import WorkRules

NO_MODELS: Mapping[str, int] = MappingProxyType({})


class ImageVariant(StrEnum):
    """The original file, or a picture that is made from it."""

    ORIGINAL = "original"
    GRAYSCALE = "grayscale"
    THUMBNAIL = "thumbnail"
    FACES = "faces"


class HistogramView(msgspec.Struct, frozen=True):
    """The histogram of the full-size grayscale image: how often each gray level occurs.

    Gray is Rec. 601 luma of the stored values on white; a JPEG keeps the luma that it stores.
    """

    bins: Annotated[list[int], msgspec.Meta(min_length=BINS, max_length=BINS)]
    """256 counts, from black to white."""
    pixels: int
    """Sum of the counts: width × height."""


class FaceView(msgspec.Struct, frozen=True):
    """A detected face."""

    box: list[int]
    """`[x, y, width, height]` in pixels of the upright image."""
    score: int | None
    """Number of overlapping detections that were merged into the box, 7 or more: the higher, the
    surer. Scores of most clear faces are above 30. It is not a probability, and grows with the size
    of the face. Null for results of version 2 and earlier of the operation."""


class EmbeddingView(msgspec.Struct, frozen=True):
    """A description of what the picture shows, by which like pictures are found."""

    dimensions: int
    """Numbers of the vector, which the service keeps to itself."""


class OperationResultView(msgspec.Struct, frozen=True):
    """The status of an operation on an image."""

    status: Status
    version: int | None
    """Version of the operation that computed the result; null without a result."""
    error: FailureView | None


class ImageSummaryView(msgspec.Struct, frozen=True):
    """An image in a list. Values that are unknown, or not known yet, are null."""

    id: str
    """ID of the image."""
    user_id: str
    link_id: str | None
    """Upload link that the image was uploaded through; null if it was uploaded with a key."""
    job_id: str
    filename: str
    format: str
    media_type: str
    bytes: int
    """Size of the file in bytes."""
    width: int | None
    """Width of the upright image in pixels."""
    height: int | None
    """Height of the upright image in pixels."""
    uploaded_at: datetime
    status: Status
    warnings: list[str]
    """What was wrong with the file, by code, as in the items of a job."""
    metadata: Metadata | None
    external_id: str | None
    """ID in your own system; not unique."""
    tags: list[str]
    """Words of your own."""
    attributes: dict[str, str]
    """Values of your own, by key."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""
    content_urls: dict[str, ContentUrlView] | UnsetType = UNSET
    """URLs of pictures that work without a key, by variant; only if the request asks for them."""


class ListedImageView(ImageSummaryView, frozen=True, kw_only=True):
    """An image in a list of images."""

    predictions: dict[str, PredictionView]
    """What the live models predict, by task; images without the operation `embedding` have none."""
    distance: int | UnsetType = UNSET
    """Number of differing bits of the 64-bit fingerprint; only in a list of near-duplicates."""
    similarity: float | UnsetType = UNSET
    """How alike the embeddings are: 0, nothing in common, to 1; only in a list by embedding."""


class ImageView(ImageSummaryView, frozen=True, kw_only=True):
    """An image with its results. Values that are unknown, or not known yet, are null."""

    gps: GpsPolicy
    """`strip`: no answer and no file reveals where the image was taken."""
    duplicate_of: str | None
    error: FailureView | None
    expires_at: datetime | None
    """When the image and its results may be deleted; null while it is unfinished, or if images are
    kept forever."""
    histogram: HistogramView | None
    faces: list[FaceView] | None
    fingerprint: str | None
    """64-bit perceptual hash as 16 hex digits. Near-duplicates differ in few bits."""
    labels: dict[str, str]
    """The latest label of each task; only where learning is on."""
    quality: Quality | None
    """How sharp, noisy and well exposed the picture is; only where learning is on."""
    embedding: EmbeddingView | None
    """What the picture shows, in numbers; only where learning is on."""
    operations: dict[str, OperationResultView]
    predictions: dict[str, PredictionView]
    """What the live models predict, by task; images without the operation `embedding` have none."""


def view_summary(image: Image, blob: Blob | None) -> ImageSummaryView:
    """Convert an image for a list."""
    # The blob may have results that were computed for another owner; this image does not show them.
    has_results = any(cell.status is Status.SUCCEEDED for cell in image.item.cells.values())
    facts = blob.facts if blob and has_results else {}
    return view_of(
        ImageSummaryView,
        image,
        **owner_fields(image.user_id),
        **mark_fields(image.marks),
        media_type=ImageFormat(image.format).media_type,
        bytes=image.size_bytes,
        width=facts.get("width"),
        height=facts.get("height"),
        status=image.item.status,
        warnings=list(image.item.warnings),
        metadata=_metadata(image, result_of(image, blob, "metadata")),
        content_urls=UNSET,
    )


def view_listed(
    image: Image,
    blob: Blob | None,
    distance: int | None = None,
    content_urls: dict[str, ContentUrlView] | None = None,
    live_models: Mapping[str, int] = NO_MODELS,
) -> ListedImageView:
    """Convert an image for a list of images.

    The live models are given by task, with their versions.
    """
    return view_of(
        ListedImageView,
        view_summary(image, blob),
        predictions=view_predictions(image.predictions, live_models),
        distance=UNSET if distance is None else distance,
        similarity=UNSET,
        content_urls=UNSET if content_urls is None else content_urls,
    )


def view_image(
    image: Image,
    blob: Blob | None,
    rules: WorkRules,
    live_models: Mapping[str, int] = NO_MODELS,
) -> ImageView:
    """Convert an image with its results; the live models are given by task, with their versions."""
    packed = result_of(image, blob, "histogram")
    return view_of(
        ImageView,
        view_summary(image, blob),
        gps=image.gps,
        duplicate_of=image.item.duplicate_of,
        error=view_error(image.item.error),
        expires_at=rules.image_expires_at(image.finished_at),
        histogram=None if packed is None else view_histogram(packed),
        faces=_faces(image, blob),
        fingerprint=result_of(image, blob, "fingerprint"),
        labels=image.labels,
        quality=_quality(image, blob),
        embedding=_embedding(image, blob),
        operations={
            name: OperationResultView(cell.status, cell.version, view_error(cell.error))
            for name, cell in image.item.cells.items()
        },
        predictions=view_predictions(image.predictions, live_models),
    )


def view_histogram(packed: bytes) -> HistogramView:
    """Convert a histogram."""
    bins = unpack_bins(packed)
    return HistogramView(bins, sum(bins))


def result_of(image: Image, blob: Blob | None, operation: str) -> Any:
    """Return a result that this image requested; equal files share results, and may have others."""
    cell = image.item.cells.get(operation)
    if blob is None or cell is None or cell.status is not Status.SUCCEEDED:
        return None
    return blob.results.get(operation, {}).get("value")


def _faces(image: Image, blob: Blob | None) -> list[FaceView] | None:
    boxes = result_of(image, blob, "faces")
    if blob is None or boxes is None:
        return None
    scores = blob.results["faces"].get("scores", [None] * len(boxes))
    return [FaceView(box, score) for box, score in zip(boxes, scores, strict=True)]


def _quality(image: Image, blob: Blob | None) -> Quality | None:
    value = result_of(image, blob, "quality")
    return None if value is None else msgspec.convert(value, Quality)


def _embedding(image: Image, blob: Blob | None) -> EmbeddingView | None:
    return None if result_of(image, blob, "embedding") is None else EmbeddingView(DIMENSIONS)


def _metadata(image: Image, value: dict[str, Any] | None) -> Metadata | None:
    if value is None:
        return None
    # Equal files share their results, and another upload may keep its position.
    hidden: dict[str, Any] = {"gps": None} if image.gps is GpsPolicy.STRIP else {}
    return msgspec.convert(value | hidden, Metadata)
