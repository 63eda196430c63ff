"""Batching of the ledger's calls: the tasks of a worker share their round trips.

Each task processes a chunk of one job, and many jobs are a single image. Without batching, the
round trips of such a task would cost more than its image.
"""

from collections.abc import Sequence

from domain.blobs import Blob
from domain.claims import ClaimedImage, FinishedImage
from domain.job_changes import JobChange
from domain.ports import GRIDFS
from storage.backlog.lone_claims import LONE_UNITS, Claimed
from storage.backlog.workers import worker_name
from storage.blobs.results import BlobResults
from storage.ledger.job_states import OfOneImage
from storage.queue.batching import Batcher
from storage.stores import Stores

MOST_JOBS = 100
MOST_IMAGES = 200
MOST_BYTES = 4 * 1024 * 1024


class LedgerBatcher:
    """Batches the calls of the tasks of one worker. Errors are those of the stores."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._worker = worker_name()
        self._claims = Batcher(self._claim_all, MOST_JOBS)
        self._blobs = Batcher(self._find_all, MOST_IMAGES, len)
        self._earlier = Batcher(self._find_all_earlier, MOST_IMAGES, len)
        self._reads = Batcher(
            self._read_all, MOST_BYTES, lambda blobs: sum(blob.size_bytes for blob in blobs)
        )
        self._results = Batcher(
            self._keep_all,
            MOST_BYTES,
            lambda found: sum(len(v.data) for results in found for v in results.variants),
        )
        self._ends = Batcher(stores.ledger.finish, MOST_IMAGES, len)
        self._starts = Batcher(self._start_all, MOST_JOBS)
        self._settlings = Batcher(self._settle_all, MOST_JOBS)

    async def claim(self, job_id: str, chunk: int, units: float) -> Claimed:
        """Claim a chunk; if it is one small image and no other waits, read all that is needed."""
        return await self._claims.submit((job_id, chunk, units))

    async def find_blobs(self, hashes: Sequence[str]) -> dict[str, Blob]:
        """Read what is known of blobs; see :meth:`storage.blobs.known_blobs.KnownBlobs.find`."""
        return await self._blobs.submit(hashes)

    async def find_earlier(self, images: Sequence[ClaimedImage]) -> dict[str, frozenset[str]]:
        """See :meth:`storage.ledger.earlier_results.EarlierResults.find`."""
        return await self._earlier.submit(images)

    async def read_bytes(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Read the bytes of blobs; see :meth:`storage.blobs.results.Results.read_bytes`.

        Objects are read by themselves: together they would cost as much, and while they cannot be
        read, other images of the batch would wait with them.
        """
        together = [blob for blob in blobs if blob.location.store == GRIDFS]
        alone = [blob for blob in blobs if blob.location.store != GRIDFS]
        found = await self._reads.submit(together) if together else {}
        return found | await self._stores.results.read_bytes(alone) if alone else found

    async def keep(self, found: Sequence[BlobResults]) -> None:
        """Write results and variants; see :meth:`storage.blobs.results.Results.keep`."""
        if found:
            await self._results.submit(found)

    async def finish(self, finished: Sequence[FinishedImage]) -> int:
        """Write the ends of images; see :meth:`storage.ledger.ledger.Ledger.finish`."""
        return await self._ends.submit(finished) if finished else 0

    async def start_job(self, job_id: str) -> None:
        """Mark a queued job as begun, and publish the change."""
        await self._starts.submit(job_id)

    async def settle(self, job_id: str, known: OfOneImage | None = None) -> None:
        """Bring a job up to date with its images, or its known one, and publish the change."""
        await self._settlings.submit((job_id, known))

    async def _claim_all(self, chunks: Sequence[tuple[str, int, float]]) -> list[Claimed]:
        if len(chunks) == 1 and chunks[0][2] < LONE_UNITS:
            job_id, chunk, _ = chunks[0]
            return [await self._stores.lone_claims.claim(job_id, chunk, self._worker)]
        numbers = [(job_id, chunk) for job_id, chunk, _ in chunks]
        claims = await self._stores.ledger.claim_chunks(numbers, self._worker)
        return [Claimed(claim_id, images) for claim_id, images in claims]

    async def _find_all(self, groups: Sequence[Sequence[str]]) -> list[dict[str, Blob]]:
        hashes = {sha256 for group in groups for sha256 in group}
        blobs = await self._stores.blobs.find(list(hashes))
        return [{sha: blobs[sha] for sha in group if sha in blobs} for group in groups]

    async def _find_all_earlier(
        self, groups: Sequence[Sequence[ClaimedImage]]
    ) -> list[dict[str, frozenset[str]]]:
        found = await self._stores.earlier_results.find([of for group in groups for of in group])
        return [found] * len(groups)

    async def _read_all(self, groups: Sequence[Sequence[Blob]]) -> list[dict[str, bytes]]:
        blobs = {blob.sha256: blob for group in groups for blob in group}
        data = await self._stores.results.read_bytes(list(blobs.values()))
        return [{b.sha256: data[b.sha256] for b in group if b.sha256 in data} for group in groups]

    async def _keep_all(self, groups: Sequence[Sequence[BlobResults]]) -> list[None]:
        await self._stores.results.keep([found for group in groups for found in group])
        return [None] * len(groups)

    async def _start_all(self, job_ids: Sequence[str]) -> list[None]:
        return await self._publish(await self._stores.ledger.states.start(job_ids))

    async def _settle_all(self, jobs: Sequence[tuple[str, OfOneImage | None]]) -> list[None]:
        known = [of for _, of in jobs if of is not None]
        changes = await self._stores.ledger.states.settle([job_id for job_id, _ in jobs], known)
        return await self._publish(changes)

    async def _publish(self, changes: Sequence[JobChange | None]) -> list[None]:
        await self._stores.job_events.publish_all([change for change in changes if change])
        return [None] * len(changes)
