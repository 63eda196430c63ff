"""Query parameters of the image search."""

import re
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.http.parameters import EXAMPLE_ID, NamedTenant, NamedUser, example
from api.schemas.images import ImageVariant
from api.state import ApiRequest
from domain.calendar.days import end_of_day, find_zone, start_of_day
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.fingerprints import MAX_DISTANCE
from domain.image_search import Circle, ImageFilter
from domain.images.formats import ImageFormat
from domain.jobs import Status
from domain.keys import scope_of
from domain.marks import MAX_ATTRIBUTES, MAX_EXTERNAL_ID_CHARS, MAX_TAGS, wanted_marks

DEFAULT_DISTANCE = 6
DEFAULT_RADIUS_METERS = 1_000.0
MAX_RADIUS_METERS = 1_000_000.0

_DEGREES = r"[-+]?\d{1,3}(\.\d{1,12})?"
_PLACE = rf"^{_DEGREES},{_DEGREES}\Z"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CAMERA_CLOCK = "by the clock of the camera: photos do not record its time zone."


def _wanted(
    description: str, shown: object, name: str | None = None, **limits: Any
) -> QueryParameter:
    return QueryParameter(name=name, description=description, examples=example(shown), **limits)


Link = Annotated[
    str | None, _wanted("Uploaded through this upload link.", EXAMPLE_ID, pattern=rf"^{_UUID}\Z")
]
Format = Annotated[ImageFormat | None, _wanted("Format of the uploaded file.", "jpeg", "format")]
Make = Annotated[
    str | None,
    _wanted("Maker of the camera, in full.", "NIKON CORPORATION", min_length=1, max_length=200),
]
Model = Annotated[
    str | None,
    _wanted("Model of the camera, in full.", "NIKON D90", min_length=1, max_length=200),
]
StatusWanted = Annotated[Status | None, _wanted("Status of the image.", "succeeded", "status")]
TakenFrom = Annotated[
    date | None, _wanted(f"Taken on this day or later, {_CAMERA_CLOCK}", "2026-11-01")
]
TakenTo = Annotated[
    date | None, _wanted(f"Taken on this day or earlier, {_CAMERA_CLOCK}", "2026-11-30")
]
Day = Annotated[date | None, _wanted("Uploaded on this day, in `tz`.", "2026-11-21")]
UploadedFrom = Annotated[
    date | None, _wanted("Uploaded on this day or later, in `tz`.", "2026-11-01")
]
UploadedTo = Annotated[
    date | None, _wanted("Uploaded on this day or earlier, in `tz`.", "2026-11-30")
]
TimeZone = Annotated[
    str,
    _wanted("IANA name of the time zone of the upload days.", "Europe/Vienna", max_length=64),
]
Faces = Annotated[
    bool | None, _wanted("Whether faces were found. Skips images without face detection.", True)
]
MinFaces = Annotated[int | None, _wanted("Least number of faces: 1 to 10,000.", 2, ge=1, le=10_000)]
Near = Annotated[
    str | None,
    _wanted(
        "Taken within `radius_m` of this place: `latitude,longitude` in degrees.",
        "48.2085,16.3721",
        pattern=_PLACE,
    ),
]
Radius = Annotated[
    float,
    _wanted(
        "Radius around `near` in meters: 1 to 1,000,000.",
        500,
        "radius_m",
        ge=1,
        le=MAX_RADIUS_METERS,
    ),
]
ExternalId = Annotated[
    str | None,
    QueryParameter(
        name="external_id",
        required=False,
        min_length=1,
        max_length=MAX_EXTERNAL_ID_CHARS,
        description="Only what has this ID in your own system.",
        examples=[Example(value="order-1042")],
    ),
]
Tags = Annotated[
    list[str] | None,
    QueryParameter(
        name="tag",
        required=False,
        max_items=MAX_TAGS,
        description="Only what has this tag. Repeat it for several: all must match.",
        examples=[Example(value=["holiday"])],
    ),
]
Attributes = Annotated[
    list[str] | None,
    QueryParameter(
        name="attribute",
        required=False,
        max_items=MAX_ATTRIBUTES,
        description="Only what has this value of an attribute, as `key:value`. Repeat it for "
        "several: all must match.",
        examples=[Example(value=["room:kitchen"])],
    ),
]
VariantName = Annotated[
    ImageVariant,
    QueryParameter(
        required=False,
        description="The original file, or the picture that is made from it: `grayscale`, "
        "`thumbnail` (fits into 512 × 512 pixels, WebP) or `faces` (with their boxes).",
        examples=example("thumbnail"),
    ),
]
SimilarTo = Annotated[
    str | None,
    _wanted(
        "List near-duplicates of this image, without the image itself: most similar first, "
        "equally similar ones newest first.",
        EXAMPLE_ID,
        max_length=64,
    ),
]
Distance = Annotated[
    int,
    _wanted(
        f"Most bits of 64 in which the fingerprint of a near-duplicate may differ: 0 to "
        f"{MAX_DISTANCE}.",
        4,
        ge=0,
        le=MAX_DISTANCE,
    ),
]
ImageCursor = Annotated[
    str | None,
    _wanted(
        "`next_cursor` of the previous page; without it, the first page.",
        EXAMPLE_ID,
        pattern=rf"^(\d{{1,2}}\.)?{_UUID}\Z",
    ),
]


