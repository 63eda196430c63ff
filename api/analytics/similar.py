"""Finds users and images whose histograms are similar."""

from api.images.images import ManageImages
from api.schemas.histograms import SimilarView, view_similar_images, view_similar_users
from domain.calendar.moments import read_moment, to_utc
from domain.histograms.similarity import Metric
from domain.keys import Scope
from storage.histograms.similar_images import SimilarImages
from storage.histograms.similar_users import SimilarUsers


class FindSimilar:
    """Finds similar users and images."""

    def __init__(self, users: SimilarUsers, images: SimilarImages, own: ManageImages) -> None:
        self._users = users
        self._images = images
        self._own = own

    async def find(
        self,
        owner: str,
        image_id: str | None,
        scope: Scope,
        count: int,
        metric: Metric,
        since: str | None,
        tenant: str | None,
    ) -> SimilarView:
        """Find the users whose mean histograms are nearest to a user's, nearest first.

        Args:
            owner: Stored ID of the user.
            image_id: Find the images of all users that are nearest to this one instead.
            scope: What the caller may see; the image must be in it.
            count: Most results, 1 or more.
            since: Compare only images uploaded at this time or later; None: all images.
            tenant: Compare only users of this tenant; see :mod:`domain.tenants`.

        Raises:
            NotFound: The user or the image has no histogram, or the image does not exist.
            ImageExpired: The image has expired.
            WrongState: The histogram of the image is not ready yet.
            InvalidValue: ``since`` is no time, or has no UTC offset.
            TooManyImages: Too many images were uploaded since then.
        """
        start = None if since is None else to_utc(read_moment(since))
        if image_id is not None:
            await self._own.read_histogram(image_id, scope)
            return view_similar_images(
                *await self._images.find(image_id, count, metric, start, tenant), metric
            )
        if start is not None:
            users = await self._users.find_since(owner, count, metric, start, tenant)
        else:
            users = await self._users.find(owner, count, metric, tenant)
        return view_similar_users(users, metric)
