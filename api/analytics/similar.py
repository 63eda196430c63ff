"""Finds users and images whose histograms are similar."""

from datetime import UTC, datetime

import msgspec

from api.images.images import ReadImage
from api.schemas.histograms import SimilarView, view_similar_images, view_similar_users
from domain.errors.requests import InvalidValue
from domain.histograms.similarity import Metric
from domain.keys import Scope
from storage.histograms.similar_images import SimilarImages
from storage.histograms.similar_users import SimilarUsers


class SimilarQuery(msgspec.Struct, frozen=True):
    """A search for similar users or images.

    Attributes:
        count: Most results, 1 or more.
        metric: The distance between histograms.
        since: Compare only images uploaded at this time or later; None: all images.
        image_id: Find images that are similar to this one; None: users.
    """

    count: int
    metric: Metric
    since: datetime | None
    image_id: str | None


class FindSimilar:
    """Finds similar users and images."""

    def __init__(self, users: SimilarUsers, images: SimilarImages, read_image: ReadImage) -> None:
        self._users = users
        self._images = images
        self._read_image = read_image

    async def find(self, user_id: str, scope: Scope, query: SimilarQuery) -> SimilarView:
        """Find the users, or the images, that are most similar to one, nearest first.

        Args:
            user_id: The user.
            scope: What the caller may see of the user.
            query: The search.

        Raises:
            NotFound: The user has no histogram, or the image does not exist or has none.
            ImageExpired: The image has expired.
            WrongState: The histogram of the image is not ready yet.
            InvalidValue: ``since`` has no UTC offset.
            TooManyImages: Too many images were uploaded since then.
        """
        since = to_utc(query.since)
        if query.image_id is not None:
            await self._read_image.read_histogram(query.image_id, scope)
            found = await self._images.find(query.image_id, query.count, query.metric, since)
            return view_similar_images(*found, query.metric)
        if since is not None:
            users = await self._users.find_since(user_id, query.count, query.metric, since)
        else:
            users = await self._users.find(user_id, query.count, query.metric)
        return view_similar_users(users, query.metric)


def to_utc(moment: datetime | None) -> datetime | None:
    """Convert a time with an offset to UTC.

    Raises:
        InvalidValue: The time has no offset, or lies outside of the calendar in UTC.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidValue("The time needs a UTC offset, as in 2026-11-21T09:30:00Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("This time does not exist in UTC.") from None
