"""Dead letters: images that our side gave up, until an admin has looked at them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.errors.access import NotFound
from domain.errors.files import GIVEN_UP
from domain.images.operations import ALL_OPERATIONS
from domain.records import Cell, ItemError
from storage.ledger.attempts import BadAttempt, read_attempts
from storage.mongo.client import COMMITTED, DURABLE, Database, Document

DEAD_LETTERS = "dead_letters"

IS_DEAD_LETTER = {"gave_up_at": {"$exists": True}}


class DeadLetter(msgspec.Struct, frozen=True):
    """An image that our side gave up, wholly or in part.

    Attributes:
        image_id: The image; the letter has no ID of its own.
        job_id: Its job.
        user_id: Whose image it is.
        sha256: Its blob.
        filename: Name as uploaded, without folders.
        format: Sniffed from the bytes.
        size_bytes: Size of the file.
        operations: Those that were given up.
        error: Why the first of them was.
        gave_up_at: When, UTC.
        attempts: The last attempts that did not end well, oldest first.
    """

    image_id: str
    job_id: str
    user_id: str
    sha256: str
    filename: str
    format: str
    size_bytes: int
    operations: list[str]
    error: ItemError
    gave_up_at: datetime
    attempts: list[BadAttempt]


class DeadLetterFilter(msgspec.Struct, frozen=True):
    """Which letters are meant. All None: every one.

    Attributes:
        user_id: Only this user's.
        code: Only those with this error.
        job_id: Only those of this job.
        ids: Only these.
        before: Only images older than this one.
    """

    user_id: str | None = None
    code: str | None = None
    job_id: str | None = None
    ids: Sequence[str] | None = None
    before: str | None = None


class DeadLetters:
    """Finds and discards dead letters. The field ``gave_up_at`` of an image makes it one.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection(
            "images", read_concern=COMMITTED, write_concern=DURABLE
        )

    async def get(self, image_id: str) -> DeadLetter:
        """Read a letter.

        Raises:
            NotFound: There is none for this image.
        """
        document = await self._images.find_one({"_id": image_id, **IS_DEAD_LETTER})
        if document is None:
            raise NotFound
        return _dead_letter(document)

    async def list_page(self, wanted: DeadLetterFilter, limit: int) -> list[DeadLetter]:
        """List letters, those of the newest images first."""
        found = self._images.find(_query(wanted)).hint(DEAD_LETTERS).sort("_id", -1).limit(limit)
        return [_dead_letter(document) async for document in found]

    async def count(self, wanted: DeadLetterFilter | None = None) -> int:
        """Count letters, all of them where no filter is given."""
        query = _query(wanted or DeadLetterFilter())
        return await self._images.count_documents(query, hint=DEAD_LETTERS)

    async def discard(self, ids: Sequence[str]) -> int:
        """Take letters away; their images stay failed.

        Returns:
            How many there were.
        """
        discarded = await self._images.update_many(
            {"_id": {"$in": list(ids)}, **IS_DEAD_LETTER}, {"$unset": {"gave_up_at": ""}}
        )
        return discarded.modified_count


def _query(wanted: DeadLetterFilter) -> Document:
    query: Document = {**IS_DEAD_LETTER}
    if wanted.user_id is not None:
        query["user_id"] = wanted.user_id
    if wanted.job_id is not None:
        query["job_id"] = wanted.job_id
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
    return DeadLetter(
        image_id=image["_id"],
        job_id=image["job_id"],
        user_id=image["user_id"],
        sha256=image["sha256"],
        filename=image["filename"],
        format=image["format"],
        size_bytes=image["size_bytes"],
        operations=list(given_up),
        error=next(iter(given_up.values())),
        gave_up_at=image["gave_up_at"],
        attempts=read_attempts(image),
    )
