"""Cancellation of jobs: open images end, finished ones keep their results."""

from domain.jobs import Status
from storage.clock import utc_now
from storage.ledger.cells import changed_cells
from storage.ledger.claim_updates import NEXT_FENCE
from storage.ledger.fetches import HAS_FETCH, canceling_entries
from storage.ledger.open_work import IS_OPEN
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database, Document


class Cancellation:
    """Ends the open images of jobs."""

    def __init__(self, database: Database, metrics: WorkMetrics) -> None:
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._metrics = metrics

    async def cancel_job(self, job_id: str) -> int:
        """End the open files of a job, and count them. Durable once the job is settled.

        URLs are canceled first: then no further image comes.

        The fence increases, so that a worker that holds an image can no longer write its end. The
        interrupted attempt does not count.
        """
        waiting = await self._jobs.find_one_and_update(
            {"_id": job_id, **HAS_FETCH}, canceling_entries(), {"fetches.status": 1}
        )
        was_begun = {"$eq": ["$status", Status.PROCESSING.value]}
        fields = {
            "status": Status.CANCELED.value,
            "cells": changed_cells(Status.QUEUED, Status.CANCELED),
            "attempts": {"$subtract": ["$attempts", {"$cond": [was_begun, 1, 0]}]},
            "fence": NEXT_FENCE,
            "finished_at": utc_now(),
        }
        canceled = await self._images.update_many(
            {"job_id": job_id, **IS_OPEN},
            [{"$set": fields}, {"$unset": ["lease", "due_at"]}],
        )
        self._metrics.images_ended(Status.CANCELED, canceled.modified_count)
        entries: list[Document] = waiting["fetches"] if waiting else []
        urls = [entry for entry in entries if entry["status"] == Status.QUEUED]
        return canceled.modified_count + len(urls)
