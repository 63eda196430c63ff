"""The upload page, and the files of the contract's page. They load nothing from other hosts."""

from pathlib import Path

from litestar import Router, get
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath
from litestar.response import File

from api.http.auth import OPEN
from api.http.headers import PUBLIC, page_headers
from domain.errors.access import NotFound

PAGES = Path(__file__).parent.parent / "pages"
UPLOAD_PAGE = PAGES / "upload"
CONTRACT_PAGE = PAGES / "swagger-ui"
MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


@get("/")
async def get_upload_page() -> File:
    """Serve the upload page, which keeps the key of its user in its memory only."""
    return _send(UPLOAD_PAGE, "index.html")


@get("/{name:str}")
async def get_upload_asset(name: FromPath[str]) -> File:
    """Serve a script, a stylesheet or an image of the upload page."""
    return _send(UPLOAD_PAGE, name)


@get("/docs/assets/{name:str}", opt={OPEN: True, PUBLIC: True}, include_in_schema=False)
async def get_contract_asset(name: FromPath[str]) -> File:
    """Serve a script or a stylesheet of the contract's page."""
    return _send(CONTRACT_PAGE, name)


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


def _send(folder: Path, name: str) -> File:
    """Send a file of a folder. The name is only compared, so it can be any text."""
    known = {path.name: path for path in folder.iterdir() if path.suffix in MEDIA_TYPES}
    if name not in known:
        raise NotFound("There is no such file.")
    path = known[name]
    return File(path, content_disposition_type="inline", media_type=MEDIA_TYPES[path.suffix])
