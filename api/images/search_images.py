"""Lists images by filters, or by how similar they are to another image."""

from collections.abc import Sequence

from api.schemas.images import ListedImageView, view_listed
from api.schemas.paging import Page, cut_page
from domain.errors.access import NotFound, WrongState
from domain.errors.requests import InvalidValue
from domain.image_search import ImageFilter, Likeness
from domain.jobs import TERMINAL
from domain.keys import Scope
from domain.records import Image
from storage.stores import Stores


class SearchImages:
    """Searches images.

    Args:
        stores: Hold images and blobs.
    """

    def __init__(self, stores: Stores) -> None:
        self._images = stores.images
        self._blobs = stores.blobs
        self._search = stores.image_search

    async def list_page(
        self,
        wanted: ImageFilter,
        similar_to: str | None,
        distance: int,
        limit: int,
        cursor: str | None,
    ) -> Page[ListedImageView]:
        """List images newest first, or near-duplicates of an image nearest first.

        Args:
            wanted: The filter that they match.
            similar_to: The image to find near-duplicates of, if any; not in the list itself.
            distance: Most bits in which their fingerprints differ, 0 to 64.
            limit: Most images on the page.
            cursor: ``next_cursor`` of the page before.

        Raises:
            InvalidValue: The cursor belongs to another list.
            NotFound: The caller may see no such image, or it has no fingerprint.
            ImageExpired: The image has expired.
            WrongState: Its fingerprint is not ready yet.
        """
        after = read_cursor(cursor, with_distance=similar_to is not None)
        if similar_to is not None:
            likeness = await self._likeness(similar_to, distance, wanted.scope)
            found = await self._search.list_similar(wanted, likeness, limit + 1, after)
            cursors = [f"{apart}.{image.id}" for apart, image in found]
            return cut_page(await self._views(found), limit, cursors)
        before = after[1] if after else None
        images = await self._search.list_page(wanted, limit + 1, before)
        views = await self._views([(None, image) for image in images])
        return cut_page(views, limit, [image.id for image in images])

    async def _likeness(self, image_id: str, distance: int, scope: Scope) -> Likeness:
        image = await self._images.get(image_id, scope)
        fingerprint = await self._search.fingerprint_of(image_id)
        if fingerprint is None and image.item.status not in TERMINAL:
            raise WrongState("The fingerprint is not ready yet; try again when the job is done.")
        if fingerprint is None:
            raise NotFound("This image has no fingerprint: it failed, or was not requested.")
        return Likeness(image_id, fingerprint, distance)

    async def _views(self, found: Sequence[tuple[int | None, Image]]) -> list[ListedImageView]:
        blobs = await self._blobs.find([image.sha256 for _, image in found])
        return [view_listed(image, blobs.get(image.sha256), apart) for apart, image in found]


def read_cursor(cursor: str | None, *, with_distance: bool) -> tuple[int, str] | None:
    """Read where the page before ended.

    Args:
        cursor: ``next_cursor`` of that page.
        with_distance: Whether the list is one of near-duplicates.

    Returns:
        The distance, 0 in other lists, and the ID of the last image.

    Raises:
        InvalidValue: The cursor is one of another list.
    """
    if cursor is None:
        return None
    distance, point, image_id = cursor.rpartition(".")
    if bool(point) is not with_distance:
        raise InvalidValue("This cursor belongs to another list.")
    return int(distance or 0), image_id
