"""Images that are like another one: near-duplicates, and those that show or look alike."""

from contextlib import suppress

import msgspec

from api.analytics.similar import FindSimilar
from api.answers.image_filters import DEFAULT_DISTANCE
from api.images.images import ManageImages
from api.pages.gallery.pictures import thumbnails
from api.schemas.images import ImageSummaryView
from api.state import ApiRequest
from domain.errors.access import Expired, NotFound, WrongState
from domain.histograms.similarity import Metric
from domain.image_search import ImageFilter, SimilarBy
from domain.keys import Scope, scope_of

MOST = 12


class Likenesses(msgspec.Struct, frozen=True):
    """Images, each after how different it is; ``are_more``: whether there are others."""

    images: list[tuple[float, ImageSummaryView]]
    are_more: bool = False


NO_LIKENESSES = Likenesses([])


async def list_near_duplicates(
    request: ApiRequest, images: ManageImages, scope: Scope, image_id: str
) -> Likenesses:
    """List images whose fingerprints differ in few bits; none while there is no fingerprint.

    Raises:
        NotFound: The caller may see no such image.
        ImageExpired: The image has expired.
    """
    await images.read(image_id, scope)
    with suppress(NotFound, WrongState):
        page = await images.list_page(
            ImageFilter(scope), image_id, DEFAULT_DISTANCE, MOST, None, thumbnails(request)
        )
        found = [(float(one.distance or 0), one) for one in page.items]
        return Likenesses([*found], page.next_cursor is not msgspec.UNSET)
    return NO_LIKENESSES


async def list_by_embedding(
    request: ApiRequest, images: ManageImages, scope: Scope, image_id: str
) -> Likenesses:
    """List images that show like things; none while there is no embedding."""
    with suppress(NotFound, WrongState):
        page = await images.list_page(
            ImageFilter(scope),
            image_id,
            DEFAULT_DISTANCE,
            MOST,
            None,
            thumbnails(request),
            SimilarBy.EMBEDDING,
        )
        return Likenesses([(float(one.similarity or 0), one) for one in page.items])
    return NO_LIKENESSES


async def list_similar(
    request: ApiRequest,
    images: ManageImages,
    similar: FindSimilar,
    scope: Scope,
    image_id: str,
) -> Likenesses:
    """List images with similar histograms that the caller may see; none without a histogram."""
    found = []
    tenant = request.user.visible_tenant
    with suppress(NotFound, WrongState):
        nearest = await similar.find("", image_id, scope, MOST, Metric.HELLINGER, None, tenant)
        for one in nearest.items:
            with suppress(NotFound, Expired):  # Of another key, or deleted meanwhile.
                view = await images.read(
                    str(one.image_id), scope_of(request.user), thumbnails(request)
                )
                found.append((one.distance, view))
    return Likenesses([*found])
