"""An image document as a row of the ledger: what a worker claims, and how it ends."""

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

TOLD = frozenset({EventType.IMAGE_PROCESSED})
TOLD_OF_GIVEN_UP = TOLD | {EventType.DEAD_LETTER_CREATED}


class ClaimedImage(msgspec.Struct, frozen=True):
    """An image that this worker holds.

    Attributes:
        id: The image.
        job_id: Its job.
        sha256: Its blob.
        fence: Number of this claim; the finish must carry it.
        size_bytes: Size of the blob.
        format: Sniffed when it was uploaded.
        cells: Its cells; those that are queued are to be worked on.
        attempts: How often it was begun, this time included.
        bad_attempts: How many attempts its log holds.
        worker: Who holds it, as ``host:pid``; None where nobody does.
        gps: What becomes of the place that it was taken at.
        request_id: The request that brought it.
        traceparent: That request's place in a trace, if it is traced.
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
    """How an image ended.

    Attributes:
        id: The image.
        fence: Number of the claim that ended it.
        cells: All its cells.
        error: Why the whole image failed.
        facts: Further fields that reads and searches want beside the image.
        bad_attempts: Attempts that did not end well and are not in its log yet.
    """

    id: str
    fence: int
    cells: dict[str, Cell]
    error: ItemError | None = None
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    bad_attempts: tuple[BadAttempt, ...] = ()

    @property
    def gave_up(self) -> ItemError | None:
        """The error with which our side gave up; such an image is a dead letter."""
        errors = [self.error, *(cell.error for cell in self.cells.values())]
        return next((error for error in errors if error and error.code in GIVEN_UP), None)


def read_claimed_image(image: Document) -> ClaimedImage:
    """Read what a worker needs of an image document."""
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
    """Make the one write that ends an image, for the holder of its fence alone.

    Args:
        image: How it ended.
        guard: What must be true of it besides.
        wanted: The types of events that are to be announced.
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
    if wanted & (TOLD_OF_GIVEN_UP if gave_up else TOLD):
        mark = pending_image_event(image.fence, status, gave_up.code if gave_up else None, now)
        update["$push"] = {**update.get("$push", {}), PENDING_EVENTS: mark}
    return UpdateOne({"_id": image.id, "fence": image.fence, **guard}, update)


def roll_up_cells(cells: dict[str, Cell]) -> Status:
    """Say with one status how the cells of an image stand."""
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
