"""Creates resumable uploads, many in one transaction: one for each Idempotency-Key.

Two transactions with the same key write the same link or account, so the later one fails, and finds
the upload of the earlier one when it tries again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from domain.errors.access import NotFound
from domain.errors.base import ServiceError
from domain.resumable import ResumableUpload
from storage.blobs.objects import RESUMABLE
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase
from storage.resumable.documents import UNUSED, document_of, upload_of
from storage.resumable.reservations import Creation, reserve

Created = ResumableUpload | ServiceError
"""The new upload, the earlier one with the same key, or the reason why there is none."""


def create_uploads(
    database: PlainDatabase, session: ClientSession, creations: Sequence[Creation], now: datetime
) -> list[Created]:
    """Create uploads; a creation with the key of an earlier one gives that upload, as far as it is.

    A request that sends bytes to that one is ended by a new fence: its offset is final.
    """
    ids = _find_made(database, session, creations, now)
    fresh: list[Creation] = []
    for one in creations:
        if _key_of(one) not in ids:
            ids[_key_of(one)] = one.upload.id
            fresh.append(one)
    refusals = reserve(database, session, fresh, now)
    answers: dict[str, Created] = {
        one.upload.id: refusal or one.upload for one, refusal in zip(fresh, refusals, strict=True)
    }
    _insert(database, session, answers.values())
    return [
        _repeat(database, session, upload_id, answers.get(upload_id))
        if (upload_id := ids[_key_of(one)]) != one.upload.id
        else answers[upload_id]
        for one in creations
    ]


def _key_of(one: Creation) -> str:
    return one.upload.creation_key or one.upload.id


def _find_made(
    database: PlainDatabase, session: ClientSession, creations: Sequence[Creation], now: datetime
) -> dict[str, str]:
    """Find the uploads of earlier creations: their IDs by key."""
    keys = [one.upload.creation_key for one in creations if one.upload.creation_key]
    if not keys:
        return {}
    which: Document = {"creation_key": {"$in": keys}, "expires_at": {"$gt": now}} | UNUSED
    found = database[RESUMABLE].find(which, {"creation_key": 1}, session=session)
    return {document["creation_key"]: document["_id"] for document in found}


def _insert(database: PlainDatabase, session: ClientSession, answers: Iterable[Created]) -> None:
    documents = [document_of(one) for one in answers if isinstance(one, ResumableUpload)]
    if documents:
        database[RESUMABLE].insert_many(documents, ordered=False, session=session)


def _repeat(
    database: PlainDatabase, session: ClientSession, upload_id: str, answer: Created | None
) -> Created:
    """Give the upload of an earlier creation, or the refusal of one at the same time."""
    if isinstance(answer, ServiceError):
        return answer
    found: Document | None = database[RESUMABLE].find_one_and_update(
        {"_id": upload_id},
        {"$inc": {"fence": 1}},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return NotFound() if found is None else upload_of(found)
