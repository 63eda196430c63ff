"""Schema of an image for the person who uploaded it through a link."""

from datetime import datetime

import msgspec

from api.schemas.images import FaceView, HistogramView
from api.schemas.signed_urls import ContentUrlView
from domain.images.values import Metadata
from domain.jobs import Status


class LinkImageView(msgspec.Struct, frozen=True):
    """An image with its results, for its uploader. What is unknown, or not known yet, is null."""

    id: str
    """ID of the image."""
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
    histogram: HistogramView | None
    faces: list[FaceView] | None
    content_urls: dict[str, ContentUrlView]
    """URLs of the `thumbnail` and of the picture with the `faces` in boxes; they need no key."""
