"""The filters of an image search."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from domain.jobs import Status
from domain.keys import Scope


class Circle(msgspec.Struct, frozen=True):
    """A circle on the surface of the earth.

    Attributes:
        latitude: Degrees, north positive, -90 to 90.
        longitude: Degrees, east positive, -180 to 180.
        radius_meters: Along the surface.
    """

    latitude: float
    longitude: float
    radius_meters: float


class SimilarBy(StrEnum):
    """What similar images have in common."""

    FINGERPRINT = "fingerprint"
    """The coarse structure: copies, in other sizes and qualities."""
    EMBEDDING = "embedding"
    """What they show; only where learning is on."""


class Likeness(msgspec.Struct, frozen=True):
    """The near-duplicates of an image.

    Attributes:
        image_id: The image; it is not among them.
        fingerprint: Signed.
        max_distance: Most bits in which the fingerprints differ.
    """

    image_id: str
    fingerprint: int
    max_distance: int


class Predicted(msgspec.Struct, frozen=True):
    """A prediction that is searched for.

    Attributes:
        least_probability: 0 to 1.
    """

    task: str
    value: str
    least_probability: float


class ImageFilter(msgspec.Struct, frozen=True):
    """Conditions on images; all hold, and None sets no condition.

    Attributes:
        job_id: The job that uploaded them.
        taken_from: First day, by the camera's clock.
        taken_to: Last day, by the camera's clock.
        uploaded_from: First moment of the upload, UTC.
        uploaded_before: First moment after it, UTC.
        has_faces: Whether faces were found; images without face detection never match.
        min_faces: Fewest faces, 1 or more.
        marks: As stored; only images that have all of them.
        predicted: Only images that the model of a task predicts to have a value.
        anomalous: Whether the last search for anomalies found the image.
    """

    scope: Scope
    link_id: str | None = None
    job_id: str | None = None
    format: str | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    status: Status | None = None
    taken_from: date | None = None
    taken_to: date | None = None
    uploaded_from: datetime | None = None
    uploaded_before: datetime | None = None
    has_faces: bool | None = None
    min_faces: int | None = None
    near: Circle | None = None
    marks: tuple[str, ...] = ()
    predicted: Predicted | None = None
    anomalous: bool | None = None
