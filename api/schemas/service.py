"""What the service can do, as clients see it."""

import msgspec

from api.settings import MAX_WAIT_SECONDS, Settings
from domain.images.formats import ImageFormat
from domain.images.operations import OPERATIONS


class FormatInfo(msgspec.Struct, frozen=True):
    """A format that can be decoded."""

    format: str
    media_type: str


class OperationInfo(msgspec.Struct, frozen=True):
    """An operation; results are kept by version."""

    name: str
    version: int


class LimitsView(msgspec.Struct, frozen=True):
    """What is refused, and from where on."""

    max_file_bytes: int
    max_request_bytes: int
    max_files: int
    max_filename_chars: int
    max_pixels: int
    max_side_px: int
    max_seconds: float
    max_wait_seconds: int


class CapabilitiesView(msgspec.Struct, frozen=True):
    """What this service can do."""

    formats: list[FormatInfo]
    operations: list[OperationInfo]
    limits: LimitsView


def view_capabilities(settings: Settings) -> CapabilitiesView:
    """Show what a service with these settings can do."""
    uploads, images = settings.uploads, settings.images
    return CapabilitiesView(
        formats=[FormatInfo(kind.value, kind.media_type) for kind in ImageFormat],
        operations=[OperationInfo(known.name, known.version) for known in OPERATIONS],
        limits=LimitsView(
            max_file_bytes=uploads.max_file_bytes,
            max_request_bytes=uploads.max_request_bytes,
            max_files=uploads.max_files,
            max_filename_chars=uploads.max_filename_chars,
            max_pixels=images.max_pixels,
            max_side_px=images.max_side_px,
            max_seconds=images.max_seconds,
            max_wait_seconds=MAX_WAIT_SECONDS,
        ),
    )
