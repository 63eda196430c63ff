"""Reads from a query which images are wanted."""

import re
from datetime import date
from typing import Annotated

from litestar.params import QueryParameter

from api.http.parameters import NamedUser
from api.state import ApiRequest
from domain.calendar.days import end_of_day, find_zone, start_of_day
from domain.errors.requests import InvalidValue
from domain.fingerprints import MAX_DISTANCE
from domain.image_search import Circle, ImageFilter
from domain.images.formats import ImageFormat
from domain.jobs import Status
from domain.keys import scope_of

DEFAULT_DISTANCE = 6
DEFAULT_RADIUS_METERS = 1_000.0
MAX_RADIUS_METERS = 1_000_000.0

_DEGREES = r"[-+]?\d{1,3}(\.\d{1,12})?"
_PLACE = f"^{_DEGREES},{_DEGREES}$"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CAMERA_CLOCK = "by the camera's clock: photos do not tell its zone."

Link = Annotated[
    str | None,
    QueryParameter(required=False, pattern=f"^{_UUID}$", description="Came in through this link."),
]
Format = Annotated[ImageFormat | None, QueryParameter(name="format", required=False)]
Make = Annotated[
    str | None,
    QueryParameter(
        required=False, min_length=1, max_length=200, description="Maker of the camera, in full."
    ),
]
Model = Annotated[
    str | None,
    QueryParameter(
        required=False, min_length=1, max_length=200, description="Model of the camera, in full."
    ),
]
StatusWanted = Annotated[Status | None, QueryParameter(name="status", required=False)]
TakenFrom = Annotated[
    date | None,
    QueryParameter(required=False, description=f"Taken on this day or later, {_CAMERA_CLOCK}"),
]
TakenTo = Annotated[
    date | None,
    QueryParameter(required=False, description=f"Taken on this day or earlier, {_CAMERA_CLOCK}"),
]
Day = Annotated[
    date | None, QueryParameter(required=False, description="Uploaded on this day, in `tz`.")
]
UploadedFrom = Annotated[
    date | None,
    QueryParameter(required=False, description="Uploaded on this day or later, in `tz`."),
]
UploadedTo = Annotated[
    date | None,
    QueryParameter(required=False, description="Uploaded on this day or earlier, in `tz`."),
]
TimeZone = Annotated[
    str,
    QueryParameter(
        required=False,
        max_length=64,
        description="Time zone of the days of upload, as the IANA database names it.",
    ),
]
Faces = Annotated[
    bool | None,
    QueryParameter(
        required=False, description="Whether faces were found; only where they were looked for."
    ),
]
MinFaces = Annotated[
    int | None,
    QueryParameter(required=False, ge=1, le=10_000, description="Fewest faces."),
]
Near = Annotated[
    str | None,
    QueryParameter(
        required=False,
        pattern=_PLACE,
        description="Taken within `radius_m` of this place: `latitude,longitude` in degrees.",
    ),
]
Radius = Annotated[
    float,
    QueryParameter(
        name="radius_m", ge=1, le=MAX_RADIUS_METERS, description="Metres around `near`."
    ),
]
SimilarTo = Annotated[
    str | None,
    QueryParameter(
        required=False,
        max_length=64,
        description="Only near-duplicates of this image, which is not among them itself: nearest "
        "first, among equals newest first.",
    ),
]
Distance = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=MAX_DISTANCE,
        description="Most bits of 64 in which the fingerprint of a near-duplicate differs.",
    ),
]
ImageCursor = Annotated[
    str | None,
    QueryParameter(
        pattern=rf"^(\d{{1,2}}\.)?{_UUID}$",
        description="`next_cursor` of the page before.",
        required=False,
    ),
]


def read_filter(
    request: ApiRequest,
    user_id: NamedUser = None,
    link_id: Link = None,
    image_format: Format = None,
    camera: Model = None,
    camera_make: Make = None,
    image_status: StatusWanted = None,
    taken_from: TakenFrom = None,
    taken_to: TakenTo = None,
    day: Day = None,
    uploaded_from: UploadedFrom = None,
    uploaded_to: UploadedTo = None,
    tz: TimeZone = "UTC",
    faces: Faces = None,
    min_faces: MinFaces = None,
    near: Near = None,
    radius: Radius = DEFAULT_RADIUS_METERS,
) -> ImageFilter:
    """Read which images are wanted.

    Raises:
        InvalidValue: A value can be read but means nothing.
    """
    zone = find_zone(tz)
    first, last = _narrow(day, uploaded_from, uploaded_to)
    _check_order("taken_from", taken_from, taken_to)
    _check_order("uploaded_from", uploaded_from, uploaded_to)
    return ImageFilter(
        scope=scope_of(request.user, user_id),
        link_id=link_id,
        format=image_format,
        camera_make=camera_make,
        camera_model=camera,
        status=image_status,
        taken_from=taken_from,
        taken_to=taken_to,
        uploaded_from=start_of_day(first, zone) if first else None,
        uploaded_before=end_of_day(last, zone) if last else None,
        has_faces=faces,
        min_faces=min_faces,
        near=None if near is None else read_circle(near, radius),
    )


def read_circle(near: str, radius_meters: float) -> Circle:
    """Read ``latitude,longitude``, in degrees.

    Raises:
        InvalidValue: There is no such place.
    """
    if not re.fullmatch(_PLACE.strip("^$"), near):
        raise InvalidValue("near is latitude,longitude in degrees, as 48.2,16.37.")
    latitude, longitude = (float(degrees) for degrees in near.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise InvalidValue("A latitude lies between -90 and 90, a longitude between -180 and 180.")
    return Circle(latitude, longitude, radius_meters)


def read_cursor(cursor: str | None, *, with_distance: bool) -> tuple[int, str] | None:
    """Read where the page before ended.

    Args:
        cursor: ``next_cursor`` of that page.
        with_distance: Whether this is a list of near-duplicates.

    Returns:
        The distance, 0 in other lists, and the ID of its last image.

    Raises:
        InvalidValue: The cursor is of another list.
    """
    if cursor is None:
        return None
    distance, point, image_id = cursor.rpartition(".")
    if bool(point) is not with_distance:
        raise InvalidValue("This cursor belongs to another list.")
    return int(distance or 0), image_id


def write_cursor(distance: int, image_id: str) -> str:
    """Write where a page of near-duplicates ends."""
    return f"{distance}.{image_id}"


def _narrow(
    day: date | None, first: date | None, last: date | None
) -> tuple[date | None, date | None]:
    """Bring one day and a range together: both hold."""
    if day is None:
        return first, last
    return max(day, first or day), min(day, last or day)


def _check_order(name: str, first: date | None, last: date | None) -> None:
    if first and last and first > last:
        raise InvalidValue(f"{name} is later than the last day.")
