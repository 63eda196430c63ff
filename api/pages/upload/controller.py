"""The upload page. The key of its user is in the fragment of its address or typed: never sent."""

from typing import Any

from litestar import MediaType, Response, get
from litestar.datastructures import CacheControlHeader

from api.http.headers import PUBLIC, conditional, content_etag
from api.http.parameters import IfNoneMatch
from api.pages.assets.registry import PAGES
from api.pages.templating import render
from api.state import ApiRequest

FOLDER = "upload"
ENTRY = "upload.js"
MODULES = sorted(
    f"{FOLDER}/{path.name}" for path in (PAGES / FOLDER).glob("*.js") if path.name != ENTRY
)
"""What the entry imports. A browser that knows these names asks for all at once."""


@get("/u", opt={PUBLIC: True}, cache_control=CacheControlHeader(no_cache=True))
async def show_upload(request: ApiRequest, if_none_match: IfNoneMatch = None) -> Response[Any]:
    """Show the page ``/u#<API key or link token>``.

    Raises:
        Unavailable: The libraries of the pages are not installed.
    """
    page = render(request, "upload/upload.html", modules=MODULES)
    answer = Response(page, media_type=MediaType.HTML)
    return conditional(if_none_match, content_etag(page), answer)
