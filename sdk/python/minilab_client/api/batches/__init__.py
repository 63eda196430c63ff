"""The operations of the tag `batches`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.batch import Batch
    from ...models.batch_page import BatchPage
    from ...models.batch_request import BatchRequest


class BatchesOperations(Operations):
    """The operations of the tag `batches`."""

    def list_batches(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> BatchPage:
        """List batches.

        Lists batches, newest first. They are kept for 90 days after their end.
        """
        from .list_batches import sync_detailed

        return cast(
            "BatchPage",
            self._call(
                sync_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_batches(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> Iterator[Batch]:
        """List batches: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_batches,
            limit=limit,
        )

    def create_batch(
        self,
        *,
        body: BatchRequest,
    ) -> Batch:
        """Start a batch.

        Starts work over all stored images that a filter selects.

        Workers do it while people have no work for them, oldest batch first. A batch that is
        interrupted, by a crash or an update, goes on where it was.
        """
        from .create_batch import sync_detailed

        return cast(
            "Batch",
            self._call(
                sync_detailed,
                body=body,
            ),
        )

    def get_batch(
        self,
        batch_id: str,
    ) -> Batch:
        """Retrieve a batch.

        Retrieves a batch with its progress.
        """
        from .get_batch import sync_detailed

        return cast(
            "Batch",
            self._call(
                sync_detailed,
                batch_id=batch_id,
            ),
        )

    def cancel_batch(
        self,
        batch_id: str,
    ) -> Batch:
        """Cancel a batch.

        Cancels a batch. What it has done stays done; a batch that has ended stays as it is.
        """
        from .cancel_batch import sync_detailed

        return cast(
            "Batch",
            self._call(
                sync_detailed,
                batch_id=batch_id,
            ),
        )


class AsyncBatchesOperations(AsyncOperations):
    """The operations of the tag `batches`, for asyncio and trio."""

    async def list_batches(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> BatchPage:
        """List batches.

        Lists batches, newest first. They are kept for 90 days after their end.
        """
        from .list_batches import asyncio_detailed

        return cast(
            "BatchPage",
            await self._call(
                asyncio_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_batches(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[Batch]:
        """List batches: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_batches,
            limit=limit,
        )

    async def create_batch(
        self,
        *,
        body: BatchRequest,
    ) -> Batch:
        """Start a batch.

        Starts work over all stored images that a filter selects.

        Workers do it while people have no work for them, oldest batch first. A batch that is
        interrupted, by a crash or an update, goes on where it was.
        """
        from .create_batch import asyncio_detailed

        return cast(
            "Batch",
            await self._call(
                asyncio_detailed,
                body=body,
            ),
        )

    async def get_batch(
        self,
        batch_id: str,
    ) -> Batch:
        """Retrieve a batch.

        Retrieves a batch with its progress.
        """
        from .get_batch import asyncio_detailed

        return cast(
            "Batch",
            await self._call(
                asyncio_detailed,
                batch_id=batch_id,
            ),
        )

    async def cancel_batch(
        self,
        batch_id: str,
    ) -> Batch:
        """Cancel a batch.

        Cancels a batch. What it has done stays done; a batch that has ended stays as it is.
        """
        from .cancel_batch import asyncio_detailed

        return cast(
            "Batch",
            await self._call(
                asyncio_detailed,
                batch_id=batch_id,
            ),
        )
