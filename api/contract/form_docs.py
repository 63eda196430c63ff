"""Documentation of uploads, whose bodies the handlers read as streams."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from litestar.openapi.spec import (
    Example,
    OpenAPIFormat,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)
from litestar.status_codes import HTTP_202_ACCEPTED

from api.contract.route_docs import TICKET_HEADERS, problems
from api.http.parameters import EXAMPLE_ID


def _header(description: str, example: str) -> OpenAPIHeader:
    schema = Schema(type=OpenAPIType.STRING, examples=[example])
    return OpenAPIHeader(description=description, schema=schema)


def _text(description: str, shown: str, max_length: int | None = None) -> Schema:
    return Schema(
        type=OpenAPIType.STRING, max_length=max_length, description=description, examples=[shown]
    )


# OpenAPI 3.1 uses the media type; most generators still read the format of 3.0.
BINARY = Schema(
    type=OpenAPIType.STRING,
    format=OpenAPIFormat.BINARY,
    content_media_type="application/octet-stream",
)
UPLOAD_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    required=["files"],
    properties={
        "files": Schema(
            type=OpenAPIType.ARRAY,
            items=BINARY,
            # Without a minimum of items, whose check does not compile in Go.
            description="The files, at least one. Any field name is accepted.",
        ),
        "operations": _text(
            "Comma-separated list of operations; all of the capabilities by default.",
            "metadata,faces",
        ),
        "user_id": _text(
            "User that the images belong to. Required with a service key, optional with an admin "
            "key. A client key has a user of its own.",
            "u1",
            max_length=128,
        ),
        "tenant": _text(
            "With an admin key: the tenant of the user. Other keys determine their tenant.",
            "acme",
            max_length=128,
        ),
        "gps": Reference(
            ref="#/components/schemas/GpsPolicy",
            description="`strip` hides where a picture was taken. The image's metadata have no "
            "position, and the file that is served keeps its pixels, orientation and colour "
            "profile; all other metadata are removed from it, as are thumbnails and anything "
            "behind the picture. `keep` changes nothing. The default is a setting of the service.",
        ),
        "external_id": _text(
            "ID in your own system, for the job and its images. Not unique: send an "
            "`Idempotency-Key` to upload once.",
            "order-1042",
            max_length=255,
        ),
        "tags": _text(
            "Comma-separated tags for the job and its images, 20 at most, of 64 characters at "
            "most. The field may be repeated.",
            "holiday,kitchen",
        ),
        "attributes": _text(
            'JSON object of strings for the job and its images, such as `{"room": "kitchen"}`: '
            "50 keys at most, of 40 letters, digits, dots, hyphens and underscores at most; values "
            "of 500 characters at most.",
            '{"room": "kitchen"}',
        ),
        "callback_url": _text(
            "URL that receives the event `job.finished` of this job, signed with the webhook "
            "secret of the key.",
            "https://app.example.com/hooks/minilab",
            max_length=2048,
        ),
    },
)
OF_BOTH = ("user_id", "tenant", "gps", "external_id", "callback_url")
_SHARED = UPLOAD_SCHEMA.properties or {}
URL_UPLOAD_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    required=["urls"],
    additional_properties=False,
    properties={
        "urls": Schema(
            type=OpenAPIType.ARRAY,
            items=_text(
                "URL of a file, which begins with `https://`.",
                "https://images.example/2026/summer.jpg",
                max_length=2048,
            ),
            min_items=1,
            examples=[["https://images.example/2026/summer.jpg"]],
            description="The URLs, without a user name or a password. They are kept until their "
            "files are fetched, and are shown nowhere.",
        ),
        "operations": Schema(
            type=OpenAPIType.ARRAY,
            items=_text("Name of an operation.", "faces"),
            examples=[["faces", "metadata"]],
            description="Names of operations; all by default.",
        ),
        "tags": Schema(
            type=OpenAPIType.ARRAY,
            items=_text("A tag, without a comma.", "holiday", max_length=64),
            max_items=20,
            examples=[["holiday", "kitchen"]],
            description="Tags for the job and its images.",
        ),
        "attributes": Schema(
            type=OpenAPIType.OBJECT,
            additional_properties=_text("A value.", "kitchen", max_length=500),
            examples=[{"room": "kitchen"}],
            description="Strings by name, for the job and its images, such as "
            '`{"room": "kitchen"}`: 50 keys at most.',
        ),
        **{name: _SHARED[name] for name in OF_BOTH},
    },
)
_OF_URLS = URL_UPLOAD_SCHEMA.properties or {}
REFERENCING_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    required=["uploads"],
    additional_properties=False,
    properties={
        "uploads": Schema(
            type=OpenAPIType.ARRAY,
            items=_text("ID of a finished resumable upload.", EXAMPLE_ID, max_length=64),
            min_items=1,
            examples=[[EXAMPLE_ID]],
            description="IDs of finished resumable uploads: the last parts of their URLs. The job "
            "uses them up.",
        ),
        **{name: schema for name, schema in _OF_URLS.items() if name != "urls"},
    },
)
OF_KEYS = ("user_id", "tenant", "external_id", "tags", "attributes", "callback_url")
_FIELDS = (UPLOAD_SCHEMA.properties or {}).items()
LINK_UPLOAD_SCHEMA = replace(
    UPLOAD_SCHEMA, properties={name: field for name, field in _FIELDS if name not in OF_KEYS}
)
_OF_REFERENCES = REFERENCING_SCHEMA.properties or {}
LINK_REFERENCING_SCHEMA = replace(
    REFERENCING_SCHEMA,
    properties={name: field for name, field in _OF_REFERENCES.items() if name not in OF_KEYS},
)

TENANT_HEADERS = {
    "RateLimit-Policy": _header(
        "Limits of this user: at most `q` of the unit `qu` at once, replenished within `w` "
        "seconds. Admin keys have no limits.",
        '"requests";q=5000;qu="requests";w=5',
    ),
    "RateLimit": _header(
        "What remains of the limits: `r` can be sent now. `t` is the time in seconds until the "
        "limit is full again, or, if nothing remains, until something can be sent.",
        '"requests";r=4711;t=1',
    ),
}
QUOTA_HEADERS = {
    "Stored-Bytes": _header(
        "With a quota: bytes that are stored of it now, and the limit.", "52428800;limit=1073741824"
    ),
}
WAIT_HEADERS = {
    "Retry-After": _header("Seconds to wait before sending the same request again.", "3")
}
LIMIT_HEADERS = {
    "200": TENANT_HEADERS | QUOTA_HEADERS,
    "202": TENANT_HEADERS | QUOTA_HEADERS,
    "413": QUOTA_HEADERS,
    "429": TENANT_HEADERS | WAIT_HEADERS,
    "503": TENANT_HEADERS | WAIT_HEADERS,
}

REFUSALS = {
    "413": "The request is too large, or `quota_exceeded`: its files do not fit into the quota of "
    "stored bytes of the key's tenant or user.",
    "429": "A limit of this user: `rate_limited` (requests, files or bytes) or "
    "`too_many_in_flight` (unfinished images or concurrent uploads). The body is not read.",
    "503": "The service accepts no uploads right now: `backlog_full`, `storage_full` or "
    "`too_many_uploads` (the body is not read), or `unavailable`.",
}


@dataclass
class UploadOperation(Operation):
    """An operation that accepts files."""

    schema: ClassVar[Schema] = UPLOAD_SCHEMA

    def __post_init__(self) -> None:
        """Add the body, and the headers of limits, to the operation."""
        self.request_body = RequestBody(required=True, content=self.describe_body())
        for status, response in (self.responses or {}).items():
            if isinstance(response, OpenAPIResponse):
                headers = LIMIT_HEADERS.get(status, {})
                response.headers = {**(response.headers or {}), **headers}
                response.description = REFUSALS.get(status, response.description)

    def describe_body(self) -> dict[str, OpenAPIMediaType]:
        """Describe the body: one media type, of which every generator makes a call."""
        summary, value = "One portrait, all operations", {"files": ["portrait.jpg"]}
        example = Example(summary=summary, value=value)
        return {
            "multipart/form-data": OpenAPIMediaType(
                schema=self.schema, examples={"portrait": example}
            )
        }


@dataclass
class FileUploadOperation(UploadOperation):
    """An operation whose body is a file."""

    def describe_body(self) -> dict[str, OpenAPIMediaType]:
        """Describe the body."""
        example = Example(summary="A picture", value="the bytes of portrait.jpg")
        media_type = OpenAPIMediaType(schema=BINARY, examples={"portrait": example})
        return {"application/octet-stream": media_type}


@dataclass
class UrlUploadOperation(UploadOperation):
    """An operation whose body names the URLs of files."""

    def describe_body(self) -> dict[str, OpenAPIMediaType]:
        """Describe the body."""
        return {"application/json": OpenAPIMediaType(schema=URL_UPLOAD_SCHEMA)}


@dataclass
class ReferencingUploadOperation(UploadOperation):
    """An operation whose body names resumable uploads."""

    schema: ClassVar[Schema] = REFERENCING_SCHEMA

    def describe_body(self) -> dict[str, OpenAPIMediaType]:
        """Describe the body."""
        return {"application/json": OpenAPIMediaType(schema=self.schema)}


@dataclass
class LinkReferencingOperation(ReferencingUploadOperation):
    """The same through a link, which determines the user."""

    schema: ClassVar[Schema] = LINK_REFERENCING_SCHEMA


@dataclass
class LinkUploadOperation(UploadOperation):
    """An operation that accepts files through a link, which determines their user."""

    schema: ClassVar[Schema] = LINK_UPLOAD_SCHEMA


UPLOAD_ROUTE: dict[str, Any] = {
    "status_code": HTTP_202_ACCEPTED,
    "request_max_body_size": None,
    "response_headers": TICKET_HEADERS,
}
UPLOAD_PROBLEMS = problems(400, 403, 408, 409, 410, 413, 415, 429)
