"""Documentation of resumable uploads: their headers and bodies."""

from dataclasses import dataclass
from typing import ClassVar

from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

from api.contract.form_docs import BINARY
from api.http.tus_headers import CONTENT_TYPE, TUS_ROUTE, VERSION

_EXPIRES = "Sat, 21 Nov 2026 09:30:00 GMT"
_DESCRIBED = {
    "Location": ("URL of the upload; its last part is the ID.", f"{TUS_ROUTE}/019aa5d2-…"),
    "Tus-Resumable": ("The version of the tus protocol.", VERSION),
    "Upload-Expires": ("When the upload is removed, if it is left alone until then.", _EXPIRES),
    "Upload-Length": ("Size of the file, in bytes.", "8388608"),
    "Upload-Metadata": ("As it was sent.", "filename cG9ydHJhaXQuanBn"),
    "Upload-Offset": ("Number of bytes that are stored, durably: where to go on.", "4194304"),
}


@dataclass
class TusOperation(Operation):
    """An operation of tus, which says most in its headers."""

    status: ClassVar[str] = "204"
    names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Add the headers of the answer to the operation."""
        response = (self.responses or {}).get(self.status)
        if isinstance(response, OpenAPIResponse):
            response.headers = {name: _header(name) for name in ("Tus-Resumable", *self.names)}


@dataclass
class OffsetOperation(TusOperation):
    """An operation that retrieves an offset."""

    status: ClassVar[str] = "200"
    names: ClassVar[tuple[str, ...]] = (
        "Upload-Offset",
        "Upload-Length",
        "Upload-Metadata",
        "Upload-Expires",
    )


@dataclass
class BytesOperation(TusOperation):
    """An operation whose body is some bytes of a file."""

    names: ClassVar[tuple[str, ...]] = ("Upload-Offset", "Upload-Expires")
    is_required: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Add the body, too."""
        super().__post_init__()
        example = Example(summary="The rest of a file", value="the bytes from the offset on")
        content = OpenAPIMediaType(schema=BINARY, examples={"rest": example})
        self.request_body = RequestBody(required=self.is_required, content={CONTENT_TYPE: content})


@dataclass
class CreationOperation(BytesOperation):
    """An operation whose body can be the first bytes of a file."""

    status: ClassVar[str] = "201"
    names: ClassVar[tuple[str, ...]] = ("Location", "Upload-Offset", "Upload-Expires")
    is_required: ClassVar[bool] = False


def _header(name: str) -> OpenAPIHeader:
    description, shown = _DESCRIBED[name]
    schema = Schema(type=OpenAPIType.STRING, examples=[shown])
    return OpenAPIHeader(description=description, schema=schema)
