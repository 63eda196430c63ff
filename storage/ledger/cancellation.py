"""Cancelling: what has not run will not run, what has run is kept."""

from domain.jobs import Status
from storage.clock import utc_now
from storage.ledger.cells import changed_cells
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database


class Cancellation:
    """Ends the open images of jobs.

    Args:
        database: Holds everything.
        metrics: Told of every image that ends.
    """

    def __init__(self, database: Database, metrics: WorkMetrics | None = None) -> None:
        self._images = database["images"]
        self._metrics = metrics or WorkMetrics()

    async def cancel_job(self, job_id: str) -> int:
        """End what is open of a job. Durable once the job has been settled.

        The fence grows, so that a worker that holds an image can write nothing any more; the
        attempt that is broken off does not count.

        Args:
            job_id: The job.

        Returns:
            How many images were canceled; the others had ended.
        """
        was_begun = {"$eq": ["$status", Status.PROCESSING.value]}
        fields = {
            "status": Status.CANCELED.value,
            "cells": changed_cells(Status.QUEUED, Status.CANCELED),
            "attempts": {"$subtract": ["$attempts", {"$cond": [was_begun, 1, 0]}]},
            "fence": {"$add": [{"$ifNull": ["$fence", 0]}, 1]},
            "finished_at": utc_now(),
        }
        canceled = await self._images.update_many(
            {"job_id": job_id, "due_at": {"$exists": True}},
            [{"$set": fields}, {"$unset": ["lease", "due_at"]}],
        )
        self._metrics.images_ended(Status.CANCELED, canceled.modified_count)
        return canceled.modified_count
