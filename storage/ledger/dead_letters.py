"""The dead letters in MongoDB: found, counted and discarded."""

from collections.abc import Mapping

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from domain.audit import AuditEntry
from domain.dead_letters import DeadLetter, DeadLetterFilter
from domain.errors.access import NotFound
from domain.errors.files import GIVEN_UP
from domain.images.operations import ALL_OPERATIONS
from domain.records import Cell
from storage.access.audit import AuditTrail
from storage.mongo.client import COMMITTED, DURABLE, Database, Document, Session
from storage.mongo.transactions import run_transaction

DEAD_LETTERS = "dead_letters"
IS_DEAD_LETTER = {"gave_up_at": {"$exists": True}}
DEAD_LETTER_INDEXES = {
    "images": [
        IndexModel(
            [("_id", DESCENDING), ("gave_up_at", ASCENDING)],
            name=DEAD_LETTERS,
            partialFilterExpression=IS_DEAD_LETTER,
        )
    ],
}


class DeadLetters:
    """Finds and discards dead letters: images with the field ``gave_up_at``."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit
        self._images = database.get_collection(
            "images", read_concern=COMMITTED, write_concern=DURABLE
        )

    async def get(self, image_id: str) -> DeadLetter:
        """Read the letter of an image.

        Raises:
            NotFound: The image is no dead letter.
        """
        document = await self._images.find_one({"_id": image_id, **IS_DEAD_LETTER})
        if document is None:
            raise NotFound
        return _dead_letter(document)

    async def list_page(self, wanted: DeadLetterFilter, limit: int) -> list[DeadLetter]:
        """List letters, newest images first."""
        found = self._images.find(_query(wanted)).hint(DEAD_LETTERS).sort("_id", -1).limit(limit)
        return [_dead_letter(document) async for document in found]

    async def count(self, wanted: DeadLetterFilter | None = None) -> int:
        """Count the letters that match, or all of them."""
        query = _query(wanted or DeadLetterFilter())
        return await self._images.count_documents(query, hint=DEAD_LETTERS)

    async def discard(self, entries: Mapping[str, AuditEntry]) -> int:
        """Remove letters, given the entry of each by its ID, and count them.

        Their images stay failed. Only letters that are there add their entries.
        """
        which = {"_id": {"$in": list(entries)}, **IS_DEAD_LETTER}

        async def write(session: Session) -> int:
            found = await self._images.find(which, {"_id": 1}, session=session).to_list(None)
            await self._images.update_many(which, {"$unset": {"gave_up_at": ""}}, session=session)
            await self._audit.add(*(entries[one["_id"]] for one in found), session=session)
            return len(found)

        return await run_transaction(self._database.client, write)


def _query(wanted: DeadLetterFilter) -> Document:
    owners = {"user_id": wanted.user_id, "job_id": wanted.job_id}
    query: Document = IS_DEAD_LETTER | {k: v for k, v in owners.items() if v is not None}
    if wanted.code is not None:
        of_cells = [{f"cells.{name}.error.code": wanted.code} for name in ALL_OPERATIONS]
        query["$or"] = [{"error.code": wanted.code}, *of_cells]
    ids = {"$in": None if wanted.ids is None else list(wanted.ids), "$lt": wanted.before}
    if bounds := {sign: value for sign, value in ids.items() if value is not None}:
        query["_id"] = bounds
    return query


def _dead_letter(image: Document) -> DeadLetter:
    cells = msgspec.convert(image["cells"], dict[str, Cell])
    given_up = {
        name: cell.error
        for name, cell in cells.items()
        if cell.error is not None and cell.error.code in GIVEN_UP
    }
    computed = {
        "image_id": image["_id"],
        "operations": list(given_up),
        "error": next(iter(given_up.values())),
        "attempts": image.get("attempt_log", []),
    }
    return msgspec.convert(image | computed, DeadLetter)
