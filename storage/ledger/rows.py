"""Image documents as rows of the ledger: claimed by a worker, and ended."""

import msgspec
from pymongo import UpdateOne

from domain.claims import ClaimedImage, FinishedImage
from domain.records import Cell, GpsPolicy
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.ledger.attempts import pushed
from storage.mongo.client import Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_image_event
from storage.outbox.subscriptions import NO_TYPES, WantedTypes

EVENTS_OF_END = frozenset({EventType.IMAGE_PROCESSED})
EVENTS_OF_GIVEN_UP = EVENTS_OF_END | {EventType.DEAD_LETTER_CREATED}


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
    """Return the one write that ends an image, valid only for the present fence and the guard."""
    now, status = utc_now(), image.status
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
