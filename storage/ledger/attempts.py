"""The log of an image's attempts that did not end well: bounded, and absent where all went well."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from storage.mongo.client import Document

MAX_KEPT = 20

LEASE_EXPIRED = "lease_expired"
BROKEN_OFF = "broken_off"
UNEXPECTED_ERROR = "unexpected_error"
KNOWN_POISON = "known_poison"


class BadAttempt(msgspec.Struct, frozen=True):
    """One attempt that did not end well.

    Attributes:
        fence: Number of the claim that it was made under.
        at: When it ended, UTC.
        worker: Who made it, as ``host:pid``.
        reason: Code of an error, or one of this module's.
    """

    fence: int
    at: datetime
    worker: str | None
    reason: str


def read_attempts(image: Document) -> list[BadAttempt]:
    """Read the log of an image document, oldest first."""
    return msgspec.convert(image.get("attempt_log", []), list[BadAttempt])


def pushed(attempts: Sequence[BadAttempt]) -> Document:
    """Make the part of an update that adds to the log."""
    if not attempts:
        return {}
    added = [msgspec.to_builtins(attempt, builtin_types=(datetime,)) for attempt in attempts]
    return {"$push": {"attempt_log": {"$each": added, "$slice": -MAX_KEPT}}}


def logged_if(condition: object, reason: str, at: object) -> Document:
    """Make an expression for the log with the end of the present lease added.

    Args:
        condition: Expression; where it is false the log stays as it is, or absent.
        reason: Why the attempt ended.
        at: Expression or value: when it ended.
    """
    attempt = {
        "fence": "$fence",
        "at": at,
        "worker": {"$ifNull": ["$lease.worker", None]},
        "reason": reason,
    }
    log = {"$concatArrays": [{"$ifNull": ["$attempt_log", []]}, [attempt]]}
    return {"$cond": [condition, {"$slice": [log, -MAX_KEPT]}, "$attempt_log"]}
