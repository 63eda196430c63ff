"""The signed URLs of pictures, as a request wants them."""

from collections.abc import Sequence

import msgspec

from api.http.signed_urls import SignedUrls
from api.schemas.signed_urls import ContentUrlView, view_content_url
from domain.keys import Caller


class WantedUrls(msgspec.Struct, frozen=True):
    """The URLs that a request wants.

    Attributes:
        base: Address of the service, which the URLs begin with.
        variants: Variants of each image; none: no URLs.
        seconds: The shortest time for which they must work.
    """

    caller: Caller
    base: str
    variants: Sequence[str]
    seconds: int


async def write_content_urls(
    signed_urls: SignedUrls, image_ids: Sequence[str], wanted: WantedUrls
) -> dict[str, dict[str, ContentUrlView]]:
    """Write URLs of images that the caller may read: by image, by variant."""
    if not wanted.variants or not image_ids:
        return {}
    signed = await signed_urls.of_pictures(
        wanted.caller, image_ids, wanted.variants, wanted.seconds
    )
    return {
        image_id: {url.variant: view_content_url(url, wanted.base) for url in urls}
        for image_id, urls in signed.items()
    }
