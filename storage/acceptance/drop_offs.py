"""A drop-off as values, and the documents that it becomes."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

import msgspec

from domain.errors.base import ServiceError
from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkPlan, Status, Tally, plan_chunks
from domain.records import Cell, GpsPolicy, Item, ItemError, Job, refused_item
from storage.acceptance.idempotency import Attempt
from storage.blobs.intake import CHUNK_BYTES, BlobIntake, StagedFile
from storage.clock import new_id, utc_now
from storage.mongo.client import Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_job_event
from telemetry.tracing import origin


class TakenFile(msgspec.Struct, frozen=True):
    """A file that will become an image.

    Attributes:
        index: Position among the files of the request, from 0.
        filename: Name as uploaded, without folders.
        format: Sniffed from the bytes.
        staged: Where its bytes are.
    """

    index: int
    filename: str
    format: str
    staged: StagedFile


class RefusedFile(msgspec.Struct, frozen=True):
    """A file that becomes an item with an error."""

    index: int
    filename: str
    error: ItemError


class DropOff(msgspec.Struct, frozen=True):
    """What one request brings.

    Attributes:
        user_id: Whose images these will be.
        key_id: The key that they came in through.
        operations: What is asked for, in canonical order.
        taken: Files that become images.
        refused: Files that do not.
        intake: Holds the bytes that are not written yet.
        gps: Whether anything that is served of the images may tell where they were taken.
        link_id: The link that it came in through, whose limits hold; None where it was a key.
        attempt: The Idempotency-Key that is answered with this, if one was sent.
        fingerprint: What was asked, hashed; goes with ``attempt``.
        callback_url: Who is told of the end of the job, besides.
        is_wanted: Whether anybody wants to be told of a job that has ended with its acceptance.
    """

    user_id: str
    key_id: str
    operations: tuple[str, ...]
    taken: list[TakenFile]
    refused: list[RefusedFile]
    intake: BlobIntake
    gps: GpsPolicy = GpsPolicy.KEEP
    link_id: str | None = None
    attempt: Attempt | None = None
    fingerprint: str = ""
    callback_url: str | None = None
    is_wanted: bool = False


class Ticket(msgspec.Struct, frozen=True):
    """The answer to a drop-off, once it is durable.

    Attributes:
        job: The job.
        items: Its items, in upload order.
        chunks: The chunks of work that it was cut into, with the work of each in small images.
    """

    job: Job
    items: list[Item]
    chunks: dict[int, float]


class Entry:
    """A drop-off on its way, with the documents that it becomes.

    Attributes:
        taken: Its files that become images; a link may take fewer than the form brought.
        refused: Its files that do not.
        refusal: Why nothing of it is accepted; None as far as nothing is known against it.
    """

    def __init__(self, drop_off: DropOff, plan: ChunkPlan, due_after: timedelta) -> None:
        self.drop_off = drop_off
        self.answer: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        self.outcome_is_known = True
        self.now = utc_now()
        self.due_at = self.now + due_after
        self.job_id = new_id()
        self.origin = origin()
        self.refusal: ServiceError | None = None
        self._plan = plan
        self.take(drop_off.taken, drop_off.refused)

    def take(self, taken: list[TakenFile], refused: list[RefusedFile]) -> None:
        """Make the documents of files that become images, and note those that do not."""
        self.taken, self.refused = taken, refused
        sizes = [(file.staged.sha256, file.staged.size_bytes) for file in taken]
        self.chunks = plan_chunks(sizes, self._plan)
        self.images = [
            _image_document(self, file, chunk)
            for file, chunk in zip(taken, self.chunks, strict=True)
        ]


def blob_fields(file: TakenFile, now: datetime) -> Document:
    """Make what is written of a blob when it is new."""
    return {
        "_id": file.staged.file_id,
        "length": file.staged.size_bytes,
        "chunkSize": CHUNK_BYTES,
        "uploadDate": now,
        "filename": file.staged.sha256,
        "metadata.format": file.format,
        "metadata.results": {},
    }


def _image_document(entry: Entry, file: TakenFile, chunk: int) -> Document:
    drop_off = entry.drop_off
    return {
        "_id": new_id(),
        "job_id": entry.job_id,
        "user_id": drop_off.user_id,
        "key_id": drop_off.key_id,
        "link_id": drop_off.link_id,
        "index": file.index,
        "chunk": chunk,
        "sha256": file.staged.sha256,
        "size_bytes": file.staged.size_bytes,
        "filename": file.filename,
        "format": file.format,
        "uploaded_at": entry.now,
        "duplicate_of": None,
        "gps": drop_off.gps.value,
        "status": Status.QUEUED.value,
        "cells": {name: {"status": Status.QUEUED.value} for name in drop_off.operations},
        "attempts": 0,
        "hint": 0,
        "due_at": entry.due_at,
        "uncounted": True,
        **entry.origin,
    }


def _tally(entry: Entry) -> Tally:
    operations = len(entry.drop_off.operations)
    return Tally(waiting=len(entry.images) * operations, refused=len(entry.refused) * operations)


def job_document(entry: Entry) -> Document:
    """Make the document of the job."""
    tally = _tally(entry)
    document = {
        "_id": entry.job_id,
        "user_id": entry.drop_off.user_id,
        "key_id": entry.drop_off.key_id,
        "link_id": entry.drop_off.link_id,
        "status": (Status.QUEUED if entry.images else Status.FAILED).value,
        "version": 1,
        "created_at": entry.now,
        "finished_at": None if entry.images else entry.now,
        "operations": list(entry.drop_off.operations),
        "tally": msgspec.to_builtins(tally),
        "refused": msgspec.to_builtins(entry.refused),
        "files": len(entry.taken) + len(entry.refused),
        **entry.origin,
    }
    callback_url = entry.drop_off.callback_url
    if callback_url:
        document["callback_url"] = callback_url
    if entry.images:
        return document | {"due_at": entry.due_at}
    if callback_url or entry.drop_off.is_wanted:
        document[PENDING_EVENTS] = [pending_job_event(1, Status.FAILED, entry.now)]
    return document


def make_ticket(entry: Entry) -> Ticket:
    """Make the answer to a drop-off that is durable."""
    drop_off, operations = entry.drop_off, entry.drop_off.operations
    document = job_document(entry)
    queued = Cell(Status.QUEUED)
    items = [
        Item(
            index=image["index"],
            filename=image["filename"],
            status=Status.QUEUED,
            cells=dict.fromkeys(operations, queued),
            image_id=image["_id"],
            duplicate_of=image["duplicate_of"],
        )
        for image in entry.images
    ]
    items += [
        refused_item(file.index, file.filename, file.error, operations) for file in entry.refused
    ]
    job = Job(
        id=entry.job_id,
        user_id=drop_off.user_id,
        key_id=drop_off.key_id,
        status=Status(document["status"]),
        version=1,
        created_at=entry.now,
        finished_at=document["finished_at"],
        operations=operations,
        tally=_tally(entry),
    )
    return Ticket(job, sorted(items, key=lambda item: item.index), _chunk_units(entry))


def _chunk_units(entry: Entry) -> dict[int, float]:
    sizes: dict[int, list[int]] = defaultdict(list)
    for image in entry.images:
        sizes[image["chunk"]].append(image["size_bytes"])
    return {chunk: estimate_units(len(of), sum(of)) for chunk, of in sorted(sizes.items())}
