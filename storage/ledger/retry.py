"""Retries: failed cells are queued as if they had never run."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec
from pymongo import UpdateMany

from domain.audit import AuditEntry
from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint, Status, roll_up
from storage.access.audit import AuditTrail
from storage.clock import utc_now
from storage.ledger.cancellation import BEGUN
from storage.ledger.cells import changed_cells, has_cell, tally_jobs
from storage.ledger.claim_updates import NEXT_FENCE
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction

FIELDS = dict.fromkeys(["job_id", "user_id", "chunk", "size_bytes"], 1)


class Reopened(msgspec.Struct, frozen=True):
    """The images that are queued again: their number, and a hint for each of their chunks."""

    images: int = 0
    hints: list[ChunkHint] = []


class Retry:
    """Queues failed cells again. Cells that succeeded or were canceled stay as they are.

    The reconciler handles a chunk that no worker has claimed within ``due_after``.
    """

    def __init__(
        self, client: Client, database: Database, due_after: timedelta, audit: AuditTrail
    ) -> None:
        self._client = client
        self._audit = audit
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._due_after = due_after

    async def reopen_job(self, job_id: str, entry: AuditEntry | None = None) -> Reopened:
        """Queue all failed cells of a job again, with the entry; after a crash, all or none.

        Of two parallel calls one gets all the images.

        Raises:
            PyMongoError: Nothing was written, or (rarely) the answer to the commit was lost.
        """
        entries = [] if entry is None else [entry]
        return await self._reopen({"job_id": job_id}, lambda _: entries)

    async def reopen_images(
        self, image_ids: Sequence[str], entries: Mapping[str, AuditEntry] | None = None
    ) -> Reopened:
        """Queue the failed cells of some images of one job again; see :meth:`reopen_job`.

        Each image that is queued adds its entry, if it has one.
        """
        given = entries or {}
        return await self._reopen(
            {"_id": {"$in": list(image_ids)}},
            lambda images: [given[image["_id"]] for image in images if image["_id"] in given],
        )

    async def _reopen(
        self, which: Document, entries_of: Callable[[list[Document]], list[AuditEntry]]
    ) -> Reopened:
        wanted = {**which, "due_at": {"$exists": False}, "$expr": has_cell(Status.FAILED)}

        async def write(session: Session) -> Reopened:
            failed = await self._images.find(wanted, FIELDS, session=session).to_list(None)
            if not failed:
                return Reopened()
            chunks: dict[int, list[Document]] = defaultdict(list)
            for image in failed:
                chunks[image["chunk"]].append(image)
            hints = await self._next_hints(chunks, session)
            await self._images.bulk_write(
                [self._reopening_update(chunks[hint.chunk], hint) for hint in hints],
                ordered=False,
                session=session,
            )
            await self._reopen_job_document(failed[0]["job_id"], session)
            await self._audit.add(*entries_of(failed), session=session)
            return Reopened(len(failed), hints)

        return await run_transaction(self._client, write)

    async def _next_hints(
        self, chunks: dict[int, list[Document]], session: Session
    ) -> list[ChunkHint]:
        """Number the next hint of each chunk; no number is used twice."""
        first = next(iter(chunks.values()))[0]
        job_id, user_id = first["job_id"], first["user_id"]
        numbers = self._images.aggregate(
            [
                {"$match": {"job_id": job_id, "chunk": {"$in": list(chunks)}}},
                {"$group": {"_id": "$chunk", "last": {"$max": "$hint"}}},
                {"$sort": {"_id": 1}},
            ],
            session=session,
        )
        hints = []
        async for found in numbers:
            sizes = [image["size_bytes"] for image in chunks[found["_id"]]]
            units = estimate_units(len(sizes), sum(sizes))
            hints.append(ChunkHint(job_id, found["_id"], found["last"] + 1, user_id, units))
        return hints

    def _reopening_update(self, failed: list[Document], hint: ChunkHint) -> UpdateMany:
        fields = {
            "status": Status.QUEUED.value,
            "cells": changed_cells(Status.FAILED, Status.QUEUED),
            "attempts": 0,
            "fence": NEXT_FENCE,  # Earlier claims can no longer write.
            "hint": hint.number,
            "due_at": utc_now() + self._due_after,
            "uncounted": True,  # The statistics must no longer count it as failed.
        }
        ended = ["error", "finished_at", "gave_up_at"]
        image_ids = [image["_id"] for image in failed]
        return UpdateMany({"_id": {"$in": image_ids}}, [{"$set": fields}, {"$unset": ended}])

    async def _reopen_job_document(self, job_id: str, session: Session) -> None:
        """Open the job again; an image can outlive its job."""
        for _, tally in await tally_jobs(self._jobs, [job_id], session):
            fields = {
                "status": roll_up(tally).value,
                "tally": msgspec.to_builtins(tally),
                "finished_at": None,
                "due_at": utc_now() + self._due_after,
            }
            await self._jobs.update_one(
                {"_id": job_id},
                {"$set": fields, "$inc": {"version": 1}, "$unset": {BEGUN: ""}},
                session=session,
            )
