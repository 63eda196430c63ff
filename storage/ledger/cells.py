"""Cells (image × operation) in MongoDB: expressions that change them, and tallies of jobs."""

from collections import Counter
from collections.abc import Sequence

from domain.jobs import Status, Tally
from storage.mongo.client import Collection, Document, Session

# A claim is written to the image alone: the queued cells of a claimed image are processing.
CELL_STATUS: Document = {
    "$cond": [
        {
            "$and": [
                {"$eq": ["$cells.v.status", Status.QUEUED.value]},
                {"$eq": ["$status", Status.PROCESSING.value]},
            ]
        },
        Status.PROCESSING.value,
        "$cells.v.status",
    ]
}

JOB_FIELDS = dict.fromkeys(
    ["status", "version", "tally", "counts", "callback_url", "fetches.status", "operations"], 1
)


def has_cell(status: Status) -> Document:
    """Return an expression that is true for an image with a cell of this status."""
    statuses = {"$map": {"input": {"$objectToArray": "$cells"}, "in": "$$this.v.status"}}
    return {"$in": [status.value, statuses]}


def changed_cells(before: Status, after: Status) -> Document:
    """Return an expression for an image's cells, those of one status changed to another.

    A changed cell loses its version and its error.
    """
    changed = {"k": "$$this.k", "v": {"status": after.value}}
    is_changed = {"$eq": ["$$this.v.status", before.value]}
    cells = {"$objectToArray": "$cells"}
    return {
        "$arrayToObject": {
            "$map": {"input": cells, "in": {"$cond": [is_changed, changed, "$$this"]}}
        }
    }


async def tally_jobs(
    jobs: Collection, job_ids: Sequence[str], session: Session | None = None
) -> list[tuple[Document, Tally]]:
    """Read jobs, then count the cells of their images; in this order no stale tally is written.

    Returns:
        For each existing job its stored ``status``, ``version``, ``callback_url`` and ``tally``,
        and the tally as counted now.
    """
    pipeline: list[Document] = [
        {"$match": {"_id": {"$in": list(job_ids)}}},
        {
            "$lookup": {
                "from": "images",
                "localField": "_id",
                "foreignField": "job_id",
                "pipeline": [
                    {"$project": {"status": 1, "cells": {"$objectToArray": "$cells"}}},
                    {"$unwind": "$cells"},
                    {"$group": {"_id": CELL_STATUS, "count": {"$sum": 1}}},
                ],
                "as": "counts",
            }
        },
        {"$project": JOB_FIELDS},
    ]
    found = []
    async for job in jobs.aggregate(pipeline, session=session):
        cells = Counter({Status(entry["_id"]): entry["count"] for entry in job["counts"]})
        for entry in job.get("fetches", ()):  # A file that is no image yet.
            cells[Status(entry["status"])] += len(job["operations"])
        found.append((job, Tally.of(cells, job["tally"]["refused"])))
    return found
