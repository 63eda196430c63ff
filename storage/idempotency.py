"""Requests that are sent again: the same key gives the same answer, for a day."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from domain.errors import IdempotencyKeyInUse, IdempotencyTakenOver
from storage.identifiers import new_id, utc_now
from storage.mongo import DURABLE, Database, Document

KEPT = timedelta(hours=24)
# A request that died with its process blocks its key for no longer than this.
RUNNING = timedelta(seconds=60)


class Attempt(msgspec.Struct, frozen=True):
    """The right to answer a key for the first time.

    Attributes:
        record_id: Owner, route and key together, hashed.
        token: This attempt's own.
    """

    record_id: str
    token: str


class Answered(msgspec.Struct, frozen=True):
    """What a key was answered with.

    Attributes:
        fingerprint: What was asked, hashed.
        job_id: The job that was made.
        status: HTTP status of the answer; None if the process died before it was kept.
        headers: Of the answer.
        body: Of the answer.
    """

    fingerprint: str
    job_id: str
    status: int | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""


class Idempotency:
    """Remembers which keys were used, and what for.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._records = database["idempotency"].with_options(write_concern=DURABLE)

    async def begin(self, record_id: str) -> Attempt | Answered:
        """Take a key, or find what it was answered with.

        Args:
            record_id: Owner, route and key together, hashed.

        Raises:
            IdempotencyKeyInUse: The first request with this key is still running.
        """
        now = utc_now()
        attempt = Attempt(record_id, new_id())
        fresh: Document = {"token": attempt.token, "expires_at": now + RUNNING, "answered": None}
        try:
            await self._records.insert_one({"_id": record_id, **fresh})
        except DuplicateKeyError:
            record = await self._records.find_one({"_id": record_id})
            if record and record["answered"] and record["expires_at"] > now:
                return msgspec.convert(record["answered"], Answered)
            taken = await self._records.update_one(
                {"_id": record_id, "expires_at": {"$lte": now}}, {"$set": fresh}
            )
            if not taken.modified_count:
                raise IdempotencyKeyInUse from None
        return attempt

    async def renew(self, attempt: Attempt) -> None:
        """Hold on to a key while its request runs."""
        await self._records.update_one(
            _running(attempt), {"$set": {"expires_at": utc_now() + RUNNING}}
        )

    async def abandon(self, attempt: Attempt) -> None:
        """Give a key back whose request ended without a ticket: it may be tried again."""
        await self._records.delete_one(_running(attempt))

    async def keep_answer(
        self, attempt: Attempt, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        """Keep the very answer that was given."""
        answer = {"status": status, "headers": dict(headers), "body": body}
        await self._records.update_one(
            {"_id": attempt.record_id, "token": attempt.token, "answered": {"$ne": None}},
            {"$set": {f"answered.{name}": value for name, value in answer.items()}},
        )


async def answer_keys(
    database: Database,
    session: AsyncIOMotorClientSession,
    answered: Sequence[tuple[Attempt, Answered]],
) -> None:
    """Write, in the transaction that accepts jobs, that their keys are answered.

    Raises:
        IdempotencyTakenOver: A request was so slow that another one took its key.
    """
    if not answered:
        return
    expires_at = utc_now() + KEPT
    writes = [
        UpdateOne(
            _running(attempt),
            {
                "$set": {
                    "answered": _document(answer),
                    "expires_at": expires_at,
                }
            },
        )
        for attempt, answer in answered
    ]
    result = await database["idempotency"].bulk_write(writes, ordered=False, session=session)
    if result.modified_count != len(writes):
        raise IdempotencyTakenOver


def _running(attempt: Attempt) -> Document:
    return {"_id": attempt.record_id, "token": attempt.token, "answered": None}


def _document(answer: Answered) -> Document:
    document: Document = msgspec.to_builtins(answer, builtin_types=(bytes,))
    return document
