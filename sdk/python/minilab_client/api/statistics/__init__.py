"""The operations of the tag `statistics`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from ...models.statistics import Statistics


class StatisticsOperations(Operations):
    """The operations of the tag `statistics`."""

    def get_statistics(
        self,
        *,
        tz: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> Statistics:
        """Retrieve the statistics.

        Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

        The numbers cover all images of all users and are up to date after each upload and deletion.
        """
        from .get_statistics import sync_detailed

        return cast(
            "Statistics",
            self._call(
                sync_detailed,
                tz=tz,
                if_none_match=if_none_match,
            ),
        )


class AsyncStatisticsOperations(AsyncOperations):
    """The operations of the tag `statistics`, for asyncio and trio."""

    async def get_statistics(
        self,
        *,
        tz: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> Statistics:
        """Retrieve the statistics.

        Retrieves formats, cameras, uploads per day, users, bytes, faces and failures.

        The numbers cover all images of all users and are up to date after each upload and deletion.
        """
        from .get_statistics import asyncio_detailed

        return cast(
            "Statistics",
            await self._call(
                asyncio_detailed,
                tz=tz,
                if_none_match=if_none_match,
            ),
        )
