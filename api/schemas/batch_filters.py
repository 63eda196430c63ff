"""The filter of a batch."""

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec

from api.schemas.views import UUID
from domain.image_filters import (
    DEFAULT_RADIUS_METERS,
    MAX_RADIUS_METERS,
    PLACE,
    make_filter,
)
from domain.image_search import ImageFilter
from domain.images.formats import ImageFormat
from domain.jobs import Status
from domain.keys import MAX_USER_ID_CHARS, Caller, scope_of
from domain.marks import MAX_ATTRIBUTES, MAX_EXTERNAL_ID_CHARS, MAX_TAGS, wanted_marks

MAX_DAYS = 36_500
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)]


class BatchFilterView(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Selects images, as the parameters of `GET /v1/images` do; all fields must match.

    An empty filter selects all images.
    """

    user_id: Name | None = None
    """Only images of this user."""
    tenant: Name | None = None
    """Tenant of the users; without it, `user_id` names a user without a tenant."""
    link_id: Annotated[str, msgspec.Meta(pattern=rf"^{UUID}\Z")] | None = None
    """Uploaded through this upload link."""
    format: ImageFormat | None = None
    """Format of the uploaded file."""
    camera: Text | None = None
    """Model of the camera, in full."""
    camera_make: Text | None = None
    """Maker of the camera, in full."""
    status: Status | None = None
    """Status of the image."""
    taken_from: date | None = None
    """Taken on this day or later, by the clock of the camera."""
    taken_to: date | None = None
    """Taken on this day or earlier, by the clock of the camera."""
    day: date | None = None
    """Uploaded on this day, in `tz`."""
    uploaded_from: date | None = None
    """Uploaded on this day or later, in `tz`."""
    uploaded_to: date | None = None
    """Uploaded on this day or earlier, in `tz`."""
    tz: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    """IANA name of the time zone of the upload days."""
    older_than_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None
    """Uploaded at least so many days before the request."""
    faces: bool | None = None
    """Whether faces were found. Skips images without face detection."""
    min_faces: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    """Least number of faces."""
    near: Annotated[str, msgspec.Meta(pattern=PLACE)] | None = None
    """Taken within `radius_m` of this place: `latitude,longitude` in degrees."""
    radius_m: Annotated[float, msgspec.Meta(ge=1, le=MAX_RADIUS_METERS)] = DEFAULT_RADIUS_METERS
    """Radius around `near` in meters."""
    external_id: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_EXTERNAL_ID_CHARS)] | None
    ) = None
    """Only images with this ID of your own system."""
    tag: Annotated[list[str], msgspec.Meta(max_length=MAX_TAGS)] | None = None
    """Only images with all of these tags."""
    attribute: Annotated[list[str], msgspec.Meta(max_length=MAX_ATTRIBUTES)] | None = None
    """Only images with all of these attributes, each as `key:value`."""

    def read(self, caller: Caller, now: datetime) -> ImageFilter:
        """Read the filter for a caller.

        Raises:
            InvalidValue: A value does not exist, or the values contradict each other.
        """
        wanted = make_filter(
            scope_of(caller.within(self.tenant), self.user_id),
            link_id=self.link_id,
            image_format=self.format,
            camera=self.camera,
            camera_make=self.camera_make,
            image_status=self.status,
            taken=(self.taken_from, self.taken_to),
            day=self.day,
            uploaded=(self.uploaded_from, self.uploaded_to),
            tz=self.tz,
            faces=self.faces,
            min_faces=self.min_faces,
            near=self.near,
            radius_meters=self.radius_m,
            marks=wanted_marks(self.external_id, self.tag, self.attribute),
        )
        if self.older_than_days is None:
            return wanted
        before = now - timedelta(days=self.older_than_days)
        last = min(before, wanted.uploaded_before or before)
        return msgspec.structs.replace(wanted, uploaded_before=last)
