"""The dead letters in MongoDB: found, counted and discarded."""

from collections.abc import Sequence

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from domain.dead_letters import DeadLetter, DeadLetterFilter
from domain.errors.access import NotFound
from domain.errors.files import GIVEN_UP
from domain.images.operations import ALL_OPERATIONS
from domain.records import Cell
from storage.mongo.client import COMMITTED, DURABLE, Database, Document

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

    def __init__(self, database: Database) -> None:
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

    async def discard(self, ids: Sequence[str]) -> int:
        """Remove letters, and count them; their images stay failed."""
        discarded = await self._images.update_many(
            {"_id": {"$in": list(ids)}, **IS_DEAD_LETTER}, {"$unset": {"gave_up_at": ""}}
        )
        return discarded.modified_count


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
