"""Serves the files that pages load."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath

from api.http.auth import OPEN
from api.http.headers import PUBLIC, conditional, content_etag
from api.http.parameters import IfNoneMatch
from api.pages.assets.registry import ASSETS
from domain.errors.access import NotFound

YEAR_SECONDS = 365 * 24 * 3600


@get(
    "/assets/{name:str}",
    opt={OPEN: True, PUBLIC: True},
    include_in_schema=False,
    cache_control=CacheControlHeader(public=True, max_age=YEAR_SECONDS, immutable=True),
)
async def get_asset(name: FromPath[str], if_none_match: IfNoneMatch = None) -> Response[Any]:
    """Serve a script, a stylesheet or an image."""
    asset = ASSETS.find(name)
    if asset is None:
        raise NotFound("There is no such file.")
    answer = Response(asset.content, media_type=asset.media_type)
    return conditional(if_none_match, content_etag(asset.content), answer)
