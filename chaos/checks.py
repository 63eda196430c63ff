"""Checks of the database after faults: open work, double writes, missing bytes, orphans."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import msgspec
from bson import Timestamp

from domain.jobs import TERMINAL
from storage.mongo.client import Client, Database, Document

ENDED = [status.value for status in TERMINAL]
IS_OPEN = {"$or": [{"due_at": {"$exists": True}}, {"status": {"$nin": ENDED}}]}


class Ends(msgspec.Struct, frozen=True):
    """Ends of documents in MongoDB's oplog.

    An end that a retry reopened does not count.

    Attributes:
        images: Number of ends by image.
        jobs: Number of ends by job.
        changed_results: Blobs with a result that was replaced by another one.
    """

    images: Counter[str]
    jobs: Counter[str]
    changed_results: list[str]

    @property
    def of_images_twice(self) -> list[str]:
        """Images that ended more than once."""
        return [image for image, count in self.images.items() if count > 1]

    @property
    def of_jobs_twice(self) -> list[str]:
        """Jobs that ended more than once."""
        return [job for job, count in self.jobs.items() if count > 1]


async def count_open(database: Database) -> int:
    """Count the open images and jobs."""
    counts = [await database[name].count_documents(IS_OPEN) for name in ("images", "jobs")]
    return sum(counts)


async def read_ends(client: Client, database: Database, since: Timestamp) -> Ends:
    """Read from the oplog how often each image and each job was written as ended.

    Args:
        client: A client of a replica set.
        database: The database of the documents.
        since: Time of the first write that counts.

    Raises:
        LookupError: The oplog begins later.
    """
    oldest = await client.local["oplog.rs"].find_one(sort=[("$natural", 1)])
    if oldest is None or oldest["ts"] > since:
        raise LookupError("the oplog begins after the run")
    ends = Ends(Counter(), Counter(), [])
    async for entry in _updates(client, database, since):
        name = entry["ns"].removeprefix(f"{database.name}.")
        if name == "blobs.files":
            results = entry["o"].get("diff", {}).get("smetadata", {}).get("sresults", {})
            if any(key == "u" or key.startswith("s") for key in results):
                ends.changed_results.append(str(entry["o2"]["_id"]))
        else:
            of_kind = ends.images if name == "images" else ends.jobs
            of_kind[entry["o2"]["_id"]] += _ends(entry)
    return ends


async def _updates(
    client: Client, database: Database, since: Timestamp
) -> AsyncIterator[Mapping[str, Any]]:
    names = [f"{database.name}.{name}" for name in ("images", "jobs", "blobs.files")]
    found = client.local["oplog.rs"].find(
        {
            "ts": {"$gte": since},
            "$or": [{"op": "u", "ns": {"$in": names}}, {"o.applyOps.ns": {"$in": names}}],
        }
    )
    async for entry in found:
        for write in entry["o"].get("applyOps", [entry]):
            if write["op"] == "u" and write["ns"] in names:
                yield write


def _ends(entry: Mapping[str, Any]) -> int:
    """Return 1 for a write that ends a document, -1 for one that reopens it, else 0."""
    diff = entry["o"].get("diff", {})
    changed = {**diff.get("u", {}), **diff.get("i", {})}
    if changed.get("finished_at") is not None:
        return 1
    return -1 if "finished_at" in changed or "finished_at" in diff.get("d", {}) else 0


async def find_orphans(database: Database) -> list[object]:
    """Find files without a parent, chunks without a file, and blobs without an image."""
    orphans: list[object] = []
    for bucket in ("blobs", "variants"):
        files = await _distinct(database, f"{bucket}.files", "_id")
        orphans += await _distinct(database, f"{bucket}.chunks", "files_id", but=files)
    hashes = await _distinct(database, "images", "sha256")
    orphans += await _distinct(database, "blobs.files", "metadata.sha256", but=hashes)
    blobs = await _distinct(database, "blobs.files", "metadata.sha256")
    orphans += await _distinct(database, "variants.files", "metadata.sha256", but=blobs)
    return orphans


async def find_wrong_counts(database: Database) -> dict[str, tuple[int, int]]:
    """Find blobs whose counter is not the number of their images, and images without a blob.

    Returns:
        The counter and the number of images, by hash.
    """
    present: Counter[str] = Counter()
    async for group in database["images"].aggregate(
        [{"$group": {"_id": "$sha256", "images": {"$sum": 1}}}]
    ):
        present[group["_id"]] = group["images"]
    counted: Counter[str] = Counter()
    async for blob in database["blobs.files"].find({}, {"metadata": 1}):
        counted[blob["metadata"]["sha256"]] = blob["metadata"]["images"]
    hashes = present.keys() | counted.keys()
    return {sha: (counted[sha], present[sha]) for sha in hashes if counted[sha] != present[sha]}


async def find_cut_blobs(database: Database) -> list[str]:
    """Find blobs in MongoDB with missing or surplus bytes."""
    size = {"$sum": {"$map": {"input": "$chunks", "in": {"$binarySize": "$$this.data"}}}}
    found = database["blobs.files"].aggregate(
        [
            {"$match": {"metadata.store": None}},
            {
                "$lookup": {
                    "from": "blobs.chunks",
                    "localField": "_id",
                    "foreignField": "files_id",
                    "as": "chunks",
                }
            },
            {"$project": {"length": 1, "size": size}},
            {"$match": {"$expr": {"$ne": ["$length", "$size"]}}},
        ]
    )
    return [str(blob["_id"]) async for blob in found]


async def find_unlike_jobs(database: Database) -> list[str]:
    """Find jobs whose tally differs from their images."""
    cells: dict[str, Counter[str]] = {}
    async for image in database["images"].find({}, {"job_id": 1, "cells": 1}):
        counted = cells.setdefault(image["job_id"], Counter())
        counted.update(cell["status"] for cell in image["cells"].values())
    unlike = []
    async for job in database["jobs"].find():
        counted, tally = cells.get(job["_id"], Counter()), job["tally"]
        same = all(tally[name] == counted[name] for name in ("succeeded", "failed"))
        if not same or tally["waiting"] or tally["running"] or job["finished_at"] is None:
            unlike.append(job["_id"])
    return unlike


async def find_accepted_twice(database: Database) -> list[str]:
    """Find requests that became several jobs; file names begin with the name of the request."""
    jobs: dict[str, set[str]] = {}
    async for image in database["images"].find({}, {"job_id": 1, "filename": 1}):
        jobs.setdefault(_request_of(image), set()).add(image["job_id"])
    async for job in database["jobs"].find({"refused": {"$ne": []}}, {"refused": 1}):
        jobs.setdefault(_request_of(job["refused"][0]), set()).add(job["_id"])
    return [name for name, ids in jobs.items() if len(ids) > 1]


def _request_of(file: Mapping[str, Any]) -> str:
    return str(file["filename"]).rsplit("-", 1)[0]


async def find_waits(database: Database) -> list[tuple[float, float]]:
    """List the jobs that ended: when each was made, and the seconds from then to its end."""
    found = database["jobs"].find(
        {"finished_at": {"$ne": None}}, {"created_at": 1, "finished_at": 1}
    )
    return [
        (job["created_at"].timestamp(), (job["finished_at"] - job["created_at"]).total_seconds())
        async for job in found
    ]


async def count_errors(database: Database) -> Counter[str]:
    """Count the failed images by reason."""
    cells: Counter[str] = Counter()
    failed = {"status": {"$in": ["failed", "partial"]}}
    async for image in database["images"].find(failed, {"error": 1, "cells": 1}):
        errors = [image.get("error")] + [cell.get("error") for cell in image["cells"].values()]
        cells.update({error["code"] for error in errors if error})
    return cells


async def _distinct(
    database: Database, name: str, field: str, but: Iterable[object] = ()
) -> list[object]:
    """List the values of a field, however many: ``distinct`` is limited to 16 MB."""
    known = set(but)
    pipeline: list[Document] = [{"$group": {"_id": f"${field}"}}]
    values = [group["_id"] async for group in database[name].aggregate(pipeline)]
    return [value for value in values if value not in known]
