"""Claims that this worker holds: renewed while the work goes on, given back when it breaks off."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog

from domain.errors.capacity import NoChild
from storage.errors import MONGODB_UNREACHABLE, STORE_FAILED
from storage.ledger.rows import ClaimedImage
from storage.stores import Stores
from tasks.images.ledger_batching import LedgerBatcher
from tasks.images.throughput import Throughput
from tasks.images.work_telemetry import WorkTelemetry

_log = structlog.get_logger(__name__)


class Claims:
    """Claims chunks of jobs, one for each task.

    Args:
        stores: Where everything is kept.
        batcher: Shared with the other tasks of this worker.
        renew_seconds: Pause between two renewals of a lease.
        throughput: Told while work goes on.
        telemetry: Sees the work that is done on a claim.
    """

    def __init__(
        self,
        stores: Stores,
        batcher: LedgerBatcher,
        renew_seconds: float,
        throughput: Throughput,
        telemetry: WorkTelemetry,
    ) -> None:
        self._stores = stores
        self._batcher = batcher
        self._renew_seconds = renew_seconds
        self._throughput = throughput
        self._telemetry = telemetry
        self._looks: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.stopping = False
        """Whether work that is cancelled was cancelled because the worker stops."""

    def look_again(self, job_id: str) -> None:
        """Look now, rather than at the next renewal, whether a job's claims are still held."""
        for look in self._looks.get(job_id, ()):
            look.set()

    @asynccontextmanager
    async def holding(self, job_id: str, chunk: int) -> AsyncIterator[Sequence[ClaimedImage]]:
        """Hold what is open in a chunk for as long as the context lasts.

        Work on images that are no longer held, because they were canceled or another worker
        took them over, is cancelled, and the context ends without an error.

        Args:
            job_id: The job.
            chunk: Number of the chunk.

        Yields:
            The images; none if others hold them or all have ended.
        """
        with self._looking(job_id) as look:  # From before the claim: no notice is missed.
            claim_id, images = await self._claim(job_id, chunk)
            try:
                async with asyncio.timeout(None) as hold:
                    renewing = asyncio.create_task(self._renew(claim_id, images, look, hold))
                    try:
                        with self._throughput.working(), self._telemetry.working(images):
                            yield images
                    except BaseException as error:
                        if not hold.expired():
                            await self._give_back(claim_id, images, error)
                        raise
                    finally:
                        renewing.cancel()
            except TimeoutError:
                if not hold.expired():
                    raise
                _log.info("claim_lost", images=len(images))

    @contextmanager
    def _looking(self, job_id: str) -> Iterator[asyncio.Event]:
        look = asyncio.Event()
        self._looks[job_id].add(look)
        try:
            yield look
        finally:
            self._looks[job_id].discard(look)
            if not self._looks[job_id]:
                del self._looks[job_id]

    async def _claim(self, job_id: str, chunk: int) -> tuple[str, list[ClaimedImage]]:
        claiming = asyncio.create_task(self._batcher.claim(job_id, chunk))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await self._release(*await claiming, count_attempt=False)  # It is made all the same.
            raise

    async def _renew(
        self,
        claim_id: str,
        images: Sequence[ClaimedImage],
        look: asyncio.Event,
        hold: asyncio.Timeout,
    ) -> None:
        """Renew until nothing is held any more, then break the work off."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._renew_seconds):
                    await look.wait()
            look.clear()
            try:
                held = await self._stores.ledger.renew(claim_id, images)
            except STORE_FAILED as error:
                _log.warning("lease_not_renewed", reason=type(error).__name__)
                continue
            if not held:
                hold.reschedule(asyncio.get_running_loop().time())
                return

    async def _give_back(
        self, claim_id: str, images: Sequence[ClaimedImage], error: BaseException
    ) -> None:
        broken_off = self.stopping or isinstance(error, (*MONGODB_UNREACHABLE, NoChild))
        await asyncio.shield(self._release(claim_id, images, count_attempt=not broken_off))

    async def _release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool
    ) -> None:
        try:
            await self._stores.ledger.release(claim_id, images, count_attempt=count_attempt)
        except STORE_FAILED as error:
            _log.warning("lease_not_given_back", reason=type(error).__name__)
