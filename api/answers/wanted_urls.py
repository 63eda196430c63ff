"""Query parameters of signed URLs of pictures."""

from collections.abc import Sequence
from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.http.addresses import service_address
from api.images.content_urls import WantedUrls
from api.schemas.images import ImageVariant
from api.state import ApiRequest
from domain.signed_urls import MAX_SECONDS, MIN_SECONDS, VARIANTS

DEFAULT_SECONDS = 3600

UrlVariants = Annotated[
    list[ImageVariant] | None,
    QueryParameter(
        name="content_urls",
        required=False,
        max_items=len(VARIANTS),
        description="Variants of which `content_urls` holds a URL that works without a key.",
        examples=[Example(value=["thumbnail"])],
    ),
]
ExpiresIn = Annotated[
    int,
    QueryParameter(
        name="expires_in",
        ge=MIN_SECONDS,
        le=MAX_SECONDS,
        description="Shortest time for which URLs work without a key, in seconds.",
        examples=[Example(value=DEFAULT_SECONDS)],
    ),
]


def wanted_urls(request: ApiRequest, variants: Sequence[str] | None, expires_in: int) -> WantedUrls:
    """Read which URLs a request wants."""
    return WantedUrls(request.user, service_address(request), variants or (), expires_in)
