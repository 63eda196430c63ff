"""Cancellation of jobs: open images end, finished ones keep their results."""

from domain.audit import AuditEntry
from domain.jobs import Status
from storage.access.audit import AuditTrail
from storage.clock import utc_now
from storage.ledger.cells import changed_cells
from storage.ledger.claim_updates import NEXT_FENCE
from storage.ledger.fetches import HAS_FETCH, canceling_entries
from storage.ledger.open_work import IS_OPEN
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction

BEGUN = "cancel_begun"
"""The field of a job that notes its cancellation, until the job is opened again."""


class Cancellation:
    """Ends the open images of jobs."""

    def __init__(
        self, client: Client, database: Database, metrics: WorkMetrics, audit: AuditTrail
    ) -> None:
        self._client = client
        self._audit = audit
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._metrics = metrics

    async def cancel_job(self, job_id: str, entry: AuditEntry | None = None) -> int:
        """End the open files of a job, and count them. Durable once the job is settled.

        One transaction cancels the URLs and the first image, with the entry: then no further image
        comes. The other images follow outside of it, since they may be many. Of several calls one
        adds its entry; a call that finds nothing open adds none.

        The fence increases, so that a worker that holds an image can no longer write its end. The
        interrupted attempt does not count.
        """
        open_images = {"job_id": job_id, **IS_OPEN}

        async def begin(session: Session) -> tuple[int, int]:
            urls = await self._cancel_urls(job_id, session)
            first = await self._images.update_one(open_images, _ending(), session=session)
            if (urls or first.modified_count) and entry is not None:
                marked = await self._jobs.update_one(
                    {"_id": job_id, BEGUN: {"$exists": False}},
                    {"$set": {BEGUN: True}},
                    session=session,
                )
                if marked.modified_count:
                    await self._audit.add(entry, session=session)
            return urls, first.modified_count

        urls, images = await run_transaction(self._client, begin)
        if images:
            images += (await self._images.update_many(open_images, _ending())).modified_count
        self._metrics.images_ended(Status.CANCELED, images)
        return urls + images

    async def _cancel_urls(self, job_id: str, session: Session) -> int:
        waiting = await self._jobs.find_one_and_update(
            {"_id": job_id, **HAS_FETCH},
            canceling_entries(),
            {"fetches.status": 1},
            session=session,
        )
        entries: list[Document] = waiting["fetches"] if waiting else []
        return sum(entry["status"] == Status.QUEUED for entry in entries)


def _ending() -> list[Document]:
    """Return the update that cancels an open image."""
    was_begun = {"$eq": ["$status", Status.PROCESSING.value]}
    fields = {
        "status": Status.CANCELED.value,
        "cells": changed_cells(Status.QUEUED, Status.CANCELED),
        "attempts": {"$subtract": ["$attempts", {"$cond": [was_begun, 1, 0]}]},
        "fence": NEXT_FENCE,
        "finished_at": utc_now(),
    }
    return [{"$set": fields}, {"$unset": ["lease", "due_at"]}]
