"""The main task: claims a chunk of a job, processes its blobs in children, writes the results."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec
import structlog

from domain.blobs import Blob
from domain.claims import ClaimedImage, FinishedImage
from domain.images.formats import ImageFormat
from sandbox.pool import ChildPool
from storage.backlog.lone_claims import Claimed
from storage.blobs.results import BlobResults
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.ledger.job_states import OfOneImage
from storage.stores import Stores
from tasks.images.claims import Claims
from tasks.images.findings import (
    NO_BLOB,
    blob_results,
    finish_image,
    known_poison,
    log_dead_letter,
    needed_operations,
    new_poison,
)
from tasks.images.foreign_results import ForeignResults, group_ends
from tasks.images.image_batch import BatchItem, Outcome
from tasks.images.image_processes import ImageProcesses
from tasks.images.ledger_batching import LedgerBatcher
from tasks.images.predict_images import PredictImages
from tasks.images.work_telemetry import WorkTelemetry
from tasks.settings import Settings

# A job that ends within this time goes from queued to its end without a processing state.
START_SECONDS = 1.0
# After more attempts than this, the images of a chunk are processed one at a time.
ATTEMPTS_TOGETHER = 2

_log = structlog.get_logger(__name__)


class Chunk(msgspec.Struct, eq=False):
    """A claimed chunk, what was read of it, and what was written.

    Attributes:
        ends: The ends of images.
        is_settled: Whether the job has ended with its only image.
    """

    claimed: Claimed
    ends: list[FinishedImage] = []
    is_settled: bool = False

    @property
    def of_one_image(self) -> OfOneImage | None:
        """The job, if its only image has ended; None if its images are to be counted."""
        if self.claimed.job is None or len(self.ends) != 1:
            return None
        return OfOneImage(self.claimed.job, self.ends[0])


class ChunkProcessor:
    """Processes chunks of jobs.

    Attributes:
        claims: The claims of this worker.
        head_starts: Images whose results are computed before they are claimed.
        predict_images: Adds predictions to the ends of images.
    """

    def __init__(
        self, settings: Settings, stores: Stores, pool: ChildPool, telemetry: WorkTelemetry
    ) -> None:
        worker = settings.worker
        self._stores = stores
        self._batcher = LedgerBatcher(stores)
        self._processes = ImageProcesses(
            pool, settings.limits, worker.worker_group_images, worker.max_crashes
        )
        self.head_starts = self._processes.head_starts
        self.predict_images = PredictImages(stores)
        self._foreign = ForeignResults(self._batcher, pool.children)
        self._poison_life = timedelta(seconds=worker.poison_seconds)
        self._telemetry = telemetry
        renew_seconds = settings.rules.lease_seconds / 3
        self.claims = Claims(stores, self._batcher, renew_seconds, telemetry)

    async def process(self, job_id: str, chunk: int, units: float) -> None:
        """Process the open images of a chunk that no other worker holds.

        The work is estimated in small images.
        """
        known: OfOneImage | None = None
        is_settled = False
        async with self.claims.holding(job_id, chunk, units) as claimed:
            if not (images := claimed.images):
                return
            log = _log.bind(job_id=job_id, chunk=chunk, attempt=max(i.fence for i in images))
            starting = asyncio.create_task(self._start(job_id))
            work = Chunk(claimed)
            try:
                hashes = [image.sha256 for image in images]
                blobs = claimed.blobs or await self._batcher.find_blobs(hashes)
                await self._work(work, blobs)
            finally:
                starting.cancel()
            known, is_settled = work.of_one_image, work.is_settled
            log.info("chunk_processed", images=len(images))
        if not is_settled:
            await self._batcher.settle(job_id, known)

    async def _start(self, job_id: str) -> None:
        """Mark the job as begun, unless it ends within a moment."""
        await asyncio.sleep(START_SECONDS)
        with suppress(*STORE_FAILED):  # The job is settled later in any case.
            await self._batcher.start_job(job_id)

    async def _work(self, chunk: Chunk, blobs: dict[str, Blob]) -> None:
        images = chunk.claimed.images
        if all(image.attempts <= ATTEMPTS_TOGETHER for image in images):
            await self._work_on(chunk, images, blobs)
            return
        # No earlier attempt at this chunk came to its end, and one of its images may be the
        # reason. From now on an attempt counts only for the image that is processed.
        await self._stores.ledger.hold_back(images)
        for image in sorted(images, key=lambda image: image.attempts):
            if await self._stores.ledger.begin(image):
                await self._work_on(chunk, [image], blobs)

    async def _work_on(
        self, chunk: Chunk, images: Sequence[ClaimedImage], blobs: dict[str, Blob]
    ) -> None:
        """Process images; results that were computed for another tenant appear in due time."""
        foreign = await self._foreign.hold(
            images,
            blobs,
            utc_now() - self._poison_life,
            again=len(images) == 1 and self._processes.are_idle,
        )
        waits = {image.id for one in foreign.held for image in one.images}
        own = [image for image in images if image.id not in waits]
        await self._process(chunk, own, foreign.blobs)
        for until, group in group_ends(foreign.held):
            await asyncio.sleep(until - time.monotonic())
            await self._process(chunk, group, foreign.blobs)

    async def _process(
        self, chunk: Chunk, images: Sequence[ClaimedImage], blobs: dict[str, Blob]
    ) -> None:
        needed = needed_operations(images, blobs)
        ended = known_poison(images, blobs, needed, utc_now() - self._poison_life)
        wanted = needed.keys() - {outcome.sha256 for outcome in ended}
        read = [blobs[sha256] for sha256 in needed if sha256 in wanted and sha256 in blobs]
        data = {sha256: data for sha256, data in chunk.claimed.data.items() if sha256 in wanted}
        data |= await self._batcher.read_bytes([blob for blob in read if blob.sha256 not in data])
        ended += [Outcome(sha256, error=NO_BLOB) for sha256 in wanted - data.keys()]
        self._telemetry.ran(ended)
        done = [image for image in images if image.sha256 not in data]
        await self._write(chunk, done, blobs, ended)

        formats = {image.sha256: ImageFormat(image.format) for image in images}
        items, suspects = list[BatchItem](), list[BatchItem]()
        for blob in read:
            if (sha256 := blob.sha256) in data:
                item = BatchItem(sha256, data[sha256], formats[sha256], needed[sha256])
                (suspects if blob.poison else items).append(item)

        async def keep(outcomes: Sequence[Outcome]) -> None:
            self._telemetry.ran(outcomes)
            hashes = {outcome.sha256 for outcome in outcomes}
            await self._write(chunk, [i for i in images if i.sha256 in hashes], blobs, outcomes)

        await self._processes.run(items, suspects, keep)

    async def _write(
        self,
        chunk: Chunk,
        images: Sequence[ClaimedImage],
        blobs: dict[str, Blob],
        outcomes: Sequence[Outcome],
    ) -> None:
        """Write the results of blobs, then the ends of their images."""
        if not images:
            return
        now = utc_now()
        found = [
            blob_results(blobs[outcome.sha256], outcome.processed, outcome)
            for outcome in outcomes
            if outcome.processed is not None
        ]
        fresh = {results.blob.sha256: results for results in found}
        outcome_of = {outcome.sha256: outcome for outcome in outcomes}
        finished = []
        for image in images:
            blob, outcome = blobs.get(image.sha256), outcome_of.get(image.sha256)
            finished.append(finish_image(image, blob, fresh.get(image.sha256), outcome, now))
        finished = self.predict_images.add([i.sha256 for i in images], finished, blobs, fresh)
        if await self._end_job(chunk, found, finished):
            return
        await self._batcher.keep(found)
        for sha256, poison in new_poison(outcomes, needed_operations(images, blobs), now).items():
            await self._stores.poisons.remember(sha256, poison)
        written = await self._batcher.finish([end for end in finished if not end.gave_up])
        for image, end in zip(images, finished, strict=True):
            if end.gave_up and await self._batcher.finish([end]):
                written += 1
                log_dead_letter(image, end)
        if written == len(finished):
            chunk.ends += finished
        self._telemetry.throughput.count(written)

    async def _end_job(
        self, chunk: Chunk, found: Sequence[BlobResults], finished: Sequence[FinishedImage]
    ) -> bool:
        """End a job with its only image, if that can be done at once; False if it is not done."""
        job = chunk.claimed.job
        if job is None or not found or len(finished) != 1 or finished[0].gave_up:
            return False
        change = await self._stores.lone_ends.write(found[0], OfOneImage(job, finished[0]))
        if change is None:
            return False
        await self._stores.job_events.publish(change)
        chunk.is_settled = True
        self._telemetry.throughput.count(1)
        return True
