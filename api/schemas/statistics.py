"""The statistics as clients see them."""

import datetime

import msgspec

from domain.statistics import Statistics


class FormatCountView(msgspec.Struct, frozen=True):
    """A format and how many images came in it."""

    format: str
    count: int


class CameraCountView(msgspec.Struct, frozen=True):
    """A camera model and how many images it took."""

    camera_model: str
    count: int


class FailureCountView(msgspec.Struct, frozen=True):
    """A code of an error and how many images ended with it."""

    code: str
    count: int
    """Images; one that has the code in several cells counts once."""


class DayCountView(msgspec.Struct, frozen=True):
    """A day and how many images were uploaded on it."""

    date: datetime.date
    count: int


class TotalsView(msgspec.Struct, frozen=True):
    """Sums over all images that there are."""

    images: int
    users: int
    """Users who have an image."""
    bytes: int
    """Sizes of all files together."""
    bytes_saved: int
    """What of these takes no room because equal files are stored once."""
    faces: int


class StatisticsView(msgspec.Struct, frozen=True):
    """What there is, at this moment; what was deleted is in no count."""

    totals: TotalsView
    most_popular_format: FormatCountView | None
    """Null where there is no image."""
    top_camera_models: list[CameraCountView]
    """The ten that took most images, most first."""
    tz: str
    """Time zone of the days."""
    uploads_per_day: list[DayCountView]
    """30 days up to today, oldest first, those without uploads too."""
    failures: list[FailureCountView]
    """Most first. Files that were refused at the door are no images, and not among them."""


def view_statistics(statistics: Statistics, tz: str) -> StatisticsView:
    """Show the statistics."""
    return StatisticsView(
        totals=TotalsView(
            images=statistics.images,
            users=statistics.users,
            bytes=statistics.bytes,
            bytes_saved=statistics.bytes - statistics.stored_bytes,
            faces=statistics.faces,
        ),
        most_popular_format=(
            FormatCountView(*statistics.formats[0]) if statistics.formats else None
        ),
        top_camera_models=[CameraCountView(*entry) for entry in statistics.cameras],
        tz=tz,
        uploads_per_day=[DayCountView(day.date, day.count) for day in statistics.days],
        failures=[FailureCountView(*entry) for entry in statistics.failures],
    )
