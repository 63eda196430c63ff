"""Claims of this worker: renewed while the work goes on, released when it is interrupted."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog

from domain.claims import ClaimedImage
from domain.errors.capacity import BytesUnavailable, NoChild
from storage.backlog.lone_claims import Claimed
from storage.errors import MONGODB_UNREACHABLE, STORE_FAILED
from storage.stores import Stores
from tasks.images.ledger_batching import LedgerBatcher
from tasks.images.work_telemetry import WorkTelemetry

INTERRUPTIONS = (*MONGODB_UNREACHABLE, BytesUnavailable, NoChild)

_log = structlog.get_logger(__name__)


class Claims:
    """Claims chunks of jobs, one chunk for each task.

    Attributes:
        stopping: Whether the worker stops, so that cancelled work is not a failed attempt.
    """

    def __init__(
        self,
        stores: Stores,
        batcher: LedgerBatcher,
        renew_seconds: float,
        telemetry: WorkTelemetry,
    ) -> None:
        self.stopping = False
        self._stores = stores
        self._batcher = batcher
        self._renew_seconds = renew_seconds
        self._telemetry = telemetry
        self._looks: dict[str, set[asyncio.Event]] = defaultdict(set)

    def look_again(self, job_id: str) -> None:
        """Check the claims of a job now instead of at the next renewal."""
        for look in self._looks.get(job_id, ()):
            look.set()

    @asynccontextmanager
    async def holding(self, job_id: str, chunk: int, units: float) -> AsyncIterator[Claimed]:
        """Claim the open images of a chunk, and hold them until the context ends.

        There are none if other workers hold them or all have ended. If the claim is lost, because
        the images were canceled or another worker took them over, the work inside the context is
        cancelled, and the context ends without an error.

        Args:
            job_id: The job.
            chunk: Number of the chunk.
            units: Its estimated work, in small images.
        """
        with self._looking(job_id) as look:  # Before the claim, so that no notice is missed.
            claimed = await self._claim(job_id, chunk, units)
            claim_id, images = claimed.id, claimed.images
            try:
                async with asyncio.timeout(None) as hold:
                    renewing = asyncio.create_task(self._renew(claim_id, images, look, hold))
                    try:
                        with self._telemetry.working(images):
                            yield claimed
                    except BaseException as error:
                        if not hold.expired():
                            interrupted = self.stopping or isinstance(error, INTERRUPTIONS)
                            await asyncio.shield(
                                self._release(claim_id, images, count_attempt=not interrupted)
                            )
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

    async def _claim(self, job_id: str, chunk: int, units: float) -> Claimed:
        claiming = asyncio.create_task(self._batcher.claim(job_id, chunk, units))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The claim is written all the same. If it fails, there is nothing to release.
            await asyncio.wait({claiming})
            if not claiming.cancelled() and claiming.exception() is None:
                claimed = claiming.result()
                await self._release(claimed.id, claimed.images, count_attempt=False)
            raise

    async def _renew(
        self,
        claim_id: str,
        images: Sequence[ClaimedImage],
        look: asyncio.Event,
        hold: asyncio.Timeout,
    ) -> None:
        """Renew the lease until the claim holds no image, then cancel the work."""
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

    async def _release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool
    ) -> None:
        try:
            await self._stores.ledger.release(claim_id, images, count_attempt=count_attempt)
        except STORE_FAILED as error:  # The lease expires.
            _log.warning("lease_not_given_back", reason=type(error).__name__)
        except Exception:  # Must not replace the error or the cancellation that led here.
            _log.exception("lease_not_given_back")
