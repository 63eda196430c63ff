"""The state of jobs, which follows from the state of their images."""

from collections.abc import Sequence

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateOne

from domain.jobs import TERMINAL, JobChange, Status, Tally, roll_up
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.ledger.cells import tally_jobs
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import DURABLE, Database, Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_job_event
from storage.outbox.subscriptions import Subscriptions, WantedTypes


class Settling(msgspec.Struct, frozen=True):
    """A job that is behind its images.

    Attributes:
        change: What it is about to become.
        ends: Whether it ends with that.
        write: Makes it so, if nobody else has changed it meanwhile.
    """

    change: JobChange
    ends: bool
    write: UpdateOne


class JobStates:
    """Brings jobs up to date.

    Args:
        database: Holds everything.
        metrics: Told of every job that ends.
        subscriptions: Say whether the end of a job is to be announced.
    """

    def __init__(
        self, database: Database, metrics: WorkMetrics, subscriptions: Subscriptions
    ) -> None:
        self._jobs = database["jobs"]
        self._durable_jobs = self._jobs.with_options(write_concern=DURABLE)
        self._metrics = metrics
        self._subscriptions = subscriptions

    async def settle(self, job_ids: Sequence[str]) -> list[JobChange | None]:
        """Bring the status and progress of jobs up to date with their images, durably.

        The state is worked out from the images each time, never counted up, so that a crash
        between two writes leaves nothing wrong for longer than until the next settling.

        Returns:
            For each job its change, or None if there was none.
        """
        changes: dict[str, JobChange] = {}
        left = set(job_ids)
        while left:
            behind = await self._find_behind(list(left))
            written = await self._write(behind)
            self.count_ended(written)
            changes |= {settling.change.job_id: settling.change for settling in written}
            left = {settling.change.job_id for settling in behind} - changes.keys()
        return [changes.pop(job_id, None) for job_id in job_ids]

    async def settle_within(
        self, job_ids: Sequence[str], session: AsyncIOMotorClientSession
    ) -> list[Settling]:
        """Bring jobs up to date in the transaction that changes their images.

        Returns:
            Those that were behind, for :meth:`count_ended` once the transaction is committed.
        """
        behind = await self._find_behind(job_ids, session)
        if behind:
            writes = [settling.write for settling in behind]
            await self._jobs.bulk_write(writes, ordered=False, session=session)
        return behind

    def count_ended(self, settlings: Sequence[Settling]) -> None:
        """Count those jobs that have ended with what was written."""
        for settling in settlings:
            if settling.ends:
                self._metrics.job_ended(settling.change.job_id, settling.change.status)

    async def start(self, job_ids: Sequence[str]) -> list[JobChange | None]:
        """Mark jobs as begun that were not.

        Returns:
            For each job its change, or None if there was none.
        """
        queued = {
            "_id": {"$in": list(job_ids)},
            "status": Status.QUEUED,
            "due_at": {"$exists": True},
        }
        found = self._jobs.find(queued, {"version": 1})
        starts = [
            Settling(
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

    async def _find_behind(
        self, job_ids: Sequence[str], session: AsyncIOMotorClientSession | None = None
    ) -> list[Settling]:
        states = await tally_jobs(self._jobs, job_ids, session)
        wanted = await self._subscriptions.wanted_types()
        return [found for job, tally in states if (found := _settling(job, tally, wanted))]

    async def _write(
        self, settlings: Sequence[Settling], *, durable: bool = True
    ) -> Sequence[Settling]:
        """Write changes. Returns those that were written."""
        if not settlings:
            return []
        jobs = self._durable_jobs if durable else self._jobs
        result = await jobs.bulk_write([settling.write for settling in settlings], ordered=False)
        if result.modified_count in {0, len(settlings)}:
            return settlings if result.modified_count else []
        # Some were changed by others. Where it is just the same change, either may tell of it.
        same = [
            {"_id": of.change.job_id, "version": of.change.version, "status": of.change.status}
            for of in settlings
        ]
        there = {job["_id"] async for job in self._jobs.find({"$or": same}, {"_id": 1})}
        return [settling for settling in settlings if settling.change.job_id in there]


def _settling(job: Document, tally: Tally, wanted: WantedTypes) -> Settling | None:
    """Say how a job gets up to date with its tally; None if it is."""
    status = roll_up(tally)
    if not tally.total and job["status"] in TERMINAL:
        status = Status(job["status"])  # Deleting what is done undoes nothing.
    tallied = msgspec.to_builtins(tally)
    if job["status"] == status and job["tally"] == tallied:
        return None
    update: Document = {
        "$set": {"status": status.value, "tally": tallied},
        "$inc": {"version": 1},
    }
    ends = status in TERMINAL and job["status"] not in TERMINAL
    if ends:
        now = utc_now()
        update["$set"]["finished_at"] = now
        update["$unset"] = {"due_at": ""}
        if EventType.JOB_FINISHED in wanted or job.get("callback_url"):
            update["$push"] = {PENDING_EVENTS: pending_job_event(job["version"] + 1, status, now)}
    return Settling(
        JobChange(job["_id"], job["version"] + 1, status),
        ends,
        UpdateOne({"_id": job["_id"], "version": job["version"]}, update),
    )
