"""Cells as MongoDB sees them: how those of a job stand, and how those of an image are changed."""

from collections.abc import Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession

from domain.jobs import Status, Tally
from storage.mongo.client import Collection, Document

# An open cell of a claimed image runs; only images are claimed, cells are not written for it.
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


def has_cell(status: Status) -> Document:
    """Make an expression that holds for an image with a cell of this status."""
    statuses = {"$map": {"input": {"$objectToArray": "$cells"}, "in": "$$this.v.status"}}
    return {"$in": [status.value, statuses]}


def changed_cells(before: Status, after: Status) -> Document:
    """Make an expression for an image's cells, those of one status changed to another.

    What a changed cell held besides, its version and its error, is dropped.
    """
    changed = {"k": "$$this.k", "v": {"status": after.value}}
    is_changed = {"$eq": ["$$this.v.status", before.value]}
    cells = {"$objectToArray": "$cells"}
    return {
        "$arrayToObject": {
            "$map": {"input": cells, "in": {"$cond": [is_changed, changed, "$$this"]}}
        }
    }


async def tally_job(
    jobs: Collection, job_id: str, session: AsyncIOMotorClientSession | None = None
) -> tuple[Document, Tally] | None:
    """Tally one job; see :func:`tally_jobs`. Gives None if there is no such job."""
    found = await tally_jobs(jobs, [job_id], session)
    return found[0] if found else None


async def tally_jobs(
    jobs: Collection, job_ids: Sequence[str], session: AsyncIOMotorClientSession | None = None
) -> list[tuple[Document, Tally]]:
    """Read jobs, then tally their images: in this order a stale tally cannot win.

    Args:
        jobs: Holds the jobs.
        job_ids: The jobs.
        session: The transaction that this is a part of, if any.

    Returns:
        Of each job that is there, its ``status``, ``version``, ``callback_url`` and ``tally`` as
        they are written, and the tally as it is.
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
        {"$project": dict.fromkeys(["status", "version", "tally", "counts", "callback_url"], 1)},
    ]
    found = []
    async for job in jobs.aggregate(pipeline, session=session):
        count = {entry["_id"]: entry["count"] for entry in job["counts"]}
        tally = Tally(
            succeeded=count.get(Status.SUCCEEDED, 0),
            failed=count.get(Status.FAILED, 0),
            canceled=count.get(Status.CANCELED, 0),
            waiting=count.get(Status.QUEUED, 0),
            running=count.get(Status.PROCESSING, 0),
            refused=job["tally"]["refused"],
        )
        found.append((job, tally))
    return found
