"""The pieces of batches: handed out to workers with a lease, and counted once.

A batch is one document. It has a cursor, the last image that was handed out, and the pieces that
workers hold. A worker takes a piece by moving the cursor, or takes over one whose lease expired; it
ends the piece and adds to the counts in one write. So a worker may die at any moment, each image
counts once, and no other collection is written.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from domain.batches import (
    MOST_FAILURES,
    MOST_OPEN,
    TOO_MANY_SELECTED,
    BatchFailure,
    BatchOrder,
    PieceResult,
)
from domain.errors.files import AttemptsExhausted
from domain.jobs import Status
from domain.records import ItemError
from storage.batches.batches import BATCHES, read_batch
from storage.batches.selection import Selection
from storage.clock import new_id, utc_now
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, DURABLE, Database, Document

PIECE_IMAGES = 50
FREE = datetime.fromtimestamp(0).astimezone()


class Piece(msgspec.Struct, frozen=True):
    """A part of a batch that a worker holds.

    Attributes:
        id: ID of this hold; unlike that of any other.
        images: IDs, in order.
        attempts: How often it was taken, this time included.
    """

    id: str
    batch_id: str
    order: BatchOrder
    images: tuple[str, ...]
    attempts: int = 1


class Pieces:
    """Hands out pieces of the open batches, oldest batch first."""

    def __init__(self, database: Database, lease_seconds: float, max_attempts: int) -> None:
        self._batches = database.get_collection(
            BATCHES, read_concern=COMMITTED, write_concern=DURABLE
        )
        self._selection = Selection(database)
        self._lease = timedelta(seconds=lease_seconds)
        self._max_attempts = max_attempts

    async def take(self, worker: str) -> Piece | None:
        """Take a piece for a worker (``host:pid``); None if there is none that is free."""
        found = self._batches.find(IS_OPEN).sort("_id", 1).limit(MOST_OPEN)
        for document in await found.to_list(None):
            if document.get("handed_out") and not document["pieces"]:
                await self._end(document["_id"])  # The worker of its last piece died before it.
                continue
            piece = await self._take_over(document, worker)
            piece = piece or await self._take_next(document, worker)
            if piece is not None:
                return piece
        return None

    async def renew(self, piece: Piece) -> bool:
        """Extend the hold of a piece by another lease; False if it is lost, or was canceled."""
        renewed = await self._batches.update_one(
            _held(piece), {"$set": {"pieces.$.expires_at": utc_now() + self._lease}}
        )
        return renewed.matched_count == 1

    async def give_back(self, piece: Piece) -> None:
        """Let any worker take a piece; this attempt does not count."""
        await self._batches.update_one(
            _held(piece),
            {"$set": {"pieces.$.expires_at": FREE}, "$inc": {"pieces.$.attempts": -1}},
        )

    async def finish(self, piece: Piece, result: PieceResult) -> bool:
        """End a piece and count its images, once; False if it is no longer held.

        Images without a result were deleted meanwhile; they count as unchanged.
        """
        gone = set(piece.images) - result.changed - result.unchanged - result.failed.keys()
        unchanged = len(result.unchanged) + len(gone)
        codes = Counter(error.code for error in result.failed.values())
        failures = [
            msgspec.to_builtins(BatchFailure(image_id, error.code, error.detail))
            for image_id, error in sorted(result.failed.items())
        ]
        finished = await self._batches.update_one(
            _held(piece),
            {
                "$pull": {"pieces": {"id": piece.id}},
                "$inc": {
                    "version": 1,
                    "done": len(result.changed) + unchanged,
                    "unchanged": unchanged,
                    "failed": len(result.failed),
                    **{f"errors.{code}": count for code, count in codes.items()},
                },
                "$push": {"failures": {"$each": failures, "$slice": -MOST_FAILURES}},
            },
        )
        if finished.matched_count:
            await self._end(piece.batch_id)
        return finished.matched_count == 1

    async def _take_over(self, batch: Document, worker: str) -> Piece | None:
        now = utc_now()
        for held in batch["pieces"]:
            if held["expires_at"] >= now:
                continue
            piece = _piece(batch, new_id(), held["images"], held["attempts"] + 1)
            again = self._held_by(piece, worker)
            taken = await self._batches.update_one(
                {
                    "_id": batch["_id"],
                    "pieces": {"$elemMatch": {"id": held["id"], "expires_at": held["expires_at"]}},
                },
                {"$set": {"pieces.$": again}},
            )
            if not taken.matched_count:
                continue
            if piece.attempts <= self._max_attempts:
                return piece
            await self.finish(piece, _exhausted(piece.images))
        return None

    async def _take_next(self, found: Document, worker: str) -> Piece | None:
        """Take the next images of a batch; tries again if another worker was faster."""
        batch: Document | None = found
        while batch is not None and not batch.get("handed_out"):
            if batch.get("selected") is None:
                batch = await self._count(batch)
                continue
            piece, update = await self._cut(batch, worker)
            taken = await self._batches.update_one(
                {"_id": batch["_id"], "cursor": batch["cursor"], **IS_OPEN}, update
            )
            if taken.matched_count and piece is not None:
                return piece
            if taken.matched_count:
                await self._end(batch["_id"])
                return None
            batch = await self._batches.find_one({"_id": batch["_id"], **IS_OPEN})
        return None

    async def _cut(self, batch: Document, worker: str) -> tuple[Piece | None, Document]:
        """Choose the next images, and the write that hands them out."""
        order = _order(batch)
        ids = await self._selection.find_next(order, batch["cursor"], batch["_id"], PIECE_IMAGES)
        handed_out = len(ids) < PIECE_IMAGES
        if not ids:
            return None, {"$set": {"handed_out": True}}
        piece = Piece(new_id(), batch["_id"], order, tuple(ids))
        fields: Document = {"cursor": ids[-1], "status": Status.PROCESSING.value}
        if handed_out:
            fields["handed_out"] = True
        return piece, {"$set": fields, "$push": {"pieces": self._held_by(piece, worker)}}

    async def _count(self, batch: Document) -> Document | None:
        """Count the selected images; a dry run, or too many of them, end the batch."""
        order = _order(batch)
        counted = await self._selection.count(order, batch["_id"])
        fields: Document = {"selected": counted.images, "size_bytes": counted.size_bytes}
        update: Document = {"$set": fields, "$inc": {"version": 1}}
        most = order.max_images
        if order.dry_run or (most is not None and counted.images > most):
            fields |= {"status": Status.SUCCEEDED.value, "finished_at": utc_now()}
            update["$unset"] = {"due_at": ""}
        if not order.dry_run and most is not None and counted.images > most:
            detail = f"{counted.images} images are selected, and max_images is {most}."
            fields["status"] = Status.FAILED.value
            fields["error"] = {"code": TOO_MANY_SELECTED, "detail": detail}
        which = {"_id": batch["_id"], "selected": {"$exists": False}, **IS_OPEN}
        await self._batches.update_one(which, update)
        found: Document | None = await self._batches.find_one({"_id": batch["_id"], **IS_OPEN})
        return found

    async def _end(self, batch_id: str) -> None:
        """End a batch whose images were all handed out, and whose pieces have all ended."""
        status = {
            "$switch": {
                "branches": [
                    {"case": {"$eq": ["$failed", 0]}, "then": Status.SUCCEEDED.value},
                    {"case": {"$eq": ["$done", 0]}, "then": Status.FAILED.value},
                ],
                "default": Status.PARTIAL.value,
            }
        }
        fields = {
            "status": status,
            "selected": {"$add": ["$done", "$failed"]},
            "finished_at": utc_now(),
            "version": {"$add": ["$version", 1]},
        }
        await self._batches.update_one(
            {"_id": batch_id, "handed_out": True, "pieces": [], **IS_OPEN},
            [{"$set": fields}, {"$unset": "due_at"}],
        )

    def _held_by(self, piece: Piece, worker: str) -> Document:
        return {
            "id": piece.id,
            "images": list(piece.images),
            "attempts": piece.attempts,
            "worker": worker,
            "expires_at": utc_now() + self._lease,
        }


def _held(piece: Piece) -> Document:
    return {"_id": piece.batch_id, "pieces.id": piece.id}


def _order(batch: Document) -> BatchOrder:
    return read_batch(batch).order


def _piece(batch: Document, piece_id: str, images: Sequence[str], attempts: int) -> Piece:
    return Piece(piece_id, batch["_id"], _order(batch), tuple(images), attempts)


def _exhausted(images: Sequence[str]) -> PieceResult:
    error = ItemError(AttemptsExhausted.code, AttemptsExhausted.title)
    return PieceResult(failed=dict.fromkeys(images, error))
