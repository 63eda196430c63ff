"""Reads conditions on images as clients write them: in a query, or in the body of a batch."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from domain.calendar.days import end_of_day, find_zone, start_of_day
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.image_search import Circle, ImageFilter, Predicted
from domain.jobs import Status
from domain.keys import Scope

_DEGREES = r"[-+]?\d{1,3}(\.\d{1,12})?"
PLACE = rf"^{_DEGREES},{_DEGREES}\Z"
DEFAULT_RADIUS_METERS = 1_000.0
MAX_RADIUS_METERS = 1_000_000.0
Span = tuple[date | None, date | None]


def make_filter(
    scope: Scope,
    *,
    link_id: str | None = None,
    image_format: str | None = None,
    camera: str | None = None,
    camera_make: str | None = None,
    image_status: Status | None = None,
    taken: Span = (None, None),
    day: date | None = None,
    uploaded: Span = (None, None),
    tz: str = "UTC",
    faces: bool | None = None,
    min_faces: int | None = None,
    near: str | None = None,
    radius_meters: float = DEFAULT_RADIUS_METERS,
    predicted: Predicted | None = None,
    anomalous: bool | None = None,
    marks: tuple[str, ...] = (),
) -> ImageFilter:
    """Make the filter of conditions; the days of uploads, first and last, are days in a zone.

    Raises:
        InvalidValue: A value does not exist, or the values contradict each other.
    """
    zone, circle = _read_checked(tz, near, radius_meters, taken, uploaded)
    first, last = _narrow(day, *uploaded)
    return ImageFilter(
        scope=scope,
        link_id=link_id,
        format=image_format,
        camera_make=camera_make,
        camera_model=camera,
        status=image_status,
        taken_from=taken[0],
        taken_to=taken[1],
        uploaded_from=start_of_day(first, zone) if first else None,
        uploaded_before=end_of_day(last, zone) if last else None,
        has_faces=faces,
        min_faces=min_faces,
        marks=marks,
        near=circle,
        predicted=predicted,
        anomalous=anomalous,
    )


def read_predicted(text: str, least_probability: float) -> Predicted:
    """Read a prediction that is searched for: ``task:value``."""
    task, _, value = text.partition(":")
    return Predicted(task, value, least_probability)


def read_circle(near: str, radius_meters: float) -> Circle:
    """Read a circle around ``latitude,longitude`` in degrees.

    Raises:
        InvalidValue: The place does not exist.
    """
    if not re.match(PLACE, near):
        raise InvalidValue("near must be latitude,longitude in degrees, as in 48.2,16.37.", "near")
    latitude, longitude = (float(degrees) for degrees in near.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise InvalidValue(
            "A latitude is between -90 and 90, a longitude between -180 and 180.", "near"
        )
    return Circle(latitude, longitude, radius_meters)


def _read_checked(
    tz: str, near: str | None, radius_meters: float, taken: Span, uploaded: Span
) -> tuple[ZoneInfo, Circle | None]:
    """Read the zone and the circle of a search, whose spans of days are in order."""
    faults = Faults()
    with faults.of("tz"):
        zone = find_zone(tz)
    circle = _read_near(faults, near, radius_meters)
    for name, (first, last) in {"taken_from": taken, "uploaded_from": uploaded}.items():
        with faults.of(name):
            if first and last and first > last:
                raise InvalidValue(f"{name} is after the last day.")
    faults.check()
    return zone, circle


def _read_near(faults: Faults, near: str | None, radius_meters: float) -> Circle | None:
    circle = None
    with faults.of("near"):
        circle = None if near is None else read_circle(near, radius_meters)
    return circle  # noqa: RET504 -- a fault is kept, and the circle stays None


def _narrow(day: date | None, first: date | None, last: date | None) -> Span:
    """Narrow a range of days to a day."""
    return (max(day, first or day), min(day, last or day)) if day else (first, last)
