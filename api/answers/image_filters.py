"""Query parameters of the image search."""

from datetime import date
from typing import Annotated, Any

from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.http.parameters import EXAMPLE_ID, NamedTenant, NamedUser, example
from api.schemas.images import ImageVariant
from api.schemas.views import UUID
from api.state import ApiRequest
from domain.fingerprints import MAX_DISTANCE
from domain.image_filters import (
    DEFAULT_RADIUS_METERS,
    MAX_RADIUS_METERS,
    PLACE,
    make_filter,
    read_predicted,
)
from domain.image_search import ImageFilter, Predicted, SimilarBy
from domain.images.formats import ImageFormat
from domain.jobs import Status
from domain.keys import scope_of
from domain.labels import TASK
from domain.marks import MAX_ATTRIBUTES, MAX_EXTERNAL_ID_CHARS, MAX_TAGS, wanted_marks

DEFAULT_DISTANCE = 6

_PREDICTED = rf"^{TASK}:.+\Z"
_CAMERA_CLOCK = "by the clock of the camera: photos do not record its time zone."


def _wanted(
    description: str, shown: object, name: str | None = None, **limits: Any
) -> QueryParameter:
    return QueryParameter(name=name, description=description, examples=example(shown), **limits)


Link = Annotated[
    str | None, _wanted("Uploaded through this upload link.", EXAMPLE_ID, pattern=rf"^{UUID}\Z")
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
        pattern=PLACE,
    ),
]
PredictedAs = Annotated[
    str | None,
    _wanted(
        "Predicted by the model of a task to have a value: `task:value`.",
        "flower:daisy",
        "predicted",
        pattern=_PREDICTED,
        max_length=300,
    ),
]
MinProbability = Annotated[
    float,
    _wanted("Least probability of the prediction `predicted`: 0 to 1.", 0.8, ge=0, le=1),
]
Anomalous = Annotated[
    bool | None,
    _wanted("Whether the last nightly search found the image unlike all others.", True),
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
WidthPx = Annotated[
    int | None,
    QueryParameter(
        name="width",
        required=False,
        description="Width in pixels of a smaller picture made from the original: one of the "
        "`widths` of the capabilities. It is never larger than the original.",
        examples=example(640),
    ),
]
FormatName = Annotated[
    str | None,
    QueryParameter(
        name="format",
        required=False,
        max_length=16,
        description="Format of a picture made from the original: `jpeg`, `webp` or `avif`. With "
        "`width`, it is `webp` by default; without, the picture has the size of the original.",
        examples=example("webp"),
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
By = Annotated[
    SimilarBy,
    _wanted(
        "With `similar_to`: by which result images are compared. `fingerprint` finds copies of the "
        "image, `embedding` up to `limit` images that show like things, on one page.",
        "embedding",
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
        pattern=rf"^(\d{{1,2}}\.)?{UUID}\Z",
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


def read_wanted_prediction(
    predicted: PredictedAs = None, min_probability: MinProbability = 0.0
) -> Predicted | None:
    """Read which prediction is searched for."""
    return None if predicted is None else read_predicted(predicted, min_probability)


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
    anomalous: Anomalous = None,
    *,
    prediction: NamedDependency[Predicted | None],
    marks: NamedDependency[tuple[str, ...]],
) -> ImageFilter:
    """Read the filter of a request.

    Raises:
        InvalidValue: A value does not exist, or the values contradict each other.
        Forbidden: The key has another tenant.
    """
    return make_filter(
        scope_of(request.user.within(tenant), user_id),
        link_id=link_id,
        image_format=image_format,
        camera=camera,
        camera_make=camera_make,
        image_status=image_status,
        taken=(taken_from, taken_to),
        day=day,
        uploaded=(uploaded_from, uploaded_to),
        tz=tz,
        faces=faces,
        min_faces=min_faces,
        near=near,
        radius_meters=radius,
        predicted=prediction,
        anomalous=anomalous,
        marks=marks,
    )


MARKS = {"marks": Provide(read_marks, sync_to_thread=False)}
"""The dependency of routes that search for marks."""
FILTER = MARKS | {
    "prediction": Provide(read_wanted_prediction, sync_to_thread=False),
    "wanted": Provide(read_filter, sync_to_thread=False),
}
"""The dependencies of routes that take these parameters."""
