"""Recount of the statistics from images and blobs, and comparison."""

from pymongo.client_session import ClientSession

from domain.statistics import (
    BYTES,
    CAMERA,
    FACES,
    FAILURE,
    FORMAT,
    IMAGES,
    QUARTER,
    QUARTER_MINUTES,
    STORED_BYTES,
    USER,
    USERS,
    Counts,
    count_users,
)
from storage.aggregates.counters import STATISTICS, expand
from storage.aggregates.pending import read_pending_counts
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.snapshots import read_snapshot
from storage.mongo.threads import PlainDatabase, run_with_session

_QUARTER = {"date": "$uploaded_at", "unit": "minute", "binSize": QUARTER_MINUTES}
QUARTER_OF_UPLOAD: Document = {
    "$dateToString": {"date": {"$dateTrunc": _QUARTER}, "format": "%Y-%m-%dT%H:%M"}
}
_BY_VALUE = {
    FORMAT: "$format",
    USER: "$user_id",
    CAMERA: "$camera_model",
    QUARTER: QUARTER_OF_UPLOAD,
}
_ALL_CODES: list[Document] = [
    {"$project": {"error": 1, "cells": {"$objectToArray": "$cells"}}},
    {
        "$project": {
            "codes": {"$setUnion": ["$cells.v.error.code", [{"$ifNull": ["$error.code", ""]}]]}
        }
    },
    {"$unwind": "$codes"},
    {"$group": {"_id": "$codes", "count": {"$sum": 1}}},
]
_TOTALS: Document = {
    "_id": None,
    "images": {"$sum": 1},
    "bytes": {"$sum": "$size_bytes"},
    "faces": {"$sum": "$faces"},
}


async def recount(database: Database, session: Session | None = None) -> dict[str, int]:
    """Count everything again; zeros are left out. Reads every image, and is slow.

    Without a snapshot, changes during the count may be half in it.
    """
    images = database["images"]
    counts = Counts()
    async for total in images.aggregate([{"$group": _TOTALS}], session=session):
        counts.update({IMAGES: total["images"], BYTES: total["bytes"], FACES: total["faces"]})
    for family, value in _BY_VALUE.items():
        by_value: Document = {"$group": {"_id": value, "count": {"$sum": 1}}}
        async for found in images.aggregate([by_value], session=session, allowDiskUse=True):
            if found["_id"]:
                counts[family + found["_id"]] = found["count"]
            if family == USER:
                counts[USERS] += 1
    async for failure in images.aggregate(_ALL_CODES, session=session):
        if failure["_id"]:
            counts[FAILURE + failure["_id"]] = failure["count"]
    stored: Document = {"$group": {"_id": None, "bytes": {"$sum": "$length"}}}
    async for blobs in database["blobs.files"].aggregate([stored], session=session):
        counts[STORED_BYTES] = blobs["bytes"]
    return {name: count for name, count in counts.items() if count}


def read_counts(database: PlainDatabase, session: ClientSession | None = None) -> dict[str, int]:
    """Read all stored counts with pending changes."""
    change = read_pending_counts(database, session)
    counts = Counts(dict(expand(database[STATISTICS].find(session=session))))
    counts[USERS] += count_users(counts, change)
    counts.update(change)
    return {name: count for name, count in counts.items() if count}


async def find_wrong_statistics(client: Client, database: Database) -> dict[str, tuple[int, int]]:
    """Compare the statistics with a recount, in one snapshot.

    Returns differences by name of the count: the stored value and the recounted one.
    """

    async def compare(session: Session) -> dict[str, tuple[int, int]]:
        counted = await recount(database, session)
        stored = await run_with_session(database, session, read_counts)
        return {
            name: (stored.get(name, 0), counted.get(name, 0))
            for name in sorted({*stored, *counted})
            if stored.get(name, 0) != counted.get(name, 0)
        }

    return await read_snapshot(client, compare)
