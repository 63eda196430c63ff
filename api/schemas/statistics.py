"""Schemas of the statistics."""

import msgspec

from domain.statistics import DayCount, Statistics


class FormatCountView(msgspec.Struct, frozen=True):
    """A file format and its number of images."""

    format: str
    """The format: one of the capabilities."""
    count: int
    """Number of images of this format."""


class CameraCountView(msgspec.Struct, frozen=True):
    """A camera model and its number of images."""

    camera_model: str
    """The model, as the files say it."""
    count: int
    """Number of images of this model."""


class FailureCountView(msgspec.Struct, frozen=True):
    """An error code and its number of images."""

    code: str
    count: int
    """Number of images; an image with the code in several operations counts once."""


class TotalsView(msgspec.Struct, frozen=True):
    """Totals over all images."""

    images: int
    """Number of images, without deleted ones."""
    users: int
    """Number of users with at least one image."""
    bytes: int
    """Total size of all files."""
    bytes_saved: int
    """Bytes saved because equal files are stored once."""
    faces: int
    """Number of faces in all images."""


class StatisticsView(msgspec.Struct, frozen=True):
    """Totals and trends of all images at this moment, without deleted ones."""

    totals: TotalsView
    most_popular_format: FormatCountView | None
    """Null if there are no images."""
    top_camera_models: list[CameraCountView]
    """The ten models with the most images, most first."""
    tz: str
    """Time zone of the days."""
    uploads_per_day: list[DayCount]
    """The last 30 days including today, oldest first; days without uploads count 0."""
    failures: list[FailureCountView]
    """Error codes of images, most frequent first. Files that were refused at upload are not
    included."""


def view_statistics(statistics: Statistics, tz: str) -> StatisticsView:
    """Convert the statistics."""
    return StatisticsView(
        totals=TotalsView(
            images=statistics.images,
            users=statistics.users,
            bytes=statistics.bytes,
            bytes_saved=statistics.bytes - statistics.stored_bytes,
            faces=statistics.faces,
        ),
        most_popular_format=FormatCountView(*statistics.formats[0]) if statistics.formats else None,
        top_camera_models=[CameraCountView(*entry) for entry in statistics.cameras],
        tz=tz,
        uploads_per_day=statistics.days,
        failures=[FailureCountView(*entry) for entry in statistics.failures],
    )
