"""The documents that an upload becomes, made once before its transaction."""

from collections import defaultdict
from collections.abc import Sequence, Sized
from datetime import datetime, timedelta

import msgspec

from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint, ChunkPlan, Status, Tally, plan_chunks
from domain.marks import MARKS
from domain.ports import GRIDFS
from domain.records import Item, Job, refused_item
from domain.tenants import tenant_field
from storage.acceptance.uploads import RefusedFile, TakenFile, Ticket, Upload
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.clock import new_id, utc_now
from storage.ledger.fetches import fetch_fields, pending_items
from storage.mongo.client import Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_job_event
from telemetry.spans import origin


class Documents(msgspec.Struct, frozen=True):
    """The documents of one acceptance.

    Attributes:
        images: A document for each image. The transaction adds ``duplicate_of`` and
            ``stored_bytes``, which depend on what is stored.
        blobs: By SHA-256, the fields of a blob that is not stored yet.
    """

    job: Document
    images: list[Document]
    blobs: dict[str, Document]
    refused: list[RefusedFile]


def documents_of(upload: Upload, plan: ChunkPlan, due_after: timedelta) -> Documents:
    """Make every document of an acceptance.

    After due_after the reconciler looks for chunks that no worker has begun.
    """
    now = utc_now()
    shared: Document = {
        "user_id": upload.user_id,
        "key_id": upload.key_id,
        "link_id": upload.link_id,
        **tenant_field(upload.user_id),
        "due_at": now + due_after,
        **({MARKS: list(upload.marks)} if upload.marks else {}),
        **origin(),
    }
    job = _job_document(upload, shared, now)
    sizes = [(file.staged.sha256, file.staged.size_bytes) for file in upload.taken]
    images = image_documents(upload, shared, job["_id"], plan_chunks(sizes, plan), now)
    return Documents(job, images, blob_documents(upload, now), upload.refused)


def image_documents(
    upload: Upload, shared: Document, job_id: str, chunks: Sequence[int], now: datetime
) -> list[Document]:
    """Make the documents of the files that are taken, with the number of the chunk of each."""
    fields = shared | {
        "job_id": job_id,
        "uploaded_at": now,
        "gps": upload.gps.value,
        "status": Status.QUEUED.value,
        "attempts": 0,
        "hint": 0,
        "uncounted": True,
        "cells": {name: {"status": Status.QUEUED.value} for name in upload.operations},
    }
    return [
        fields | _image_document(file, chunk)
        for file, chunk in zip(upload.taken, chunks, strict=True)
    ]


def blob_documents(upload: Upload, now: datetime) -> dict[str, Document]:
    """Make the fields of the blobs of an upload, by SHA-256."""
    blobs: dict[str, Document] = {}
    for file in upload.taken:
        blobs.setdefault(file.staged.sha256, _blob_fields(file, now))
    return blobs


def without(documents: Documents, overflow: list[RefusedFile]) -> Documents:
    """Refuse some files of an upload, not all, that a link has no room for."""
    indexes = {file.index for file in overflow}
    images = [image for image in documents.images if image["index"] not in indexes]
    refused = documents.refused + overflow
    job = documents.job | _counts(images, refused, documents.job["operations"])
    return Documents(job, images, documents.blobs, refused)


def ticket_of(documents: Documents) -> Ticket:
    """Make the ticket of an upload that is durable."""
    job = msgspec.convert(documents.job | {"id": documents.job["_id"]}, Job)
    items = [
        msgspec.convert(image | {"image_id": image["_id"]}, Item) for image in documents.images
    ]
    items += [
        refused_item(file.index, file.filename, file.error, job.operations)
        for file in documents.refused
    ]
    items += pending_items(documents.job)
    items.sort(key=lambda item: item.index)
    return Ticket(job, items, _hints(documents))


def _job_document(upload: Upload, shared: Document, now: datetime) -> Document:
    has_ended = not upload.taken and not upload.fetches
    document = shared | {
        "_id": new_id(),
        "status": (Status.FAILED if has_ended else Status.QUEUED).value,
        "version": 1,
        "created_at": now,
        "finished_at": now if has_ended else None,
        "operations": list(upload.operations),
        "files": len(upload.taken) + len(upload.refused) + len(upload.fetches),
        **_counts([*upload.taken, *upload.fetches], upload.refused, upload.operations),
    }
    if upload.fetches:
        document |= fetch_fields(upload.fetches, upload.gps, upload.quota, now)
    if upload.callback_url:
        document["callback_url"] = upload.callback_url
    if has_ended:
        del document["due_at"]
        if upload.callback_url or upload.has_subscribers:
            document[PENDING_EVENTS] = [pending_job_event(1, Status.FAILED, now)]
    return document


def _counts(taken: Sized, refused: list[RefusedFile], operations: Sized) -> Document:
    tally = Tally(waiting=len(taken) * len(operations), refused=len(refused) * len(operations))
    return {"tally": msgspec.to_builtins(tally), "refused": msgspec.to_builtins(refused)}


def _image_document(file: TakenFile, chunk: int) -> Document:
    return {
        "_id": new_id(),
        "index": file.index,
        "chunk": chunk,
        "sha256": file.staged.sha256,
        "size_bytes": file.staged.size_bytes,
        "filename": file.filename,
        "format": file.format,
        "duplicate_of": None,
    }


def _blob_fields(file: TakenFile, now: datetime) -> Document:
    location = file.staged.location
    return {
        "_id": file.staged.file_id,
        "length": file.staged.size_bytes,
        "chunkSize": CHUNK_BYTES,
        "uploadDate": now,
        "filename": file.staged.sha256,
        "metadata.format": file.format,
        "metadata.results": {},
        **(
            {}
            if location.store == GRIDFS
            else {"metadata.store": location.store, "metadata.object": location.name}
        ),
    }


def _hints(documents: Documents) -> list[ChunkHint]:
    sizes: dict[int, list[int]] = defaultdict(list)
    for image in documents.images:
        sizes[image["chunk"]].append(image["size_bytes"])
    job = documents.job
    return [
        ChunkHint(job["_id"], chunk, user_id=job["user_id"], units=estimate_units(len(of), sum(of)))
        for chunk, of in sorted(sizes.items())
    ]
