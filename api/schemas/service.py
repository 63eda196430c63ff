"""Schemas of the capabilities and of the health routes."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.views import view_of
from api.settings import MAX_WAIT_SECONDS, Settings
from domain.images.formats import ImageFormat
from domain.images.operations import available_operations
from domain.images.sizes import PictureFormat


class FormatInfo(msgspec.Struct, frozen=True):
    """A supported file format."""

    format: str
    media_type: str


class OperationInfo(msgspec.Struct, frozen=True):
    """A supported operation. A new version computes results again."""

    name: str
    """Name of the operation, for the form field `operations`."""
    version: int
    """Version; it rises when the same file gives another result."""


class LimitsView(msgspec.Struct, frozen=True):
    """Limits of one request and of one file."""

    max_file_bytes: int
    """Maximum size of a file."""
    max_request_bytes: int
    """Maximum size of the body of a request."""
    max_files: int
    """Maximum number of files in a request."""
    max_filename_chars: int
    """Longer file names are shortened."""
    max_pixels: int
    """Maximum width × height of an image."""
    max_side_px: int
    """Maximum width and maximum height of an image."""
    max_seconds: float
    """Maximum time for all operations on an image."""
    max_wait_seconds: int
    """Maximum of `Prefer: wait`."""


class CapabilitiesView(msgspec.Struct, frozen=True):
    """The formats, operations and limits of this service."""

    formats: list[FormatInfo]
    operations: list[OperationInfo]
    limits: LimitsView
    widths: list[int]
    """Widths in pixels of the pictures that are made from images on request."""
    picture_formats: list[PictureFormat]
    """The formats of these pictures."""


class PartStatus(StrEnum):
    """The status of a part of the service."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class PartView(msgspec.Struct, frozen=True):
    """A part of the service."""

    status: PartStatus
    since: datetime
    """When the responding process first saw this status."""
    detail: str
    """What the status means for uploads and results."""
    action: str | None = None
    """What to do about it."""


class HealthView(msgspec.Struct, frozen=True):
    """The process is alive."""

    status: str
    """Always `ok`."""


class ReadinessView(msgspec.Struct, frozen=True):
    """Whether the service can process uploads."""

    status: str
    """`ready` or `not_ready`."""
    parts: dict[str, bool] | UnsetType = UNSET
    """The required parts: MongoDB accepts writes, Redis answers, a worker is alive. This and the
    following are only shown to admin keys, or as the service is configured."""
    workers: int | UnsetType = UNSET
    """The number of live workers."""
    details: dict[str, PartView] | UnsetType = UNSET
    """The status of each required part, of `disk` and `backlog` (whether uploads are accepted),
    of `webhooks` (whether they are delivered), and of `bucket` (whether large files are accepted),
    if the service keeps large files in one."""


def view_capabilities(settings: Settings) -> CapabilitiesView:
    """Make the capabilities of a service with these settings."""
    uploads, images = settings.uploads, settings.images
    return CapabilitiesView(
        formats=[FormatInfo(kind.value, kind.media_type) for kind in ImageFormat],
        operations=[
            OperationInfo(known.name, known.version)
            for known in available_operations(learning=settings.learning.learning)
        ],
        limits=view_of(
            LimitsView,
            uploads,
            max_pixels=images.max_pixels,
            max_side_px=images.max_side_px,
            max_seconds=images.max_seconds,
            max_wait_seconds=MAX_WAIT_SECONDS,
        ),
        widths=list(settings.sizes.widths),
        picture_formats=list(PictureFormat),
    )
