"""Deletes users in steps, each of which is one transaction.

What was accepted before the request is deleted, what is accepted afterwards stays. IDs alone cannot
tell the two apart, because they are made before the commit, by processes whose clocks differ a
little. So the request notes the jobs of the last :data:`UNDER_WAY`; older ones are deleted by ID.
"""

from datetime import timedelta

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from domain.jobs import JobChange, Status, Tally
from domain.keys import Caller
from domain.records import DELETE_USER
from storage.clock import first_id_at, new_id, utc_now
from storage.ledger.job_states import JobStates, JobUpdate
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.removal.removal import DELETED, note_in_jobs, remove_images
from storage.removal.user_webhooks import forget_webhooks

USER_DELETION_KEPT_SECONDS = 30 * 24 * 3600
USER_DELETION_INDEXES = {
    "user_deletions": [
        # One open delete for each user and key.
        IndexModel(
            [("user_id", ASCENDING), ("key_id", ASCENDING)],
            unique=True,
            partialFilterExpression=IS_OPEN,
        ),
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN, name="open_deletions"),
        IndexModel([("finished_at", ASCENDING)], expireAfterSeconds=USER_DELETION_KEPT_SECONDS),
    ],
}

# An acceptance takes no longer than this from the creation of its IDs to its commit.
UNDER_WAY = timedelta(minutes=2)
# Documents in one transaction.
MAX_IMAGES = 50
MAX_JOBS = 50
MAX_NOTES = 1000


class Step(msgspec.Struct, frozen=True):
    """The effect of one step.

    Attributes:
        changes: Changes of the delete, and of jobs that still exist.
        interrupted: Jobs whose open images were deleted.
        has_ended: Whether nothing is left to delete.
    """

    changes: list[JobChange]
    interrupted: list[str]
    has_ended: bool


class UserDeletion:
    """Deletes users. Any number of workers may work on the same delete at the same time.

    Args:
        client: Opens transactions.
        database: The database.
        states: Settles jobs whose images are deleted.
        lease: Time after the last step at which another worker may claim a delete.
    """

    def __init__(
        self, client: Client, database: Database, states: JobStates, lease: timedelta
    ) -> None:
        self._client = client
        self._database = database
        self._states = states
        self._lease = lease
        self._deletions = database["user_deletions"]

    async def ask(self, user_id: str, caller: Caller) -> str:
        """Request the delete of a user; durable when this returns.

        If a delete of the user by the same key is open, it also deletes what was accepted since.

        Returns:
            The ID of the job that shows the progress.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        asked = await self._what_is_there(user_id)
        left = await self._count(user_id, asked)
        try:
            return await self._ask(user_id, caller, asked, left)
        except DuplicateKeyError:  # Another request created it at the same time.
            return await self._ask(user_id, caller, asked, left)

    async def claim(self) -> str | None:
        """Claim the delete that has waited longest; None if none is due."""
        now = utc_now()
        taken: Document | None = await self._deletions.find_one_and_update(
            {"due_at": {"$lte": now}},
            {"$set": {"due_at": now + self._lease}},
            projection={"_id": 1},
            sort=[("due_at", 1)],
        )
        return None if taken is None else str(taken["_id"])

    async def give_back(self, deletion_id: str) -> None:
        """Release a delete, so that any worker can claim it."""
        await self._deletions.update_one(
            {"_id": deletion_id, **IS_OPEN}, {"$set": {"due_at": utc_now()}}
        )

    async def step(self, deletion_id: str) -> Step:
        """Delete a bounded number of images and jobs in one transaction."""

        async def write(session: Session) -> tuple[Step, list[JobUpdate]]:
            return await self._step(deletion_id, session)

        step, updates = await run_transaction(self._client, write)
        self._states.count_ended(updates)
        return step

    async def _what_is_there(self, user_id: str) -> Document:
        """Note the jobs that exist among those that IDs cannot tell apart."""
        horizon = first_id_at(utc_now() - UNDER_WAY)
        recent: set[str] = set()
        for name, job_id in (("jobs", "_id"), ("images", "job_id")):
            collection = self._database.get_collection(name, read_concern=COMMITTED)
            query = {"user_id": user_id, "_id": {"$gte": horizon}}
            recent.update(await collection.distinct(job_id, query))
        return {"horizon": horizon, "recent": sorted(recent)}

    async def _count(self, user_id: str, asked: Document) -> int:
        """Count the images that will be deleted; reads indexes only."""
        images = self._database["images"]
        older = {"user_id": user_id, "_id": {"$lt": asked["horizon"]}}
        recent = {"job_id": {"$in": asked["recent"]}}
        return await images.count_documents(older) + await images.count_documents(recent)

    async def _ask(self, user_id: str, caller: Caller, asked: Document, left: int) -> str:
        deletion_id, now = new_id(), utc_now()
        fresh = {
            "_id": deletion_id,
            "link_id": None,
            "status": Status.QUEUED.value,
            "version": 1,
            "created_at": now,
            "finished_at": None,
            "operations": [DELETE_USER],
            "due_at": now,
        } | {f"tally.{name}": 0 for name in Tally.__struct_fields__ if name != "waiting"}
        found = await self._deletions.with_options(write_concern=DURABLE).find_one_and_update(
            {"user_id": user_id, "key_id": caller.key_id, **IS_OPEN},
            {"$set": {"asked": asked, "tally.waiting": left}, "$setOnInsert": fresh},
            upsert=True,
            projection={"_id": 1},
            return_document=ReturnDocument.AFTER,
        )
        return str(found["_id"])

    async def _step(self, deletion_id: str, session: Session) -> tuple[Step, list[JobUpdate]]:
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
        has_ended = not jobs and not images and not await self._forget_rest(deletion, session)
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

    async def _forget_rest(self, deletion: Document, session: Session) -> int:
        """Delete notes of expired jobs and images, and webhooks; returns the number."""
        notes = self._database["expired"]
        found = notes.find({"user_id": deletion["user_id"]}, {"_id": 1}, session=session)
        ids = [note["_id"] async for note in found.limit(MAX_NOTES)]
        await notes.delete_many({"_id": {"$in": ids}}, session=session)
        of_jobs = _asked(deletion, "job_id")
        return len(ids) + await forget_webhooks(
            self._database, deletion["user_id"], of_jobs, session
        )

    async def _note(
        self,
        deletion: Document,
        removed: int,
        session: Session,
        *,
        has_ended: bool,
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