def read_marks(
    external_id: ExternalId = None, tag: Tags = None, attribute: Attributes = None
) -> tuple[str, ...]:
    """Read which marks are searched for.

    Raises:
        InvalidValue: An attribute is not ``key:value``.
    """
    return wanted_marks(external_id, tag, attribute)


def read_filter(
    request: ApiRequest,
    user_id: NamedUser = None,
    tenant: NamedTenant = None,
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
    *,
    marks: NamedDependency[tuple[str, ...]],
) -> ImageFilter:
    """Read the filter of a request.

    Raises:
        InvalidValue: A value does not exist, or the values contradict each other.
        Forbidden: The key has another tenant.
    """
    spans = (taken_from, taken_to), (uploaded_from, uploaded_to)
    zone, circle = _read_checked(tz, near, radius, *spans)
    first, last = _narrow(day, uploaded_from, uploaded_to)
    return ImageFilter(
        scope=scope_of(request.user.within(tenant), user_id),
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
        marks=marks,
        near=circle,
    )


MARKS = {"marks": Provide(read_marks, sync_to_thread=False)}
"""The dependency of routes that search for marks."""
FILTER = MARKS | {"wanted": Provide(read_filter, sync_to_thread=False)}
"""The dependencies of routes that take these parameters."""


def read_circle(near: str, radius_meters: float) -> Circle:
    """Read a circle around ``latitude,longitude`` in degrees.

    Raises:
        InvalidValue: The place does not exist.
    """
    if not re.match(_PLACE, near):
        raise InvalidValue("near must be latitude,longitude in degrees, as in 48.2,16.37.", "near")
    latitude, longitude = (float(degrees) for degrees in near.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise InvalidValue(
            "A latitude is between -90 and 90, a longitude between -180 and 180.", "near"
        )
    return Circle(latitude, longitude, radius_meters)


def _read_near(faults: Faults, near: str | None, radius_meters: float) -> Circle | None:
    circle = None
    with faults.of("near"):
        circle = None if near is None else read_circle(near, radius_meters)
    return circle  # noqa: RET504 -- a fault is kept, and the circle stays None


def _narrow(day: date | None, first: date | None, last: date | None) -> tuple[date | None, ...]:
    """Narrow a range of days to a day."""
    return (max(day, first or day), min(day, last or day)) if day else (first, last)


def _read_checked(
    tz: str, near: str | None, radius: float, *spans: tuple[date | None, ...]
) -> tuple[ZoneInfo, Circle | None]:
    """Read the zone and the circle of a search, whose spans of days are in order."""
    faults = Faults()
    with faults.of("tz"):
        zone = find_zone(tz)
    circle = _read_near(faults, near, radius)
    _check_orders(faults, *spans)
    faults.check()
    return zone, circle


def _check_orders(
    faults: Faults, taken: tuple[date | None, ...], uploaded: tuple[date | None, ...]
) -> None:
    for name, (first, last) in {"taken_from": taken, "uploaded_from": uploaded}.items():
        with faults.of(name):
            if first and last and first > last:
                raise InvalidValue(f"{name} is after the last day.")
