"""The main task: claim a chunk of a job, work on its blobs in children, write what was found."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog

from domain.errors import DecoderDied, DecodeTimedOut, OperationFailed, ServiceError
from domain.images.formats import ImageFormat
from domain.jobs import group_for_children
from domain.limits import ImageLimits
from domain.records import ItemError
from sandbox.pool import ChildPool
from storage.connect import Stores
from storage.errors import MONGODB_UNREACHABLE, STORE_FAILED
from storage.images import Blob
from storage.ledger import ClaimedImage
from tasks.findings import (
    NO_BLOB,
    Findings,
    blob_results,
    finish_image,
    missing_operations,
)
from tasks.image_batch import BatchItem, Outcome, process_batch
from tasks.pace import Pace

# What is done sooner than this goes from queued to its end at once.
START_SECONDS = 0.05

_log = structlog.get_logger(__name__)


class ChunkRules(msgspec.Struct, frozen=True):
    """How a chunk is worked on.

    Attributes:
        limits: What an image may cost.
        group_images: Most images that a child takes at once.
        max_crashes: An image that ended its child this often has failed.
        renew_seconds: Pause between two renewals of the lease.
    """

    limits: ImageLimits
    group_images: int
    max_crashes: int
    renew_seconds: float


class ChunkProcessor:
    """Works on chunks of jobs.

    Args:
        stores: Where everything is kept.
        pool: The children.
        rules: How a chunk is worked on.
        pace: Told of every image that ended.
    """

    def __init__(self, stores: Stores, pool: ChildPool, rules: ChunkRules, pace: Pace) -> None:
        self._stores = stores
        self._pool = pool
        self._rules = rules
        self._pace = pace
        self.stopping = False
        """Whether work that is cancelled was cancelled because the worker stops."""

    async def process(self, job_id: str, chunk: int) -> None:
        """Work on what is open in a chunk; nothing, if others hold it or it has ended.

        Args:
            job_id: The job.
            chunk: Number of the chunk.
        """
        ledger = self._stores.ledger
        async with self._holding(job_id, chunk) as images:
            if not images:
                return
            log = _log.bind(job_id=job_id, chunk=chunk, attempt=max(i.fence for i in images))
            starting = asyncio.create_task(self._start(job_id))
            try:
                blobs = await self._stores.images.blobs([image.sha256 for image in images])
                await self._work(images, blobs)
            finally:
                starting.cancel()
        await self._stores.notices.publish(await ledger.settle(job_id))
        log.info("chunk_processed", images=len(images))

    async def _start(self, job_id: str) -> None:
        """Say that the job has begun, unless it ends before anybody could have looked."""
        await asyncio.sleep(START_SECONDS)
        with suppress(*STORE_FAILED):  # The settling says it as well, only later.
            await self._stores.notices.publish(await self._stores.ledger.start_job(job_id))

    @asynccontextmanager
    async def _holding(self, job_id: str, chunk: int) -> AsyncIterator[Sequence[ClaimedImage]]:
        """Claim, and renew the lease while the work goes on; give back what breaks off."""
        claiming = asyncio.create_task(self._stores.ledger.claim(job_id, chunk))
        try:
            claim_id, images = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await self._release(*await claiming, count_attempt=False)  # It is made all the same.
            raise
        renewing = asyncio.create_task(self._renew(claim_id, images))
        try:
            with self._pace.working():
                yield images
        except BaseException as error:
            broken_off = self.stopping or isinstance(error, MONGODB_UNREACHABLE)
            await asyncio.shield(self._release(claim_id, images, count_attempt=not broken_off))
            raise
        finally:
            renewing.cancel()

    async def _release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool
    ) -> None:
        try:
            await self._stores.ledger.release(claim_id, images, count_attempt=count_attempt)
        except STORE_FAILED as error:
            _log.warning("lease_not_given_back", reason=type(error).__name__)

    async def _renew(self, claim_id: str, images: Sequence[ClaimedImage]) -> None:
        while True:
            await asyncio.sleep(self._rules.renew_seconds)
            try:
                await self._stores.ledger.renew(claim_id, images)
            except STORE_FAILED as error:
                _log.warning("lease_not_renewed", reason=type(error).__name__)

    async def _work(self, images: Sequence[ClaimedImage], blobs: dict[str, Blob]) -> None:
        needed: dict[str, set[str]] = {}
        formats: dict[str, str] = {}
        for image in images:
            missing = missing_operations(blobs.get(image.sha256), image.operations)
            needed.setdefault(image.sha256, set()).update(missing)
            formats[image.sha256] = image.format
        open_blobs = [blobs[sha] for sha, names in needed.items() if names and sha in blobs]
        data = await self._stores.results.read_bytes(open_blobs) if open_blobs else {}
        items = [
            BatchItem(blob.sha256, data[blob.sha256], ImageFormat(formats[blob.sha256]), names)
            for blob in open_blobs
            if blob.sha256 in data
            for names in [tuple(sorted(needed[blob.sha256]))]
        ]
        outcomes, suspects = await self._run_groups(items)
        untouched = [image for image in images if not needed[image.sha256]]
        done = {outcome.sha256 for outcome in outcomes}
        gone = {sha256 for sha256, names in needed.items() if names and sha256 not in data}
        await self._write([i for i in images if i.sha256 in done], blobs, outcomes)
        await self._write(untouched, blobs, [])
        await self._write(
            [i for i in images if i.sha256 in gone],
            blobs,
            [Outcome(s, error=NO_BLOB) for s in gone],
        )
        for suspect in suspects:
            outcome = await self._run_alone(suspect)
            await self._write([i for i in images if i.sha256 == suspect.sha256], blobs, [outcome])

    async def _run_groups(
        self, items: Sequence[BatchItem]
    ) -> tuple[list[Outcome], list[BatchItem]]:
        """Work on groups side by side.

        Returns:
            The outcomes, and the items of groups that took their child down: any of them may
            be the one that did it, so each is then tried alone.
        """
        groups = [
            items[part]
            for part in group_for_children(
                len(items), self._pool.children, self._rules.group_images
            )
        ]
        outcomes: list[Outcome] = []
        suspects: list[BatchItem] = []

        async def run(group: Sequence[BatchItem]) -> None:
            try:
                outcomes.extend(await self._run(group))
            except (DecoderDied, DecodeTimedOut) as error:
                _log.warning("child_ended", reason=error.code, images=len(group))
                suspects.extend(group)
            except Exception:
                _log.exception("group_failed", images=len(group))
                suspects.extend(group)

        await asyncio.gather(*(run(group) for group in groups))
        return outcomes, suspects

    async def _run_alone(self, item: BatchItem) -> Outcome:
        """Try an item that may be poison until it has ended as many children as it may."""
        last: ServiceError = DecoderDied()
        for crash in range(1, self._rules.max_crashes + 1):
            try:
                return (await self._run([item]))[0]
            except DecodeTimedOut as error:
                last = error
                break
            except DecoderDied as error:
                last = error
                _log.warning("child_ended", reason=error.code, sha256=item.sha256, crash=crash)
            except Exception:
                _log.exception("image_failed", sha256=item.sha256)
                last = OperationFailed()
                break
        return Outcome(item.sha256, error=ItemError(last.code, last.detail))

    async def _run(self, items: Sequence[BatchItem]) -> list[Outcome]:
        limits = self._rules.limits
        # The child looks at the clock between two steps; the parent ends one that cannot.
        return await self._pool.run(process_batch, items, limits, seconds=limits.max_seconds + 1)

    async def _write(
        self,
        images: Sequence[ClaimedImage],
        blobs: dict[str, Blob],
        outcomes: Sequence[Outcome],
    ) -> None:
        """Keep results, then finish the images that waited for them."""
        if not images:
            return
        by_hash = {outcome.sha256: outcome for outcome in outcomes}
        found = [
            blob_results(blobs[outcome.sha256], outcome.processed)
            for outcome in outcomes
            if outcome.processed is not None
        ]
        await self._stores.results.keep(found)
        fresh = {results.blob.sha256: results for results in found}
        finished = [
            finish_image(
                image,
                Findings(
                    blobs.get(image.sha256), fresh.get(image.sha256), by_hash.get(image.sha256)
                ),
            )
            for image in images
        ]
        written = await self._stores.ledger.finish(finished)
        self._pace.count(written)
