"""Documentation of answers with histograms, which have several media types."""

from dataclasses import dataclass
from typing import ClassVar

from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Schema,
)

from api.http.headers import ARROW, NPY, SVG


def _text(description: str) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description=description))


def _header(description: str) -> OpenAPIHeader:
    return OpenAPIHeader(description=description, schema=Schema(type=OpenAPIType.STRING))


PLOT = _text("A plot.")


@dataclass
class MedianOperation(Operation):
    """An operation that answers with JSON or a plot."""

    forms: ClassVar = {SVG: PLOT}
    headers: ClassVar = {"ETag": _header("Version of the answer, for `If-None-Match`.")}

    def __post_init__(self) -> None:
        """Add the further media types and headers to the answer."""
        answered = (self.responses or {}).get("200")
        if isinstance(answered, OpenAPIResponse):
            answered.content = (answered.content or {}) | self.forms
            answered.headers = {**(answered.headers or {}), **self.headers}


@dataclass
class WeekOperation(MedianOperation):
    """An operation that answers with JSON, a table or a plot."""

    forms: ClassVar = {
        ARROW: _text(
            "An Arrow IPC stream with one batch: `image_id: utf8`, "
            "`uploaded_at: timestamp[ms, UTC]`, `bins: fixed_size_list<uint32>[256]`, "
            "`pixels: uint64`, without nulls."
        ),
        NPY: _text(
            "A NumPy file for `numpy.load`: an array of records with `image_id` (`S36`), "
            "`uploaded_at` (`<M8[ms]`, UTC), `bins` (256 `<u4`), `pixels` (`<u8`)."
        ),
        SVG: PLOT,
    }
    headers: ClassVar = {
        "Link": _header('The next page, as `<…>; rel="next"`; absent on the last page.')
    }
