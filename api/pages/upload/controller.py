"""The upload page. The key of its user is in the fragment of its address or typed: never sent."""

from typing import Any, cast

from litestar import MediaType, Response, get
from litestar.datastructures import CacheControlHeader
from litestar.plugins.jinja import JinjaTemplateEngine

from api.http.headers import PUBLIC, conditional, content_etag
from api.http.parameters import IfNoneMatch
from api.pages.assets.registry import PAGES
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
    engine = cast("JinjaTemplateEngine", request.app.template_engine)
    page = engine.get_template("upload/upload.html").render(modules=MODULES).encode()
    answer = Response(page, media_type=MediaType.HTML)
    return conditional(if_none_match, content_etag(page), answer)
