"""States of jobs, computed from the states of their images."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from pymongo import UpdateOne

from domain.claims import FinishedImage
from domain.job_changes import JobChange, end_of
from domain.jobs import TERMINAL, Status, Tally, roll_up
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.ledger.cells import tally_jobs
from storage.ledger.open_work import IS_OPEN
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import DURABLE, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.outbox.pending_events import PENDING_EVENTS, pending_job_event
from storage.outbox.subscriptions import Subscriptions, WantedTypes


class OfOneImage(msgspec.Struct, frozen=True):
    """A job that has no cells but those of one image and of refused files.

    Attributes:
        job: As read before the end of the image, with :data:`storage.ledger.cells.JOB_FIELDS`.
        image: Its end, which is written before, or at the same time.
    """

    job: Document
    image: FinishedImage

    @property
    def tally(self) -> Tally:
        """The cells of the job now."""
        cells = Counter(cell.status for cell in self.image.cells.values())
        return Tally.of(cells, self.job["tally"]["refused"])


class JobUpdate(msgspec.Struct, frozen=True):
    """The update of a job whose state differs from that of its images, guarded by its version."""

    change: JobChange
    ends: bool
    write: UpdateOne
    tally: Tally | None = None

    def if_same(self, found: "JobUpdate") -> "JobUpdate":
        """Return this update, which may know the only image, if what was found says the same."""
        mine, other = self.change, found.change
        is_same = (mine.version, mine.status, self.tally) == (
            other.version,
            other.status,
            found.tally,
        )
        return self if is_same else found


class JobStates:
    """Brings jobs up to date with their images ("settles" them)."""

    def __init__(
        self, database: Database, metrics: WorkMetrics, subscriptions: Subscriptions
    ) -> None:
        self._client = database.client
        self._jobs = database["jobs"]
        self._durable_jobs = self._jobs.with_options(write_concern=DURABLE)
        self._metrics = metrics
        self._subscriptions = subscriptions

    async def settle(
        self, job_ids: Sequence[str], known: Sequence[OfOneImage] = ()
    ) -> list[JobChange | None]:
        """Bring the status and progress of jobs up to date with their images, durably.

        The state is computed from the images each time instead of incremented: after a crash
        between two writes, the next call corrects it.

        Args:
            job_ids: The jobs.
            known: Those whose images need not be read, unless they have changed meanwhile.

        Returns:
            For each job its change, or None if it was up to date.
        """
        changes: dict[str, JobChange] = {}
        behind = await self._find_changed(known)
        left = set(job_ids) - {update.change.job_id for update in behind}
        while left or behind:
            if left:
                behind = [*behind, *await self._find_behind(list(left))]
            ending = [update for update in behind if update.ends]
            written = [
                *await self._write([update for update in behind if not update.ends]),
                *(await self._end(ending) if ending else []),
            ]
            self.count_ended(written)
            changes |= {update.change.job_id: update.change for update in written}
            left = {update.change.job_id for update in behind} - changes.keys()
            behind = []
        return [changes.pop(job_id, None) for job_id in job_ids]

    async def update_of_one(self, known: OfOneImage) -> JobUpdate | None:
        """Make the update of a job that ends with its only image; None if it changes nothing.

        Once it is written, it is for :meth:`count_ended`.
        """
        return next(iter(await self._find_changed([known])), None)

    async def settle_within(self, job_ids: Sequence[str], session: Session) -> list[JobUpdate]:
        """Bring jobs up to date in the transaction that changes their images.

        Once it is committed, the updates are for :meth:`count_ended`.
        """
        behind = await self._find_behind(job_ids, session)
        if behind:
            writes = [update.write for update in behind]
            await self._jobs.bulk_write(writes, ordered=False, session=session)
        return behind

    def count_ended(self, updates: Sequence[JobUpdate]) -> None:
        """Count the jobs that ended with these updates."""
        for update in updates:
            if update.ends:
                self._metrics.job_ended(update.change.job_id, update.change.status)

    async def start(self, job_ids: Sequence[str]) -> list[JobChange | None]:
        """Set queued jobs to processing; returns None for a job that was not queued."""
        queued = {"_id": {"$in": list(job_ids)}, "status": Status.QUEUED, **IS_OPEN}
        found = self._jobs.find(queued, {"version": 1})
        starts = [
            JobUpdate(
                JobChange(job["_id"], job["version"] + 1, Status.PROCESSING),
                ends=False,
                write=UpdateOne(
                    {"_id": job["_id"], "version": job["version"]},
                    {"$set": {"status": Status.PROCESSING.value}, "$inc": {"version": 1}},
                ),
            )
            async for job in found
        ]
        changes = {s.change.job_id: s.change for s in await self._write(starts, durable=False)}
        return [changes.pop(job_id, None) for job_id in job_ids]

    async def _find_changed(self, known: Sequence[OfOneImage]) -> list[JobUpdate]:
        if not known:
            return []
        wanted = await self._subscriptions.wanted_types()
        updates = [_job_update(one.job, one.tally, wanted, one.image) for one in known]
        return [update for update in updates if update]

    async def _find_behind(
        self, job_ids: Sequence[str], session: Session | None = None
    ) -> list[JobUpdate]:
        states = await tally_jobs(self._jobs, job_ids, session)
        wanted = await self._subscriptions.wanted_types()
        return [found for job, tally in states if (found := _job_update(job, tally, wanted))]

    async def _end(self, ending: Sequence[JobUpdate]) -> list[JobUpdate]:
        """Write ends of jobs in a transaction that counts their images once more.

        Ends of images wait for the primary alone. If another member becomes the primary, it may
        never have had them, and a job that has ended by them would be open again. The transaction
        counts and writes on one primary, and its commit makes durable what it has counted.

        Returns:
            What was written: ends, or the state of a job whose images are open again.
        """
        expected = {update.change.job_id: update for update in ending}

        async def write(session: Session) -> list[JobUpdate]:
            found = await self._find_behind(list(expected), session)
            updates = [expected[one.change.job_id].if_same(one) for one in found]
            if updates:
                writes = [update.write for update in updates]
                await self._jobs.bulk_write(writes, ordered=False, session=session)
            return updates

        return await run_transaction(self._client, write)

    async def _write(
        self, updates: Sequence[JobUpdate], *, durable: bool = True
    ) -> Sequence[JobUpdate]:
        """Write updates. Returns those that are in the database afterwards."""
        if not updates:
            return []
        jobs = self._durable_jobs if durable else self._jobs
        result = await jobs.bulk_write([update.write for update in updates], ordered=False)
        if result.modified_count in {0, len(updates)}:
            return updates if result.modified_count else []
        # Another process wrote some jobs first. If it wrote the same change, both may publish it.
        same = [
            {"_id": of.change.job_id, "version": of.change.version, "status": of.change.status}
            for of in updates
        ]
        there = {job["_id"] async for job in self._jobs.find({"$or": same}, {"_id": 1})}
        return [update for update in updates if update.change.job_id in there]


def _job_update(
    job: Document, tally: Tally, wanted: WantedTypes, only: FinishedImage | None = None
) -> JobUpdate | None:
    """Make the update of a job, if it is behind; ``only`` is its only image."""
    status = roll_up(tally)
    if not tally.total and job["status"] in TERMINAL:
        status = Status(job["status"])  # Deleting the images of a job that ended keeps its status.
    tallied = msgspec.to_builtins(tally)
    if job["status"] == status and job["tally"] == tallied:
        return None
    fields = {"status": status.value, "tally": tallied}
    update: Document = {"$set": fields, "$inc": {"version": 1}}
    ends, end, now = status in TERMINAL and job["status"] not in TERMINAL, None, utc_now()
    if ends:
        end = end_of(only, tally, now) if only else None
        update["$set"]["finished_at"] = now
        update["$unset"] = {"due_at": ""}
        if EventType.JOB_FINISHED in wanted or job.get("callback_url"):
            update["$push"] = {PENDING_EVENTS: pending_job_event(job["version"] + 1, status, now)}
    return JobUpdate(
        JobChange(job["_id"], job["version"] + 1, status, end),
        ends,
        UpdateOne({"_id": job["_id"], "version": job["version"]}, update),
        tally,
    )
