"""Responses with numbers, or with a plot for a client that prefers one."""

from collections.abc import Callable
from hashlib import sha256

import msgspec
from litestar import MediaType, Response

from api.http.media_types import SVG, SVG_HEADERS
from api.http.request_headers import ETAG_DIGITS
from api.state import ApiRequest

VARY = {"Vary": "Accept"}


def numbers_or_plot(request: ApiRequest, view: object, draw: Callable[[], str]) -> Response[bytes]:
    """Answer with numbers as JSON, or with a plot if the client prefers SVG.

    Args:
        request: The request; its Accept header decides.
        view: The numbers.
        draw: Makes the plot, a standalone SVG document.
    """
    if request.accept.best_match([MediaType.JSON, SVG]) == SVG:
        return Response(draw().encode(), media_type=SVG, headers=VARY | SVG_HEADERS)
    return Response(msgspec.json.encode(view), media_type=MediaType.JSON, headers=VARY)


def content_etag(response: Response[bytes]) -> str:
    """Hash the body of a response: 32 hex digits."""
    return sha256(response.content).hexdigest()[:ETAG_DIGITS]
