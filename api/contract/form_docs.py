"""How uploads are documented: the handlers read the stream themselves."""

from dataclasses import dataclass, replace
from typing import ClassVar

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


def _header(description: str, example: str) -> OpenAPIHeader:
    schema = Schema(type=OpenAPIType.STRING, examples=[example])
    return OpenAPIHeader(description=description, schema=schema)


# OpenAPI 3.1 says it by the media type, and most generators still read the format of 3.0.
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
            min_items=1,
            description="Any number of files. Other field names do as well.",
        ),
        "operations": Schema(
            type=OpenAPIType.STRING,
            description="Comma list of operations; all where it is left out.",
        ),
        "user_id": Schema(
            type=OpenAPIType.STRING,
            max_length=128,
            description="Whose images these are: required with a service key, free with an "
            "admin key, the key's own with a client key.",
        ),
        "gps": Reference(
            ref="#/components/schemas/GpsPolicy",
            description="`strip` hides where a picture was taken. The image's metadata have no "
            "position, and the file that is served keeps its pixels, orientation and colour "
            "profile; all other metadata are removed from it, as are thumbnails and anything "
            "behind the picture. `keep` changes nothing. The default is a setting of the service.",
        ),
        "callback_url": Schema(
            type=OpenAPIType.STRING,
            max_length=2048,
            description="Is sent the event `job.finished` of this job, signed with the webhook "
            "secret of the key. With a key only, not through a link.",
        ),
    },
)


OF_KEYS = ("user_id", "callback_url")
LINK_UPLOAD_SCHEMA = replace(
    UPLOAD_SCHEMA,
    properties={
        name: schema
        for name, schema in (UPLOAD_SCHEMA.properties or {}).items()
        if name not in OF_KEYS
    },
)

TENANT_HEADERS = {
    "RateLimit-Policy": _header(
        "Limits of this key: `q` at once, of the unit `qu`, again in `w` seconds. "
        "Admin keys have none.",
        '"requests";q=5000;qu="requests";w=5',
    ),
    "RateLimit": _header(
        "What is left: `r` can be sent now; in `t` seconds all can, or, where nothing is left, "
        "something.",
        '"requests";r=4711;t=1',
    ),
}
WAIT_HEADERS = {
    "Retry-After": _header("Seconds after which the same request may be sent again.", "3")
}
LIMIT_HEADERS = {
    "200": TENANT_HEADERS,
    "202": TENANT_HEADERS,
    "429": TENANT_HEADERS | WAIT_HEADERS,
    "503": TENANT_HEADERS | WAIT_HEADERS,
}

REFUSALS = {
    "429": "A limit of this key: `rate_limited` (requests, files or bytes), "
    "`too_many_in_flight` (images that are not done, uploads at the same time). "
    "Answered before the body is read.",
    "503": "Nobody's uploads are taken in now: `backlog_full`, `storage_full`, "
    "`too_many_uploads`, answered before the body is read; or `unavailable`.",
}


@dataclass
class UploadOperation(Operation):
    """An operation that takes files."""

    schema: ClassVar[Schema] = UPLOAD_SCHEMA

    def __post_init__(self) -> None:
        """Add the form, and what answers say of limits, to the operation."""
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(
                    schema=self.schema,
                    examples={
                        "portrait": Example(
                            summary="One portrait, all operations",
                            value={"files": ["portrait.jpg"]},
                        )
                    },
                )
            },
        )
        for status, response in (self.responses or {}).items():
            if isinstance(response, OpenAPIResponse):
                headers = LIMIT_HEADERS.get(status, {})
                response.headers = {**(response.headers or {}), **headers}
                response.description = REFUSALS.get(status, response.description)


@dataclass
class LinkUploadOperation(UploadOperation):
    """An operation that takes files through a link, which says whose they are."""

    schema: ClassVar[Schema] = LINK_UPLOAD_SCHEMA
