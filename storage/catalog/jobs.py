"""Reads of jobs and their items, each limited to the scope of the caller."""

from collections.abc import Sequence

import msgspec

from domain.errors.access import NotFound
from domain.jobs import Status
from domain.keys import Scope
from domain.learning.models import TRAIN_MODEL
from domain.marks import MARKS
from domain.records import Cell, Item, ItemError, Job, JobFilter, refused_item
from storage.access.scope import refuse_absent, scope_query
from storage.ledger.fetches import pending_items
from storage.mongo.client import COMMITTED, Database, Document, read_struct

TRAININGS = "trainings"
"""The jobs that train models; `storage.learning` writes them."""

HEAVY = {"refused": 0, "fetches": 0}
"""Fields of a job that belong to its items."""


# The items of so many images are read with their job.
FEW_IMAGES = 100


class Seen(msgspec.Struct, frozen=True):
    """A job, and its items in upload order; None if they have not been read."""

    job: Job
    items: list[Item] | None


class Jobs:
    """Reads jobs and their items."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # A crash must not undo what a client has been notified of.
        self._jobs = database.get_collection("jobs", read_concern=COMMITTED)
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._deletions = database.get_collection("user_deletions", read_concern=COMMITTED)
        self._trainings = database.get_collection(TRAININGS, read_concern=COMMITTED)

    async def get(self, job_id: str, scope: Scope) -> Job:
        """Read a job without its items. The delete of a user is a job that has none.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: There was one, and it has expired.
        """
        document = await self._jobs.find_one({"_id": job_id}, HEAVY)
        if document is None:
            document = await self._deletions.find_one({"_id": job_id}, {"asked": 0})
        if document is None:
            document = await self._trainings.find_one({"_id": job_id})
        if document is None:
            await refuse_absent(self._database, job_id, scope)
        if not scope.admits(document["user_id"], document["key_id"]):
            raise NotFound
        return read_struct(document, Job)

    async def look(self, job_id: str, scope: Scope) -> Seen:
        """Read a job and, in the same round trip, its items, if these are few.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: There was one, and it has expired.
        """
        found = await self._jobs.aggregate(_with_images(job_id)).to_list(1)
        if not found:
            return Seen(await self.get(job_id, scope), None)
        document = found[0]
        if not scope.admits(document["user_id"], document["key_id"]):
            raise NotFound
        job, images = read_struct(document, Job), document["images"]
        if len(images) > FEW_IMAGES:
            return Seen(job, None)
        items = [item_of(image) for image in images]
        items += [_refused(file, job.operations) for file in document["refused"]]
        if job.by_url:
            items = _with_pending(items, pending_items(document))
        return Seen(job, sorted(items, key=lambda item: item.index))

    async def list_page(self, wanted: JobFilter, limit: int) -> list[Job]:
        """List jobs, newest first."""
        query = scope_query(wanted.scope)
        if wanted.status:
            query["status"] = wanted.status.value
        if wanted.marks:
            query[MARKS] = {"$all": list(wanted.marks)}
        if wanted.before:
            query["_id"] = {"$lt": wanted.before}
        found = self._jobs.find(query, HEAVY).sort("_id", -1).limit(limit)
        return [read_struct(document, Job) async for document in found]

    async def items(self, jobs: Sequence[Job]) -> dict[str, list[Item]]:
        """Read the items of jobs in upload order, by job ID."""
        by_id = {job.id: job for job in jobs}
        items: dict[str, list[Item]] = {job.id: [] for job in jobs}
        if trainings := [job.id for job in jobs if job.trains_model]:
            async for document in self._trainings.find({"_id": {"$in": trainings}}):
                items[document["_id"]].append(_training_item(document))
        pending = await self._pending([job.id for job in jobs if job.by_url])
        found = self._images.find({"job_id": {"$in": list(by_id)}}, ITEM_FIELDS)
        async for image in found:
            items[image["job_id"]].append(item_of(image))
        refusing = [job.id for job in jobs if job.tally.refused or job.by_url]
        if refusing:
            async for document in self._jobs.find({"_id": {"$in": refusing}}, {"refused": 1}):
                job = by_id[document["_id"]]
                items[job.id] += [_refused(file, job.operations) for file in document["refused"]]
        for job_id, of_job in pending.items():
            items[job_id] = _with_pending(items[job_id], of_job)
        for of_job in items.values():
            of_job.sort(key=lambda item: item.index)
        return items

    async def _pending(self, job_ids: Sequence[str]) -> dict[str, list[Item]]:
        """Read the items that are no image yet, before the images: no item is missed."""
        if not job_ids:
            return {}
        fields = {"operations": 1, "fetches": 1}
        found = self._jobs.find({"_id": {"$in": list(job_ids)}}, fields)
        return {job["_id"]: pending_items(job) async for job in found}

    async def find_ended(self, job_ids: Sequence[str]) -> list[str]:
        """Return the IDs of the jobs among some that have ended."""
        ended = {"_id": {"$in": list(job_ids)}, "due_at": {"$exists": False}}
        return [
            job["_id"]
            for collection in (self._jobs, self._deletions, self._trainings)
            async for job in collection.find(ended, {"_id": 1})
        ]

    async def read_all(self, job_ids: Sequence[str]) -> list[Job]:
        """Read jobs of any scope without their items; deleted jobs are left out."""
        wanted = {"_id": {"$in": list(job_ids)}}
        return [
            read_struct(document, Job)
            for collection in (self._jobs, self._deletions, self._trainings)
            async for document in collection.find(wanted, HEAVY | {"asked": 0})
        ]


ITEM_FIELDS = dict.fromkeys(
    ["job_id", "index", "filename", "status", "cells", "duplicate_of", "error", "warnings"], 1
)


def item_of(image: Document) -> Item:
    """Read the item of a job from the document of its image."""
    status = Status(image["status"])
    cells = msgspec.convert(image["cells"], dict[str, Cell])
    if status is Status.PROCESSING:
        # A claim is of an image, so all its open cells run.
        cells = {
            name: Cell(Status.PROCESSING) if cell.status is Status.QUEUED else cell
            for name, cell in cells.items()
        }
    return Item(
        index=image["index"],
        filename=image["filename"],
        status=status,
        cells=cells,
        image_id=image["_id"],
        duplicate_of=image["duplicate_of"],
        error=msgspec.convert(image.get("error"), ItemError | None),
        warnings=tuple(image.get("warnings", ())),
    )


def _training_item(training: Document) -> Item:
    """Return the one item of a job that trains a model: it is named as the task."""
    status, error = Status(training["status"]), training.get("error")
    failure = msgspec.convert(error, ItemError | None)
    return Item(
        index=0,
        filename=training["task"],
        status=status,
        cells={TRAIN_MODEL: Cell(status, error=failure)},
        error=failure,
    )


def _with_images(job_id: str) -> list[Document]:
    images = {"from": "images", "localField": "_id", "foreignField": "job_id", "as": "images"}
    few: list[Document] = [{"$limit": FEW_IMAGES + 1}, {"$project": ITEM_FIELDS}]
    return [{"$match": {"_id": job_id}}, {"$lookup": {**images, "pipeline": few}}]


def _with_pending(items: list[Item], pending: list[Item]) -> list[Item]:
    """Add the items that are no image yet. They were read first, and may be one meanwhile."""
    ended = {item.index for item in items}
    return [*items, *(item for item in pending if item.index not in ended)]


def _refused(file: Document, operations: tuple[str, ...]) -> Item:
    error = msgspec.convert(file["error"], ItemError)
    return refused_item(file["index"], file["filename"], error, operations)
