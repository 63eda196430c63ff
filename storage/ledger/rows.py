"""Image documents as rows of the ledger: claimed by a worker, and ended."""

from typing import Any

import msgspec
from pymongo import UpdateOne

from domain.errors.files import GIVEN_UP
from domain.jobs import Status, Tally, roll_up
from domain.records import Cell, GpsPolicy, ItemError
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.ledger.attempts import BadAttempt, pushed
from storage.mongo.client import Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_image_event
from storage.outbox.subscriptions import NO_TYPES, WantedTypes

EVENTS_OF_END = frozenset({EventType.IMAGE_PROCESSED})
EVENTS_OF_GIVEN_UP = EVENTS_OF_END | {EventType.DEAD_LETTER_CREATED}


class ClaimedImage(msgspec.Struct, frozen=True):
    """An image that a worker holds.

    Attributes:
        id: The image.
        job_id: Its job.
        sha256: Its blob.
        fence: Number of this claim; the end of the image must carry it.
        size_bytes: Size of the blob.
        format: Detected at the upload.
        cells: All cells; the queued ones are open.
        attempts: How often it was claimed, this claim included.
        bad_attempts: Number of failed attempts in its log.
        worker: Its worker, as ``host:pid``; None if there is none.
        gps: Whether the position may be kept.
        request_id: The request that uploaded it.
        traceparent: The trace of that request, if it is traced.
    """

    id: str
    job_id: str
    sha256: str
    fence: int
    size_bytes: int
    format: str
    cells: dict[str, Cell]
    attempts: int
    bad_attempts: int
    worker: str | None
    gps: GpsPolicy = GpsPolicy.KEEP
    request_id: str | None = None
    traceparent: str | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations whose cells are open."""
        return tuple(name for name, cell in self.cells.items() if cell.status is Status.QUEUED)


class FinishedImage(msgspec.Struct, frozen=True):
    """The end of an image.

    Attributes:
        id: The image.
        fence: Number of the claim that ended it.
        cells: All its cells.
        error: The error of the whole image, if it failed.
        facts: More fields of the image document, for reads and searches.
        bad_attempts: Failed attempts that are not in its log yet.
    """

    id: str
    fence: int
    cells: dict[str, Cell]
    error: ItemError | None = None
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    bad_attempts: tuple[BadAttempt, ...] = ()

    @property
    def gave_up(self) -> ItemError | None:
        """The error with which the service gave up; such an image is a dead letter."""
        errors = [self.error, *(cell.error for cell in self.cells.values())]
        return next((error for error in errors if error and error.code in GIVEN_UP), None)


def read_claimed_image(image: Document) -> ClaimedImage:
    """Read an image document as a worker needs it."""
    return ClaimedImage(
        id=image["_id"],
        job_id=image["job_id"],
        sha256=image["sha256"],
        fence=image.get("fence", 0),
        size_bytes=image["size_bytes"],
        format=image["format"],
        cells=msgspec.convert(image["cells"], dict[str, Cell]),
        attempts=image["attempts"],
        bad_attempts=len(image.get("attempt_log", ())),
        worker=image.get("lease", {}).get("worker"),
        gps=GpsPolicy(image.get("gps", GpsPolicy.KEEP)),
        request_id=image.get("request_id"),
        traceparent=image.get("traceparent"),
    )


def finishing_update(
    image: FinishedImage, guard: Document, wanted: WantedTypes = NO_TYPES
) -> UpdateOne:
    """Return the one write that ends an image, valid only for the present fence.

    Args:
        image: Its end.
        guard: More conditions.
        wanted: The types of events that any endpoint gets.
    """
    now, status = utc_now(), roll_up_cells(image.cells)
    fields: Document = {
        "status": status.value,
        "error": msgspec.to_builtins(image.error),
        "finished_at": now,
        "cells": msgspec.to_builtins(image.cells),
        "uncounted": True,
        **image.facts,
    }
    gave_up = image.gave_up
    if gave_up:
        fields["gave_up_at"] = now
    update = {"$set": fields, "$unset": {"lease": "", "due_at": ""}, **pushed(image.bad_attempts)}
    if wanted & (EVENTS_OF_GIVEN_UP if gave_up else EVENTS_OF_END):
        event = pending_image_event(image.fence, status, gave_up.code if gave_up else None, now)
        update["$push"] = {**update.get("$push", {}), PENDING_EVENTS: event}
    return UpdateOne({"_id": image.id, "fence": image.fence, **guard}, update)


def roll_up_cells(cells: dict[str, Cell]) -> Status:
    """Compute the status of an image from its cells."""
    counts = dict.fromkeys(Status, 0)
    for cell in cells.values():
        counts[cell.status] += 1
    return roll_up(
        Tally(
            succeeded=counts[Status.SUCCEEDED],
            failed=counts[Status.FAILED],
            canceled=counts[Status.CANCELED],
            waiting=counts[Status.QUEUED],
            running=counts[Status.PROCESSING],
        )
    )
