"""The upload page. It loads nothing from other hosts."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath

from api.http.auth import OPEN
from api.http.headers import PUBLIC, conditional, content_etag, page_headers
from api.http.parameters import IfNoneMatch
from domain.errors.access import NotFound

PAGES = Path(__file__).parent.parent / "pages"
UPLOAD_PAGE = PAGES / "upload"
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


@get("/")
async def get_upload_page(if_none_match: IfNoneMatch = None) -> Response[Any]:
    """Serve the upload page, which keeps the key of its user in its memory only."""
    return _send(UPLOAD_PAGE, "index.html", if_none_match)


@get("/{name:str}")
async def get_upload_asset(name: FromPath[str], if_none_match: IfNoneMatch = None) -> Response[Any]:
    """Serve a script, a stylesheet or an image of the upload page."""
    return _send(UPLOAD_PAGE, name, if_none_match)


def upload_page() -> Router:
    """Return the routes of the page ``/u#<API key or link token>``."""
    return Router(
        path="/u",
        route_handlers=[get_upload_page, get_upload_asset],
        opt={OPEN: True, PUBLIC: True},
        include_in_schema=False,
        cache_control=CacheControlHeader(no_cache=True),
        response_headers=page_headers("'self' blob:"),
    )


def _send(folder: Path, name: str, if_none_match: str | None) -> Response[Any]:
    """Send a file of a folder. The name is only compared, so it can be any text."""
    known = {path.name: path for path in folder.iterdir() if path.suffix in MEDIA_TYPES}
    if name not in known:
        raise NotFound("There is no such file.")
    path = known[name]
    content = _read(path, path.stat().st_mtime_ns)
    shown = {"Content-Disposition": f'inline; filename="{name}"'}
    response = Response(content, media_type=MEDIA_TYPES[path.suffix], headers=shown)
    return conditional(if_none_match, content_etag(content), response)


@lru_cache(maxsize=64)  # All files, so that each is one object, which is compressed once.
def _read(path: Path, _: int) -> bytes:
    return path.read_bytes()
