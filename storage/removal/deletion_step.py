"""One step of the delete of a user, within one transaction."""

from datetime import timedelta
from typing import Any

import msgspec

from domain.job_changes import JobChange
from domain.jobs import Status, Tally
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.ledger.job_states import JobStates, JobUpdate
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import Database, Document, Session
from storage.mongo.threads import run_with_session
from storage.removal.removal import DELETED, note_in_jobs, remove_images
from storage.resumable.removal import delete_of_user

# Documents in one transaction.
MAX_IMAGES = 50
MAX_JOBS = 50
MAX_OTHERS = 500  # Of each collection.


class Step(msgspec.Struct, frozen=True):
    """The effect of one step.

    Attributes:
        changes: Changes of the delete, and of jobs that still exist.
        interrupted: Jobs whose open images were deleted.
    """

    changes: list[JobChange]
    interrupted: list[str]
    has_ended: bool


class DeletionStep:
    """Deletes some of a user's images and jobs."""

    def __init__(self, database: Database, states: JobStates, lease: timedelta) -> None:
        self._database = database
        self._states = states
        self._lease = lease
        self._deletions = database["user_deletions"]

    async def run(self, deletion_id: str, session: Session) -> tuple[Step, list[JobUpdate]]:
        """Delete a bounded number of images and jobs within a transaction."""
        deletion = await self._deletions.find_one({"_id": deletion_id, **IS_OPEN}, session=session)
        if deletion is None:
            return Step([], [], has_ended=True), []
        jobs = await self._next_jobs(deletion, session)
        images = await self._next_images(deletion, jobs, session)
        updates: list[JobUpdate] = []
        if images:
            await remove_images(self._database, images, session)
        if jobs:
            updates = await self._remove_jobs(jobs, images, session)
        has_ended = not jobs and not images and not await self._delete_rest(deletion, session)
        changes = [update.change for update in updates]
        changes.append(await self._note(deletion, len(images), session, has_ended=has_ended))
        interrupted = list({image["job_id"] for image in images if "due_at" in image})
        return Step(changes, interrupted, has_ended), updates

    async def _next_jobs(self, deletion: Document, session: Session) -> list[str]:
        """Choose the next jobs, open ones first, so that no more work is done for them."""
        for state in (IS_OPEN, {}):
            query = {"user_id": deletion["user_id"], **state, **_asked(deletion, "_id")}
            found = self._database["jobs"].find(query, {"_id": 1}, session=session)
            jobs = [job["_id"] async for job in found.sort("_id", 1).limit(MAX_JOBS)]
            if jobs:
                return jobs
        return []

    async def _next_images(
        self, deletion: Document, jobs: list[str], session: Session
    ) -> list[Document]:
        """Choose the next images: those of the jobs, then those whose jobs have expired."""
        images = self._database["images"]
        if jobs:
            found = images.find({"job_id": {"$in": jobs}}, session=session)
            return await found.sort([("job_id", 1), ("index", 1)]).to_list(MAX_IMAGES)
        query = {"user_id": deletion["user_id"], **_asked(deletion, "job_id")}
        return await images.find(query, session=session).sort("_id", 1).to_list(MAX_IMAGES)

    async def _remove_jobs(
        self, jobs: list[str], gone: list[Document], session: Session
    ) -> list[JobUpdate]:
        """Delete the jobs that have no images left, and settle the others."""
        found = self._database["images"].aggregate(
            [{"$match": {"job_id": {"$in": jobs}}}, {"$group": {"_id": "$job_id"}}],
            session=session,
        )
        left = {group["_id"] async for group in found}
        empty = [job_id for job_id in jobs if job_id not in left]
        await self._database["jobs"].delete_many({"_id": {"$in": empty}}, session=session)
        # The stored answer of an Idempotency-Key names the user and the files.
        await self._database["idempotency"].delete_many(
            {"answered.job_id": {"$in": empty}}, session=session
        )
        shrunk = [image for image in gone if image["job_id"] in left]
        if not shrunk:
            return []
        await note_in_jobs(self._database, shrunk, DELETED, session)
        return await self._states.settle_within(
            list({image["job_id"] for image in shrunk}), session
        )

    async def _delete_rest(self, deletion: Document, session: Session) -> int:
        """Delete notes of expired jobs and images, resumable uploads, and webhooks.

        Returns the number.
        """
        user_id, of_jobs = deletion["user_id"], _asked(deletion, "job_id")
        asked_at = deletion["asked"].get("at", deletion["created_at"])
        others = await _remove(self._database, "expired", {"user_id": user_id}, session)
        others += await run_with_session(
            self._database,
            session,
            lambda database, plain: delete_of_user(database, plain, user_id, asked_at),
        )
        return others + await _forget_webhooks(self._database, user_id, of_jobs, session)

    async def _note(
        self, deletion: Document, removed: int, session: Session, *, has_ended: bool
    ) -> JobChange:
        tally = deletion["tally"]
        done = tally["succeeded"] + removed
        left = 0 if has_ended else max(0, tally["waiting"] - removed)
        status = Status.SUCCEEDED if has_ended else Status.PROCESSING
        fields: Document = {
            "status": status.value,
            "tally": msgspec.to_builtins(Tally(succeeded=done, waiting=left)),
        }
        update: Document = {"$set": fields, "$inc": {"version": 1}}
        if has_ended:
            fields["finished_at"] = utc_now()
            update["$unset"] = {"due_at": "", "asked": ""}
        else:
            fields["due_at"] = utc_now() + self._lease
        await self._deletions.update_one({"_id": deletion["_id"]}, update, session=session)
        return JobChange(deletion["_id"], deletion["version"] + 1, status)


def _asked(deletion: Document, job_id: str) -> Document:
    """Return the query for what existed at the request; ``job_id`` is the field of the job."""
    asked = deletion["asked"]
    return {"$or": [{job_id: {"$lt": asked["horizon"]}}, {job_id: {"$in": asked["recent"]}}]}


async def _forget_webhooks(
    database: Database, user_id: str, of_jobs: Document, session: Session
) -> int:
    """Delete the endpoints of a user's keys, and events and deliveries about what is deleted.

    ``of_jobs`` matches the deleted jobs; documents without a job are deleted, too. Events of
    deleted images stay, so that other receivers learn of the delete. Returns the number of deleted
    documents; there may be more until it is 0.
    """
    of_user: Document = {"user_id": user_id}
    endpoints = await _find(database, "webhook_endpoints", of_user, session)
    own = {"endpoint_id": {"$in": endpoints}}
    about_user = {**of_user, "$and": [{"$or": [of_jobs, {"job_id": None}]}]}
    removed = 0
    for name, type_, also in (
        ("outbox", "type", []),
        ("deliveries", "event_type", [own]),
        ("events", "type", []),
    ):
        others = {**about_user, type_: {"$ne": EventType.IMAGE_DELETED.value}}
        removed += await _remove(database, name, {"$or": [others, *also]}, session)
    # Last, because a later step finds their deliveries by them.
    if not removed:
        removed = await _remove(database, "webhook_endpoints", of_user, session)
    return removed


async def _remove(database: Database, name: str, query: Document, session: Session) -> int:
    ids = await _find(database, name, query, session)
    await database[name].delete_many({"_id": {"$in": ids}}, session=session)
    return len(ids)


async def _find(database: Database, name: str, query: Document, session: Session) -> list[Any]:
    found = database[name].find(query, {"_id": 1}, session=session)
    return [document["_id"] async for document in found.limit(MAX_OTHERS)]
