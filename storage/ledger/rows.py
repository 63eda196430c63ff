"""Image documents as rows of the ledger: claimed by a worker, ended, and with failed attempts."""

from datetime import datetime

import msgspec
from pymongo import UpdateOne

from domain.claims import ClaimedImage, FinishedImage
from domain.webhooks.events import EventType
from storage.clock import utc_now
from storage.mongo.client import Document
from storage.outbox.pending_events import PENDING_EVENTS, pending_image_event
from storage.outbox.subscriptions import NO_TYPES, WantedTypes

MAX_ATTEMPTS_KEPT = 20
EVENTS_OF_END = frozenset({EventType.IMAGE_PROCESSED})
EVENTS_OF_GIVEN_UP = EVENTS_OF_END | {EventType.DEAD_LETTER_CREATED}


def read_claimed_image(image: Document) -> ClaimedImage:
    """Read an image document as a worker needs it."""
    computed = {
        "id": image["_id"],
        "fence": image.get("fence", 0),
        "bad_attempts": len(image.get("attempt_log", ())),
        "worker": image.get("lease", {}).get("worker"),
        "claim_id": image.get("lease", {}).get("claim_id"),
    }
    return msgspec.convert(image | computed, ClaimedImage)


def finishing_update(
    image: FinishedImage, guard: Document, wanted: WantedTypes = NO_TYPES
) -> UpdateOne:
    """Return the one write that ends an image, valid only for its claim and the guard.

    An election may take a claim back that was not replicated, and the next one gets the same
    fence. The IDs of claims differ.
    """
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
    pushed: Document = {}
    if image.bad_attempts:
        added = msgspec.to_builtins(list(image.bad_attempts), builtin_types=(datetime,))
        pushed["attempt_log"] = {"$each": added, "$slice": -MAX_ATTEMPTS_KEPT}
    if wanted & (EVENTS_OF_GIVEN_UP if gave_up else EVENTS_OF_END):
        code = gave_up.code if gave_up else None
        pushed[PENDING_EVENTS] = pending_image_event(image.fence, status, code, now)
    update = {"$set": fields, "$unset": {"lease": "", "due_at": ""}}
    if pushed:
        update["$push"] = pushed
    claim = {"fence": image.fence, "lease.claim_id": image.claim_id}
    return UpdateOne({"_id": image.id, **claim, **guard}, update)


def logged_if(condition: object, reason: str, at: object) -> Document:
    """Return an expression for the log, extended by the attempt under the present lease.

    If the condition, an expression, is false, the log stays as it is, or absent. The time of the
    end may be an expression.
    """
    attempt = {
        "fence": "$fence",
        "at": at,
        "worker": {"$ifNull": ["$lease.worker", None]},
        "reason": reason,
    }
    log = {"$concatArrays": [{"$ifNull": ["$attempt_log", []]}, [attempt]]}
    return {"$cond": [condition, {"$slice": [log, -MAX_ATTEMPTS_KEPT]}, "$attempt_log"]}
