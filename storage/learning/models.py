"""The registry of models: versions, their files, and which one is live."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from domain.audit import AuditEntry
from domain.errors.access import NotFound, WrongState
from domain.learning.drift import Reference, read_reference
from domain.learning.linear_model import LinearModel, read_weights
from domain.learning.models import PROMOTABLE, Model, ModelStatus, TrainedModel, Watched
from storage.access.audit import AuditTrail
from storage.clock import utc_now
from storage.learning.examples import see_labels
from storage.learning.model_files import (
    CHUNKS,
    FILE_INDEXES,
    FILES,
    REFERENCE,
    WEIGHTS,
    files_of,
    read_file,
)
from storage.mongo.client import COMMITTED, DURABLE, Client, Database, Document, Session
from storage.mongo.leases import Lease
from storage.mongo.transactions import run_transaction

MODELS = "models"
WATCHED_KEPT = 90
MODEL_INDEXES = {
    MODELS: [
        IndexModel([("task", ASCENDING), ("version", DESCENDING)], unique=True),
        # At most one live version of a task.
        IndexModel(
            [("task", ASCENDING)],
            name="live_model",
            unique=True,
            partialFilterExpression={"status": ModelStatus.LIVE.value},
        ),
    ],
} | FILE_INDEXES


class Models:
    """Reads and changes the registry."""

    def __init__(self, client: Client, database: Database, audit: AuditTrail) -> None:
        self._client = client
        self._database = database
        self._audit = audit
        self._models = database.get_collection(
            MODELS, read_concern=COMMITTED, write_concern=DURABLE
        )

    async def list_all(self, task: str | None = None) -> list[Model]:
        """List the versions of one task, or of all: by task, newest first."""
        query = {} if task is None else {"task": task}
        found = self._models.find(query).sort([("task", 1), ("version", -1)])
        return [model_of(document) async for document in found]

    async def get(self, task: str, version: int) -> Model:
        """Read a version.

        Raises:
            NotFound: There is no such version.
        """
        document = await self._models.find_one({"task": task, "version": version})
        if document is None:
            raise NotFound
        return model_of(document)

    async def live(self) -> list[Model]:
        """Read the live versions of all tasks."""
        found = self._models.find({"status": ModelStatus.LIVE.value})
        return [model_of(document) async for document in found]

    async def live_versions(self) -> dict[str, int]:
        """Read the live versions only, by task."""
        found = self._models.find({"status": ModelStatus.LIVE.value}, {"task": 1, "version": 1})
        return {document["task"]: document["version"] async for document in found}

    async def weights(self, model: Model) -> LinearModel:
        """Read what predicts.

        Raises:
            NotFound: The version has no complete files.
        """
        data = await read_file(self._database, model, WEIGHTS)
        return await asyncio.to_thread(read_weights, data)

    async def reference(self, model: Model) -> Reference:
        """Read what the model was trained on, for the comparison with what arrives.

        Raises:
            NotFound: The version has no complete files.
        """
        data = await read_file(self._database, model, REFERENCE)
        return await asyncio.to_thread(read_reference, data)

    async def begin(self, task: str, job_id: str, embedding_version: int) -> int:
        """Create the next version of a task, which is in training; return its number."""
        seen = await see_labels(self._database, task)
        while True:
            newest = await self._models.find_one({"task": task}, sort=[("version", -1)])
            version: int = newest["version"] + 1 if newest else 1
            document = {
                "_id": f"{task}/v{version}",
                "task": task,
                "version": version,
                "status": ModelStatus.TRAINING.value,
                "job_id": job_id,
                "created_at": utc_now(),
                "embedding_version": embedding_version,
                "labels_seen": seen,
            }
            try:
                await self._models.insert_one(document)
            except DuplicateKeyError:  # Of another process, at the same time.
                continue
            return version

    async def complete(
        self, lease: Lease, task: str, version: int, trained: TrainedModel, refused: str | None
    ) -> bool:
        """Store a trained model with its files as a candidate, in one transaction.

        Args:
            lease: The lease of the learner.
            refused: Why it is not promoted by itself.

        Returns:
            False if nothing was written, because the lease was lost or the version has failed.
        """
        files, chunks = files_of(task, version, trained)
        fields = {
            "status": ModelStatus.CANDIDATE.value,
            "finished_at": utc_now(),
            "classes": list(trained.classes),
            "algorithm": msgspec.to_builtins(trained.algorithm),
            "trained_on": msgspec.to_builtins(trained.trained_on, builtin_types=(datetime,)),
            "metrics": msgspec.to_builtins(trained.metrics),
            "refused": refused,
            "sha256": hashlib.sha256(trained.estimator).hexdigest(),
        }
        training = {"task": task, "version": version, "status": ModelStatus.TRAINING.value}

        async def write(session: Session) -> bool:
            changed = await self._database[MODELS].update_one(
                training, {"$set": fields}, session=session
            )
            if changed.modified_count:
                await self._database[FILES].insert_many(files, session=session)
                await self._database[CHUNKS].insert_many(chunks, session=session)
            return changed.modified_count == 1

        return bool(await lease.run_transaction(write))

    async def promote(self, task: str, version: int, entry: AuditEntry | None = None) -> Model:
        """Make a candidate or a retired version live; the one that was live is retired.

        Promoting the live version changes nothing.

        Args:
            entry: The entry of the audit trail; None if the learner promotes by itself.

        Raises:
            NotFound: There is no such version.
            WrongState: The version is in training, or has failed.
        """

        async def write(session: Session) -> None:
            models = self._database[MODELS]
            found = await models.find_one({"task": task, "version": version}, session=session)
            if found is None:
                raise NotFound
            status = ModelStatus(found["status"])
            if status is ModelStatus.LIVE:
                return
            if status not in PROMOTABLE:
                raise WrongState(f"This version is {status.value}: it has no complete model.")
            await models.update_many(
                {"task": task, "status": ModelStatus.LIVE.value},
                {"$set": {"status": ModelStatus.RETIRED.value}},
                session=session,
            )
            fields = {"status": ModelStatus.LIVE.value, "promoted_at": utc_now()}
            await models.update_one(
                {"_id": found["_id"]},
                {"$set": fields, "$unset": {"predicted_at": ""}},
                session=session,
            )
            if entry is not None:
                await self._audit.add(entry, session=session)

        await run_transaction(self._client, write)
        return await self.get(task, version)

    async def fail(self, task: str, version: int, error: str) -> None:
        """Record that a training failed; it has no files."""
        await self._models.update_one(
            {"task": task, "version": version, "status": ModelStatus.TRAINING.value},
            {
                "$set": {
                    "status": ModelStatus.FAILED.value,
                    "finished_at": utc_now(),
                    "error": error,
                }
            },
        )

    async def fail_abandoned(self, error: str) -> int:
        """Fail all versions in training: only one learner trains, and it has just begun."""
        changed = await self._models.update_many(
            {"status": ModelStatus.TRAINING.value},
            {
                "$set": {
                    "status": ModelStatus.FAILED.value,
                    "finished_at": utc_now(),
                    "error": error,
                }
            },
        )
        return changed.modified_count

    async def find_unpredicted(self) -> list[Model]:
        """Find live versions with which the stored images were not predicted yet."""
        found = self._models.find(
            {"status": ModelStatus.LIVE.value, "predicted_at": {"$exists": False}}
        )
        return [model_of(document) async for document in found]

    async def note_predicted(self, models: Sequence[Model]) -> None:
        """Note that all stored images are predicted with these live versions."""
        for model in models:
            await self._models.update_one(
                {
                    "task": model.task,
                    "version": model.version,
                    "status": ModelStatus.LIVE.value,
                    "promoted_at": model.promoted_at,
                },
                {"$set": {"predicted_at": utc_now()}},
            )

    async def predict_all_again(self) -> None:
        """Have all stored images checked for missing and stale predictions."""
        await self._models.update_many(
            {"status": ModelStatus.LIVE.value}, {"$unset": {"predicted_at": ""}}
        )

    async def note_watched(self, model: Model, watched: Watched) -> None:
        """Add a comparison of a model with what has arrived."""
        fields = msgspec.to_builtins(watched, builtin_types=(datetime,))
        pushed = {"watched": {"$each": [fields], "$slice": -WATCHED_KEPT}}
        query = {"task": model.task, "version": model.version}
        await self._models.update_one(query, {"$push": pushed})


def model_of(document: Document) -> Model:
    """Read a version from its document."""
    return msgspec.convert(document, Model)
