"""How answers with histograms are documented: each may have one of several forms."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    Schema,
)

from api.http.media_types import ARROW, NPY, SVG


def _text(description: str) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description=description))


def _header(description: str) -> OpenAPIHeader:
    return OpenAPIHeader(description=description, schema=Schema(type=OpenAPIType.STRING))


PLOT = _text("A plot.")


@dataclass
class MedianOperation(Operation):
    """An operation whose answer may be a plot."""

    def __post_init__(self) -> None:
        """Describe the plot."""
        _describe(self, {SVG: PLOT}, {"ETag": _header("For If-None-Match.")})


@dataclass
class WeekOperation(Operation):
    """An operation whose answer may be a table or a plot."""

    def __post_init__(self) -> None:
        """Describe tables and plot."""
        _describe(
            self,
            {
                ARROW: _text(
                    "An Arrow IPC stream of one batch: `image_id: utf8`, "
                    "`uploaded_at: timestamp[ms, UTC]`, `bins: fixed_size_list<uint32>[256]`, "
                    "`pixels: uint64`; nothing is null."
                ),
                NPY: _text(
                    "A file of NumPy's, for `numpy.load`: an array of records `image_id` (`S36`), "
                    "`uploaded_at` (`<M8[ms]`, UTC), `bins` (256 `<u4`), `pixels` (`<u8`)."
                ),
                SVG: PLOT,
            },
            {"Link": _header('The next page, as `<…>; rel="next"`; absent on the last one.')},
        )


def _describe(
    operation: Operation,
    forms: dict[str, OpenAPIMediaType],
    headers: dict[str, OpenAPIHeader | Reference],
) -> None:
    """Add to an answer what it may be instead of JSON, and its headers."""
    answered = (operation.responses or {}).get("200")
    if isinstance(answered, OpenAPIResponse):
        answered.content = (answered.content or {}) | forms
        answered.headers = (answered.headers or {}) | headers
