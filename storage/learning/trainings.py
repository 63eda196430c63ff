"""Trainings: requests for a model, which clients follow as jobs."""

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from domain.audit import AuditEntry
from domain.job_changes import JobChange
from domain.jobs import Status, Tally
from domain.keys import ADMIN_USER
from domain.learning.models import TRAIN_MODEL
from domain.records import ItemError
from storage.access.audit import AuditTrail
from storage.clock import new_id, utc_now
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction

TRAININGS = "trainings"
LEARNER = "learner"
"""The lease of the process that trains; others stand by."""
KEPT_SECONDS = 30 * 24 * 3600
MOST_BEGINNINGS = 3
"""A training that ends its process each time fails after so many."""
TRAINING_INDEXES = {
    TRAININGS: [
        # One open training of a task.
        IndexModel([("task", ASCENDING)], unique=True, partialFilterExpression=IS_OPEN),
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN),
        IndexModel([("finished_at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS),
    ],
}


class Training(msgspec.Struct, frozen=True):
    """A training that the learner has begun.

    Attributes:
        job_id: ID of its job.
        task: What the model predicts.
        beginnings: How often a learner has begun it, this time included.
        version: Of its job.
    """

    job_id: str
    task: str
    beginnings: int
    version: int


class Trainings:
    """Requests trainings, and has one learner at a time work on them."""

    def __init__(self, client: Client, database: Database, audit: AuditTrail) -> None:
        self._client = client
        self._database = database
        self._audit = audit
        self._trainings = database.get_collection(
            TRAININGS, read_concern=COMMITTED, write_concern=DURABLE
        )

    async def request(
        self, task: str, key_id: str, user_id: str = ADMIN_USER, entry: AuditEntry | None = None
    ) -> tuple[str, bool]:
        """Request a training; return the ID of its job, and whether it is a new one, durable.

        The training of the task that is open, if there is one, is returned instead.
        """

        async def write(session: Session) -> tuple[str, bool]:
            job_id = new_id()
            before: Document | None = await self._database[TRAININGS].find_one_and_update(
                {"task": task, **IS_OPEN},
                {"$setOnInsert": _training_document(job_id, key_id, user_id)},
                upsert=True,
                projection={"_id": 1},
                return_document=ReturnDocument.BEFORE,
                session=session,
            )
            if before is not None:
                return str(before["_id"]), False
            if entry is not None:
                await self._audit.add(entry, session=session)
            return job_id, True

        try:
            return await run_transaction(self._client, write)
        except DuplicateKeyError:  # Another request created it at the same time.
            return await run_transaction(self._client, write)

    async def begin_next(self) -> Training | None:
        """Begin the training that has waited longest; None if there is none."""
        found: Document | None = await self._trainings.find_one_and_update(
            dict(IS_OPEN),
            {
                "$set": {"status": Status.PROCESSING.value, **_tally(running=1)},
                "$inc": {"version": 1, "beginnings": 1},
            },
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        if found is None:
            return None
        return Training(found["_id"], found["task"], found["beginnings"], found["version"])

    async def end(self, training: Training, error: ItemError | None) -> JobChange | None:
        """Record the end of a training, and return the change of its job.

        None if another learner has begun it again.
        """
        status = Status.SUCCEEDED if error is None else Status.FAILED
        tally = _tally(succeeded=1) if error is None else _tally(failed=1)
        fields = {"status": status.value, "finished_at": utc_now(), **tally}
        if error is not None:
            fields["error"] = msgspec.to_builtins(error)
        changed = await self._trainings.update_one(
            {"_id": training.job_id, "beginnings": training.beginnings, **IS_OPEN},
            {"$set": fields, "$unset": {"due_at": ""}, "$inc": {"version": 1}},
        )
        if not changed.modified_count:
            return None
        return JobChange(training.job_id, training.version + 1, status)


def _tally(**counts: int) -> Document:
    return {"tally": msgspec.to_builtins(Tally(**counts))}


def _training_document(job_id: str, key_id: str, user_id: str) -> Document:
    now = utc_now()
    return {
        "_id": job_id,
        "user_id": user_id,
        "key_id": key_id,
        "link_id": None,
        "status": Status.QUEUED.value,
        "version": 1,
        "created_at": now,
        "finished_at": None,
        "operations": [TRAIN_MODEL],
        "beginnings": 0,
        "due_at": now,
        **_tally(waiting=1),
    }
