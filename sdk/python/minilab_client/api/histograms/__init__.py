"""The operations of the tag `histograms`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    import datetime
    from typing import cast

    from ...models.image_histogram import ImageHistogram
    from ...models.image_histogram_page import ImageHistogramPage
    from ...models.median_histogram import MedianHistogram
    from ...models.metric import Metric
    from ...models.similar import Similar


class HistogramsOperations(Operations):
    """The operations of the tag `histograms`."""

    def get_median_histogram(
        self,
        *,
        tenant: str | Unset = UNSET,
        day: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> MedianHistogram:
        """Retrieve the median histogram of a day.

        Retrieves the median of each gray level over all images of all users on a day.

        With a key that has a tenant, over those of its users; with a service key without one, over
        those of users without a tenant.

        Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
        twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
        service key.
        """
        from .get_median_histogram import sync_detailed

        return cast(
            "MedianHistogram",
            self._call(
                sync_detailed,
                tenant=tenant,
                day=day,
                tz=tz,
                if_none_match=if_none_match,
            ),
        )

    def list_user_histograms(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        week: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> ImageHistogramPage:
        """List a user's histograms of a week.

        Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

        A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
        that are not done, whose histogram failed, or for which it was not requested. Admin and
        service keys can read any user, client keys only their own.
        """
        from .list_user_histograms import sync_detailed

        return cast(
            "ImageHistogramPage",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                week=week,
                tz=tz,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_user_histograms(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        week: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> Iterator[ImageHistogram]:
        """List a user's histograms of a week: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_user_histograms,
            user_id=user_id,
            tenant=tenant,
            week=week,
            tz=tz,
            limit=limit,
        )

    def list_similar_users(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        n: int | Unset = UNSET,
        metric: Metric | Unset = UNSET,
        since: datetime.datetime | Unset = UNSET,
        image_id: str | Unset = UNSET,
    ) -> Similar:
        """List similar users.

        Lists the users whose mean histograms are most similar to a user's, nearest first.

        With `image_id`, lists the images of all users that are most similar to that image of the user
        instead. The answer is up to date after each upload and deletion. Requires an admin or a
        service key, because the answer names users and reveals something about their pictures. With
        a service key, only users of its tenant, or users without a tenant, are compared.
        """
        from .list_similar_users import sync_detailed

        return cast(
            "Similar",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                n=n,
                metric=metric,
                since=since,
                image_id=image_id,
            ),
        )


class AsyncHistogramsOperations(AsyncOperations):
    """The operations of the tag `histograms`, for asyncio and trio."""

    async def get_median_histogram(
        self,
        *,
        tenant: str | Unset = UNSET,
        day: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> MedianHistogram:
        """Retrieve the median histogram of a day.

        Retrieves the median of each gray level over all images of all users on a day.

        With a key that has a tenant, over those of its users; with a service key without one, over
        those of users without a tenant.

        Each histogram is first divided by its number of pixels. A file that was uploaded twice counts
        twice; deleted images do not count. The median is exact and up to date. Requires an admin or a
        service key.
        """
        from .get_median_histogram import asyncio_detailed

        return cast(
            "MedianHistogram",
            await self._call(
                asyncio_detailed,
                tenant=tenant,
                day=day,
                tz=tz,
                if_none_match=if_none_match,
            ),
        )

    async def list_user_histograms(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        week: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> ImageHistogramPage:
        """List a user's histograms of a week.

        Lists the gray-level histograms of all images that a user uploaded in a week, newest first.

        A week runs from Monday to Sunday, in `tz`. Images without a histogram are left out: those
        that are not done, whose histogram failed, or for which it was not requested. Admin and
        service keys can read any user, client keys only their own.
        """
        from .list_user_histograms import asyncio_detailed

        return cast(
            "ImageHistogramPage",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                week=week,
                tz=tz,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_user_histograms(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        week: str | Unset = UNSET,
        tz: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[ImageHistogram]:
        """List a user's histograms of a week: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_user_histograms,
            user_id=user_id,
            tenant=tenant,
            week=week,
            tz=tz,
            limit=limit,
        )

    async def list_similar_users(
        self,
        user_id: str,
        *,
        tenant: str | Unset = UNSET,
        n: int | Unset = UNSET,
        metric: Metric | Unset = UNSET,
        since: datetime.datetime | Unset = UNSET,
        image_id: str | Unset = UNSET,
    ) -> Similar:
        """List similar users.

        Lists the users whose mean histograms are most similar to a user's, nearest first.

        With `image_id`, lists the images of all users that are most similar to that image of the user
        instead. The answer is up to date after each upload and deletion. Requires an admin or a
        service key, because the answer names users and reveals something about their pictures. With
        a service key, only users of its tenant, or users without a tenant, are compared.
        """
        from .list_similar_users import asyncio_detailed

        return cast(
            "Similar",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                n=n,
                metric=metric,
                since=since,
                image_id=image_id,
            ),
        )
