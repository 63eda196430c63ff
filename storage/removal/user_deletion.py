"""Deletes users in steps, each of which is one transaction.

Uploads that were accepted before the request are deleted, later ones stay. IDs alone cannot
distinguish them, because they are made before the commit, by processes whose clocks differ a
little. So the request notes the jobs of the last :data:`UNDER_WAY`; older ones are deleted by ID.
"""

from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from domain.audit import AuditEntry
from domain.jobs import Status, Tally
from domain.keys import Caller
from domain.records import DELETE_USER, USER_DELETION_KEPT_SECONDS
from storage.access.audit import AuditTrail
from storage.blobs.objects import RESUMABLE
from storage.clock import first_id_at, new_id, utc_now
from storage.ledger.job_states import JobStates, JobUpdate
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.removal.deletion_step import DeletionStep, Step

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
# All else that a delete removes belongs to one of these.
HELD_OF_USERS = ("jobs", "images", "expired", "webhook_endpoints", RESUMABLE)


def deletions_due(now: datetime) -> Document:
    """Return the filter of deletions that may be claimed."""
    return {"due_at": {"$lte": now}}


class UserDeletion:
    """Deletes users. Any number of workers may work on the same delete at the same time."""

    def __init__(
        self,
        client: Client,
        database: Database,
        states: JobStates,
        lease: timedelta,
        audit: AuditTrail,
    ) -> None:
        self._audit = audit
        self._client = client
        self._database = database
        self._states = states
        self._lease = lease
        self._next_step = DeletionStep(database, states, lease)
        self._deletions = database["user_deletions"]

    async def request(self, user_id: str, caller: Caller, entry: AuditEntry | None = None) -> str:
        """Request the delete of a user; return the ID of the job that shows the progress, durable.

        If a delete of the user by the same key is open, it also deletes what was accepted since.
        The entry is added if there is anything to delete that an open one does not delete.
        """
        asked = await self._note_existing(user_id)
        left = await self._count(user_id, asked)

        async def write(session: Session) -> str:
            job_id, before = await self._create(user_id, caller, asked, left, session)
            if entry is not None and await self._deletes_more(user_id, before, session):
                await self._audit.add(entry, session=session)
            return job_id

        try:
            return await run_transaction(self._client, write)
        except DuplicateKeyError:  # Another request created it at the same time.
            return await run_transaction(self._client, write)

    async def claim(self) -> str | None:
        """Claim the delete that has waited longest; None if none is due."""
        now = utc_now()
        taken: Document | None = await self._deletions.find_one_and_update(
            deletions_due(now),
            {"$set": {"due_at": now + self._lease}},
            projection={"_id": 1},
            sort=[("due_at", 1)],
        )
        return None if taken is None else str(taken["_id"])

    async def release(self, deletion_id: str) -> None:
        """Release a delete, so that any worker can claim it."""
        await self._deletions.update_one(
            {"_id": deletion_id, **IS_OPEN}, {"$set": {"due_at": utc_now()}}
        )

    async def step(self, deletion_id: str) -> Step:
        """Delete a bounded number of images and jobs in one transaction."""

        async def write(session: Session) -> tuple[Step, list[JobUpdate]]:
            return await self._next_step.run(deletion_id, session)

        step, updates = await run_transaction(self._client, write)
        self._states.count_ended(updates)
        return step

    async def _note_existing(self, user_id: str) -> Document:
        """Note the jobs that exist among those that IDs cannot distinguish."""
        horizon = first_id_at(utc_now() - UNDER_WAY)
        recent: set[str] = set()
        for name, job_id in (("jobs", "_id"), ("images", "job_id")):
            collection = self._database.get_collection(name, read_concern=COMMITTED)
            query = {"user_id": user_id, "_id": {"$gte": horizon}}
            recent.update(await collection.distinct(job_id, query))
        return {"horizon": horizon, "recent": sorted(recent), "at": utc_now()}

    async def _count(self, user_id: str, asked: Document) -> int:
        """Count the images that will be deleted; reads indexes only."""
        images = self._database["images"]
        older = {"user_id": user_id, "_id": {"$lt": asked["horizon"]}}
        recent = {"job_id": {"$in": asked["recent"]}}
        return await images.count_documents(older) + await images.count_documents(recent)

    async def _deletes_more(self, user_id: str, before: Document | None, session: Session) -> bool:
        """Say whether a request deletes anything that the open delete before it does not."""
        since: Document = {"user_id": user_id}
        if before is not None:
            asked = before["asked"]
            since["_id"] = {"$gte": asked["horizon"], "$nin": asked["recent"]}
        for name in HELD_OF_USERS if before is None else ("jobs",):
            if await self._database[name].find_one(since, {"_id": 1}, session=session):
                return True
        return False

    async def _create(
        self, user_id: str, caller: Caller, asked: Document, left: int, session: Session
    ) -> tuple[str, Document | None]:
        """Create a delete, or widen the open one; give its ID, and the open one as it was."""
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
        before: Document | None = await self._deletions.find_one_and_update(
            {"user_id": user_id, "key_id": caller.key_id, **IS_OPEN},
            {"$set": {"asked": asked, "tally.waiting": left}, "$setOnInsert": fresh},
            upsert=True,
            projection={"asked": 1},
            return_document=ReturnDocument.BEFORE,
            session=session,
        )
        return deletion_id if before is None else str(before["_id"]), before
