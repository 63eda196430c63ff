"""The upload page. It is open to all and loads nothing from other hosts."""

from pathlib import Path

from litestar import Router, get
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath
from litestar.response import File

from api.http.auth import OPEN
from api.http.headers import page_headers
from domain.errors.access import NotFound

UPLOAD_PAGE = Path(__file__).parent.parent / "pages" / "upload"
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


@get("/")
async def get_upload_page() -> File:
    """Serve the upload page, which keeps the key of its user in its memory only."""
    return _send("index.html")


@get("/{name:str}")
async def get_upload_asset(name: FromPath[str]) -> File:
    """Serve a script, a stylesheet or an image of the upload page."""
    return _send(name)


def upload_page() -> Router:
    """Return the routes of the page ``/u#<API key or link token>``."""
    return Router(
        path="/u",
        route_handlers=[get_upload_page, get_upload_asset],
        opt={OPEN: True},
        include_in_schema=False,
        cache_control=CacheControlHeader(no_cache=True),
        response_headers=page_headers("'self' blob:"),
    )


def _send(name: str) -> File:
    known = {path.name: path for path in UPLOAD_PAGE.iterdir() if path.suffix in MEDIA_TYPES}
    if name not in known:
        raise NotFound("The upload page has no such file.")
    path = known[name]
    return File(path, content_disposition_type="inline", media_type=MEDIA_TYPES[path.suffix])
