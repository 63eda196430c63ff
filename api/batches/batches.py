"""Starts, lists, reads and cancels batches."""

from collections.abc import Sequence

from api.http.bodies import Rules
from api.schemas.batches import BatchRequest, BatchView, view_batch, write_request
from api.schemas.views import Page, cut_page
from domain.audit import AuditAction
from domain.batches import OTHER_OPERATIONS
from domain.images.operations import parse_operations
from domain.keys import Caller
from storage.access.audit import new_entry
from storage.clock import new_id, utc_now
from storage.stores import Stores
from storage.upkeep.due_work import Work


class ManageBatches:
    """Starts and cancels batches, and shows their progress.

    Args:
        widths: Widths in pixels of the sizes that the service makes.
        learning: Whether it has the operations of learning.
    """

    def __init__(self, stores: Stores, widths: Sequence[int], *, learning: bool) -> None:
        self._stores = stores
        self._widths = widths
        self._learns = learning

    async def start(self, caller: Caller, request: BatchRequest) -> BatchView:
        """Start a batch, durable; idle workers begin with it.

        Raises:
            InvalidValue: Values of the request cannot be used.
            TooManyBatches: As many as may be open are open.
        """
        now = utc_now()
        request.check(Rules(now))
        if request.operation not in OTHER_OPERATIONS:
            parse_operations(request.operation, learning=self._learns)
        has_bucket = self._stores.blob_stores.has_bucket
        order = request.order(caller, now, self._widths, has_bucket=has_bucket)
        batch_id = new_id()
        entry = new_entry(
            caller,
            AuditAction.BATCH_CREATED,
            batch_id,
            operation=request.operation,
            dry_run=request.dry_run or None,
        )
        batch = await self._stores.batches.add(
            batch_id, caller.key_id, order, write_request(request), entry
        )
        self._stores.job_events.publish_work_soon(Work.BATCHES)
        return view_batch(batch)

    async def list_page(self, limit: int, cursor: str | None) -> Page[BatchView]:
        """List batches, newest first."""
        found = await self._stores.batches.list_page(limit + 1, cursor)
        return cut_page([view_batch(batch) for batch in found], limit, [one.id for one in found])

    async def read(self, batch_id: str) -> BatchView:
        """Read a batch.

        Raises:
            NotFound: There is none with this ID.
        """
        return view_batch(await self._stores.batches.get(batch_id))

    async def cancel(self, caller: Caller, batch_id: str) -> BatchView:
        """Cancel a batch: what is done stays done. One that has ended stays as it is.

        Raises:
            NotFound: There is none with this ID.
        """
        entry = new_entry(caller, AuditAction.BATCH_CANCELED, batch_id)
        return view_batch(await self._stores.batches.cancel(batch_id, entry))
