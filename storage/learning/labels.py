"""Labels of images. An image shows the latest one of each task, whichever key set it."""

from collections.abc import Sequence
from functools import partial

import msgspec
from pymongo import ASCENDING, IndexModel, UpdateOne

from domain.errors.access import ImageExpired, NotFound
from domain.errors.base import ServiceError
from domain.errors.requests import InvalidValue
from domain.keys import Scope
from domain.labels import LABELS, MAX_TASKS, Label
from storage.access.scope import find_expired, refuse_absent
from storage.clock import new_id, utc_now
from storage.mongo.client import Client, Database, Session, batched
from storage.mongo.transactions import run_transaction

LABEL_INDEXES = {
    LABELS: [
        IndexModel(
            [("image_id", ASCENDING), ("task", ASCENDING), ("key_id", ASCENDING)], unique=True
        ),
        # The labels of a task in the order in which they were first set: what a model is made of.
        IndexModel([("task", ASCENDING), ("_id", ASCENDING)]),
    ],
}
TOGETHER = 100
"""Labels in one transaction."""

_READ = dict.fromkeys(["user_id", "key_id", LABELS], 1)


class _Labelled(msgspec.Struct):
    """An image with the labels that it shows, by task."""

    id: str
    user_id: str
    labels: dict[str, str]

    @property
    def update(self) -> UpdateOne:
        """The write that has the image show them."""
        field = {LABELS: self.labels}
        change = {"$set": field} if self.labels else {"$unset": field}
        return UpdateOne({"_id": self.id}, change)


class Labels:
    """Sets and removes labels.

    Each change also writes the image, so that a delete of the image at the same time conflicts
    with it, and no label outlives its image.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._images = database["images"]
        self._labels = database[LABELS]

    async def set_one(self, label: Label, scope: Scope, key_id: str) -> None:
        """Set the label of an image, in place of what the key has set before.

        Raises:
            NotFound: There is no such image in the scope.
            ImageExpired: The image has expired.
            InvalidValue: The image has labels of too many tasks.
        """
        (error,) = await self.set_many([label], scope, key_id)
        if error is not None:
            raise error

    async def set_many(
        self, labels: Sequence[Label], scope: Scope, key_id: str
    ) -> list[ServiceError | None]:
        """Set labels; of several for the same image and task, the last one counts.

        Returns:
            For each label the reason why it was not set, or None.
        """
        reasons: list[ServiceError | None] = []
        for batch in batched(labels, TOGETHER):
            write = partial(self._set, batch, scope, key_id)
            reasons += await run_transaction(self._client, write)
        absent = {
            label.image_id
            for label, reason in zip(labels, reasons, strict=True)
            if isinstance(reason, NotFound)
        }
        expired = await find_expired(self._database, absent, scope) if absent else set()
        return [
            ImageExpired() if label.image_id in expired else reason
            for label, reason in zip(labels, reasons, strict=True)
        ]

    async def remove(self, image_id: str, task: str, scope: Scope) -> None:
        """Remove the labels of a task from an image, whichever keys set them.

        Raises:
            NotFound: There is no such image in the scope, or it has no label of the task.
            ImageExpired: The image has expired.
        """

        async def write(session: Session) -> bool:
            image = (await self._find([image_id], scope, session)).get(image_id)
            if image is None:
                return False
            if task not in image.labels:
                raise NotFound("The image has no label of this task.")
            del image.labels[task]
            await self._images.bulk_write([image.update], session=session)
            await self._labels.delete_many({"image_id": image_id, "task": task}, session=session)
            return True

        if not await run_transaction(self._client, write):
            await refuse_absent(self._database, image_id, scope)

    async def _set(
        self, labels: Sequence[Label], scope: Scope, key_id: str, session: Session
    ) -> list[ServiceError | None]:
        images = await self._find([label.image_id for label in labels], scope, session)
        reasons: list[ServiceError | None] = []
        kept: dict[tuple[str, str], UpdateOne] = {}
        for label in labels:
            image = images.get(label.image_id)
            reasons.append(_refuse(image, label))
            if image is not None and reasons[-1] is None:
                image.labels[label.task] = label.value
                kept[label.image_id, label.task] = _update(label, image.user_id, key_id)
        if kept:
            changed = {image_id for image_id, _ in kept}
            updates = [images[image_id].update for image_id in changed]
            await self._images.bulk_write(updates, session=session)
            await self._labels.bulk_write(list(kept.values()), session=session)
        return reasons

    async def _find(
        self, ids: Sequence[str], scope: Scope, session: Session
    ) -> dict[str, _Labelled]:
        found = self._images.find({"_id": {"$in": list(set(ids))}}, _READ, session=session)
        return {
            image["_id"]: _Labelled(image["_id"], image["user_id"], image.get(LABELS, {}))
            async for image in found
            if scope.admits(image["user_id"], image["key_id"])
        }


def _refuse(image: _Labelled | None, label: Label) -> ServiceError | None:
    if image is None:
        return NotFound()
    if label.task not in image.labels and len(image.labels) >= MAX_TASKS:
        return InvalidValue(f"The limit is labels of {MAX_TASKS} tasks for an image.", "task")
    return None


def _update(label: Label, user_id: str, key_id: str) -> UpdateOne:
    return UpdateOne(
        {"image_id": label.image_id, "task": label.task, "key_id": key_id},
        {
            "$set": {"value": label.value, "user_id": user_id, "at": utc_now()},
            "$setOnInsert": {"_id": new_id()},
        },
        upsert=True,
    )
