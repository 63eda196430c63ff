"""The filters and updates of MongoDB with which workers claim, renew and release images."""

from collections.abc import Sequence
from datetime import datetime

from domain.claims import BROKEN_OFF, LEASE_EXPIRED, UNEXPECTED_ERROR
from domain.jobs import Status
from storage.ledger.rows import logged_if
from storage.mongo.client import Document

# A worker works on the images that it has claimed and not held back.
WAS_AT_WORK: Document = {
    "$and": [{"$eq": ["$status", Status.PROCESSING.value]}, {"$not": ["$lease.held_back"]}]
}
NEXT_FENCE: Document = {"$add": [{"$ifNull": ["$fence", 0]}, 1]}


def expiry(lease_ms: int) -> Document:
    """Return an expression for the end of a lease that begins now, by the server's clock."""
    return {"$add": ["$$NOW", lease_ms]}


def in_chunks(chunks: Sequence[tuple[str, int]]) -> Document:
    """Return a filter for the images of chunks, given by job and number."""
    return {"$or": [{"job_id": job_id, "chunk": number} for job_id, number in chunks]}


def can_be_claimed(chunks: Sequence[tuple[str, int]], max_attempts: int) -> Document:
    """Return a filter for the images of chunks that no worker holds.

    Images with `max_attempts` or more are left to the reconciler.
    """
    has_expired = {"$expr": {"$lt": ["$lease.expires_at", "$$NOW"]}}
    is_free = {"$or": [{"status": Status.QUEUED}, {"status": Status.PROCESSING, **has_expired}]}
    return {"attempts": {"$lt": max_attempts}, "$and": [in_chunks(chunks), is_free]}


def claiming(claim_id: str, worker: str | None, lease_ms: int) -> list[Document]:
    """Return the update that claims an image for a worker, given as ``host:pid``."""
    end = expiry(lease_ms)
    fields = {
        "status": Status.PROCESSING.value,
        "attempts": {"$add": ["$attempts", 1]},
        "fence": NEXT_FENCE,
        "lease": {"claim_id": claim_id, "worker": {"$literal": worker}, "expires_at": end},
        "due_at": end,
        "attempt_log": logged_if(WAS_AT_WORK, LEASE_EXPIRED, "$lease.expires_at"),
    }
    return [{"$set": fields}]


def releasing(now: datetime, *, count_attempt: bool) -> list[Document]:
    """Return the update that makes a claimed image queued and due.

    An attempt that was interrupted instead of failed does not count.
    """
    reason = UNEXPECTED_ERROR if count_attempt else BROKEN_OFF
    given_back = 0 if count_attempt else {"$cond": [WAS_AT_WORK, 1, 0]}
    fields = {
        "status": Status.QUEUED.value,
        "due_at": now,
        "attempts": {"$subtract": ["$attempts", given_back]},
        "attempt_log": logged_if(WAS_AT_WORK, reason, now),
    }
    return [{"$set": fields}, {"$unset": "lease"}]
