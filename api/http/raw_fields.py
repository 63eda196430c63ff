"""Parameters of the query that stand for the fields of a form where the body is a file itself.

Routes that take forms too accept them without documentation: a generated client sends a form. What
the contract says of a value is checked with the other fields, so that all errors come at once.
"""

from typing import Annotated

from litestar.openapi.spec import Example, OpenAPIType, Reference, Schema
from litestar.params import HeaderParameter, QueryParameter


def _field(name: str, description: str, example: str, max_length: int) -> QueryParameter:
    return QueryParameter(
        name=name,
        required=False,
        description=description,
        examples=[Example(value=example)],
        schema_extra={"max_length": max_length},
    )


def _hidden(name: str) -> QueryParameter:
    return QueryParameter(name=name, required=False, include_in_schema=False)


FileOperations = Annotated[
    str | None,
    _field("operations", "Comma-separated list of operations; all by default.", "faces", 1000),
]
FileUser = Annotated[
    str | None,
    _field(
        "user_id",
        "User that the image belongs to. Required with a service key, optional with an admin key. "
        "A client key has a user of its own.",
        "u1",
        128,
    ),
]
FileTenant = Annotated[
    str | None,
    _field(
        "tenant",
        "With an admin key: the tenant of the user. Other keys determine their tenant.",
        "acme",
        128,
    ),
]
FileGps = Annotated[
    str | None,
    QueryParameter(
        name="gps",
        required=False,
        description="`strip` hides where the picture was taken, as in a form.",
        examples=[Example(value="strip")],
        schema_extra={
            "one_of": [
                Reference(ref="#/components/schemas/GpsPolicy"),
                Schema(type=OpenAPIType.NULL),
            ]
        },
    ),
]
FileCallback = Annotated[
    str | None,
    _field(
        "callback_url",
        "URL that receives the event `job.finished` of this job, signed with the webhook secret "
        "of the key.",
        "https://app.example/minilab",
        2048,
    ),
]
FileExternalId = Annotated[
    str | None,
    _field("external_id", "ID in your own system, for the job and its image.", "order-1042", 255),
]
FileTags = Annotated[
    str | None,
    _field("tags", "Comma-separated tags for the job and its image.", "holiday,kitchen", 2000),
]
FileAttributes = Annotated[
    str | None,
    _field(
        "attributes",
        "JSON object of strings for the job and its image.",
        '{"room": "kitchen"}',
        16_384,
    ),
]
ContentDisposition = Annotated[
    str | None,
    HeaderParameter(
        name="Content-Disposition",
        required=False,
        description="The name of the file, as in `attachment; filename=portrait.jpg` or, encoded "
        "by RFC 8187, `attachment; filename*=UTF-8''%C3%A9t%C3%A9.jpg`.",
        examples=[Example(value="attachment; filename=portrait.jpg")],
    ),
]
RawOperations = Annotated[str | None, _hidden("operations")]
RawUser = Annotated[str | None, _hidden("user_id")]
RawTenant = Annotated[str | None, _hidden("tenant")]
RawGps = Annotated[str | None, _hidden("gps")]
RawCallback = Annotated[str | None, _hidden("callback_url")]
RawExternalId = Annotated[str | None, _hidden("external_id")]
RawTags = Annotated[str | None, _hidden("tags")]
RawAttributes = Annotated[str | None, _hidden("attributes")]


def fields_of(
    operations: str | None = None,
    user_id: str | None = None,
    tenant: str | None = None,
    gps: str | None = None,
    callback_url: str | None = None,
    external_id: str | None = None,
    tags: str | None = None,
    attributes: str | None = None,
) -> dict[str, str]:
    """Name the values that are given as a form does."""
    named = {
        "operations": operations,
        "user_id": user_id,
        "tenant": tenant,
        "gps": gps,
        "callback_url": callback_url,
        "external_id": external_id,
        "tags": tags,
        "attributes": attributes,
    }
    return {name: value for name, value in named.items() if value}
