"""The log of an image's failed attempts: bounded, and absent if there were none."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.claims import BadAttempt
from storage.mongo.client import Document

MAX_KEPT = 20


def read_attempts(image: Document) -> list[BadAttempt]:
    """Read the log of an image document, oldest first."""
    return msgspec.convert(image.get("attempt_log", []), list[BadAttempt])


def pushed(attempts: Sequence[BadAttempt]) -> Document:
    """Return the part of an update that adds attempts to the log."""
    if not attempts:
        return {}
    added = [msgspec.to_builtins(attempt, builtin_types=(datetime,)) for attempt in attempts]
    return {"$push": {"attempt_log": {"$each": added, "$slice": -MAX_KEPT}}}


def logged_if(condition: object, reason: str, at: object) -> Document:
    """Return an expression for the log, extended by the attempt under the present lease.

    Args:
        condition: An expression; if it is false, the log stays as it is, or absent.
        reason: As in :class:`BadAttempt`.
        at: An expression or a value: the time of the end.
    """
    attempt = {
        "fence": "$fence",
        "at": at,
        "worker": {"$ifNull": ["$lease.worker", None]},
        "reason": reason,
    }
    log = {"$concatArrays": [{"$ifNull": ["$attempt_log", []]}, [attempt]]}
    return {"$cond": [condition, {"$slice": [log, -MAX_KEPT]}, "$attempt_log"]}
