"""The images of a piece: read for the work, and written when a batch has a result for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pymongo import UpdateOne

from domain.blobs import Blob
from domain.job_changes import JobChange
from domain.jobs import Status, Tally, roll_up
from domain.records import Cell, GpsPolicy
from storage.ledger.job_states import JobStates, JobUpdate
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.removal.removal import DELETED, note_in_jobs, remove_images

FIELDS = dict.fromkeys(
    ["job_id", "user_id", "sha256", "format", "size_bytes", "cells", "variants", "gps"], 1
)
CHANGED_TOGETHER = 20
HAS_ENDED: Document = {
    "finished_at": {"$ne": None},
    "due_at": {"$exists": False},
    "gave_up_at": {"$exists": False},
}


class ChosenImage(msgspec.Struct, frozen=True):
    """An image of a piece.

    Attributes:
        sha256: Hash of its bytes.
        variants: The pictures that may be served of it at once.
    """

    id: str
    job_id: str
    user_id: str
    sha256: str
    format: str
    size_bytes: int
    cells: dict[str, Cell]
    variants: tuple[str, ...] = ()
    gps: GpsPolicy = GpsPolicy.KEEP

    def has(self, operation: str, version: int) -> bool:
        """Return whether the image shows the result of an operation in a version, or a newer."""
        cell = self.cells.get(operation)
        return (
            cell is not None and cell.status is Status.SUCCEEDED and (cell.version or 0) >= version
        )


class ShownResult(msgspec.Struct, frozen=True):
    """A result of a blob, as its images show it.

    Attributes:
        fields: What the images are searched by, the position included.
        warnings: What was wrong with the file.
    """

    operation: str
    version: int
    fields: dict[str, Any]
    warnings: tuple[str, ...] = ()


class BatchImages:
    """Reads and writes images for batches."""

    def __init__(self, client: Client, database: Database, states: JobStates) -> None:
        self._client = client
        self._database = database
        self._images = database["images"]
        self._states = states

    async def read(self, image_ids: Sequence[str]) -> list[ChosenImage]:
        """Read images in the order of their IDs; deleted ones are left out."""
        found = self._images.find({"_id": {"$in": list(image_ids)}}, FIELDS).sort("_id", 1)
        return [msgspec.convert({**one, "id": one["_id"]}, ChosenImage) async for one in found]

    async def show(
        self, image_ids: Sequence[str], results: Mapping[str, ShownResult]
    ) -> list[JobChange]:
        """Let images show results of their blobs, given by hash; returns the changes of their jobs.

        The images get a cell where they have none, and count anew in the statistics. One that is
        open again is left alone: its job computes the operation.
        """
        changes: list[JobChange] = []
        for start in range(0, len(image_ids), CHANGED_TOGETHER):
            some = list(image_ids[start : start + CHANGED_TOGETHER])

            async def write(session: Session, some: list[str] = some) -> list[JobUpdate]:
                which = {"_id": {"$in": some}, **HAS_ENDED}
                found = await self._images.find(which, session=session).to_list(None)
                updates = [_showing(image, results[image["sha256"]]) for image in found]
                if not updates:
                    return []
                await self._images.bulk_write(updates, ordered=False, session=session)
                jobs = sorted({image["job_id"] for image in found})
                return await self._states.settle_within(jobs, session)

            written = await run_transaction(self._client, write)
            self._states.count_ended(written)
            changes += [update.change for update in written]
        return changes

    async def note_variants(self, names: Mapping[str, Sequence[str]]) -> None:
        """Note pictures that may be served of images at once, by image."""
        updates = [
            UpdateOne({"_id": image_id}, {"$addToSet": {"variants": {"$each": list(some)}}})
            for image_id, some in names.items()
        ]
        if updates:
            await self._images.bulk_write(updates, ordered=False)

    async def remove(self, image_ids: Sequence[str]) -> tuple[set[str], list[JobChange]]:
        """Delete images that have ended, as a delete by a user does; returns those that it found.

        The changes of their jobs come with them.
        """
        removed: set[str] = set()
        changes: list[JobChange] = []
        for start in range(0, len(image_ids), CHANGED_TOGETHER):
            some = list(image_ids[start : start + CHANGED_TOGETHER])

            async def write(
                session: Session, some: list[str] = some
            ) -> tuple[set[str], list[JobUpdate]]:
                which = {"_id": {"$in": some}, "due_at": {"$exists": False}}
                found = await self._images.find(which, session=session).to_list(None)
                if not found:
                    return set(), []
                await remove_images(self._database, found, session)
                await note_in_jobs(self._database, found, DELETED, session)
                jobs = sorted({image["job_id"] for image in found})
                updates = await self._states.settle_within(jobs, session)
                return {image["_id"] for image in found}, updates

            gone, updates = await run_transaction(self._client, write)
            self._states.count_ended(updates)
            removed |= gone
            changes += [update.change for update in updates]
        return removed, changes


def _showing(image: Document, result: ShownResult) -> UpdateOne:
    """Return the update by which an image shows a result.

    The fence is raised so that an aggregator that has read the image does not mark it as counted.
    """
    cells = msgspec.convert(image["cells"], dict[str, Cell])
    cells[result.operation] = Cell(Status.SUCCEEDED, result.version)
    status = roll_up(Tally.of(Counter(cell.status for cell in cells.values())))
    fields = dict(result.fields)
    if image.get("gps", GpsPolicy.KEEP) == GpsPolicy.STRIP:
        fields.pop("location", None)
    warnings = list(dict.fromkeys([*image.get("warnings", ()), *result.warnings]))
    change: Document = {
        "$set": {
            **fields,
            "cells": msgspec.to_builtins(cells),
            "warnings": warnings,
            "uncounted": True,
        },
        "$inc": {"fence": 1},
    }
    if status.value != image["status"]:
        change["$set"]["status"] = status.value
    if "taken_on" in fields and "location" not in fields:
        change["$unset"] = {"location": ""}
    return UpdateOne({"_id": image["_id"]}, change)


def shown_result(
    blob: Blob, operation: str, stored: Mapping[str, Any], fields: Mapping[str, Any]
) -> ShownResult:
    """Make what images show of a stored result of their blob."""
    size = {name: blob.facts[name] for name in ("width", "height") if blob.facts.get(name)}
    return ShownResult(
        operation, stored["version"], size | dict(fields), tuple(stored.get("warnings", ()))
    )
