"""Invariants of batches."""

from collections import Counter

from domain.batches import MOST_FAILURES
from domain.jobs import Status
from storage.batches.batches import BATCHES
from storage.batches.pieces import PIECE_IMAGES
from storage.mongo.client import Document
from storage.verification.invariants import ENDED, OPEN, document_invariant


def _has_wrong_state(batch: Document) -> bool:
    is_open = batch["status"] in OPEN
    return (
        batch["status"] not in OPEN + ENDED
        or is_open != ("due_at" in batch)
        or is_open == (batch.get("finished_at") is not None)
        or (not is_open and batch["pieces"] != [])
    )


def _has_wrong_counts(batch: Document) -> bool:
    done, failed = batch["done"], batch["failed"]
    return (
        not 0 <= batch["unchanged"] <= done
        or failed != sum(batch["errors"].values())
        or len(batch["failures"]) != min(failed, MOST_FAILURES)
        or (_was_worked_on(batch) and batch["status"] != _rolled_up(done, failed))
        or (_was_worked_on(batch) and batch["selected"] != done + failed)
    )


def _was_worked_on(batch: Document) -> bool:
    """Return whether a batch has ended with its last image."""
    is_left = batch["status"] == Status.CANCELED or batch.get("error") is not None
    return "due_at" not in batch and not is_left and not batch["order"]["dry_run"]


def _rolled_up(done: int, failed: int) -> str:
    if not failed:
        return Status.SUCCEEDED.value
    return (Status.PARTIAL if done else Status.FAILED).value


def _has_wrong_pieces(batch: Document) -> bool:
    held = Counter(image for piece in batch["pieces"] for image in piece["images"])
    return any(count > 1 for count in held.values()) or any(
        not 1 <= len(piece["images"]) <= PIECE_IMAGES
        or piece["images"] != sorted(piece["images"])
        or piece["images"][-1] > batch["cursor"]
        for piece in batch["pieces"]
    )


OF_BATCHES = [
    document_invariant(
        "batch_state",
        "Only open batches are due and have pieces, ended ones have an end",
        BATCHES,
        _has_wrong_state,
    ),
    document_invariant(
        "batch_counts",
        "The counts of each batch agree, and an ended one has counted all that it selected",
        BATCHES,
        _has_wrong_counts,
    ),
    document_invariant(
        "batch_pieces",
        "The pieces of each batch are behind its cursor, and hold each image once",
        BATCHES,
        _has_wrong_pieces,
    ),
]
