"""Idempotency keys: a request that is sent again gets the same answer, for a day.

All times are MongoDB's, so that processes whose clocks differ agree on the holder of a key.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from domain.errors.requests import IdempotencyKeyInUse, IdempotencyTakenOver
from storage.clock import new_id
from storage.mongo.client import DURABLE, Client, Collection, Database, Document, Session
from storage.mongo.duplicates import DUPLICATE_KEY
from storage.mongo.threads import PlainDatabase
from storage.mongo.transactions import run_transaction

# The key of a request that died with its process is free again after this time.
HELD_SECONDS = 8.0
# The record of a running request is kept for longer, since it may not be able to renew: no other
# request has taken the key then, and its answer still counts.
RUNNING_SECONDS = 3600.0
IDEMPOTENCY_INDEXES = {
    "idempotency": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("answered.job_id", ASCENDING)], sparse=True),
    ],
}

Made = TypeVar("Made")
Creation = Callable[[Session | None], Awaitable[Made]]
"""Creates an object, within a transaction if one is given."""


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to answer a key for the first time; the record ID hashes owner, route and key."""

    record_id: str
    token: str
    kept_seconds: float


class KeyTaken(Exception):
    """Another request has a key; nothing was written.

    Attributes:
        place: The place of the key among those that were to be answered.
    """

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Reply(msgspec.Struct, frozen=True):
    """A response that is kept, so that it can be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


class Answered(msgspec.Struct, frozen=True):
    """The answer of a key.

    Attributes:
        status: HTTP status; None if the process died before the response was kept.
        body: Body of the response; the created object, where the response contains a secret.
        token: The attempt that was answered.
    """

    fingerprint: str
    job_id: str = ""
    status: int | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    token: str = ""


class Idempotency:
    """The keys that were used, and their answers."""

    def __init__(self, client: Client, database: Database, kept_seconds: float) -> None:
        self._client = client
        self._database = database
        self._records = database["idempotency"]
        self._durable = self._records.with_options(write_concern=DURABLE)
        self._kept_seconds = kept_seconds

    def plan(self, record_id: str) -> Attempt:
        """Plan an attempt at a key that is only taken when it is answered."""
        return Attempt(record_id, new_id(), self._kept_seconds)

    async def begin(self, record_id: str) -> Attempt | Answered:
        """Take a key, or find its answer, which is durable.

        A key is taken without waiting for a majority: if MongoDB loses the record, the transaction
        that answers the key writes it again, unless another request has taken the key meanwhile.

        Raises:
            IdempotencyKeyInUse: The first request with this key is still running.
        """
        attempt = self.plan(record_id)
        try:
            record = await self._take_if_free(self._records, attempt)
        except DuplicateKeyError:  # Another request took it at the same moment.
            record = await self._take_if_free(self._records, attempt)
        if record["token"] != attempt.token and record["answered"] is not None:
            # A write that changes nothing waits as well, until what it found is durable.
            record = await self._take_if_free(self._durable, attempt)
        if record["token"] == attempt.token:
            return attempt
        if record["answered"] is None:
            raise IdempotencyKeyInUse
        return _answer_of(record)

    async def find(self, record_id: str) -> Answered | None:
        """Find the answer of a key, if it has one, without taking the key."""
        record = await self._records.find_one({"_id": record_id, "answered": {"$ne": None}})
        return None if record is None else _answer_of(record)

    async def renew(self, attempt: Attempt) -> None:
        """Extend the time for which a running request holds its key."""
        # Not durable: a lost renewal is made good by the next one.
        await self._records.update_one(_running(attempt), [{"$set": _holding()}])

    async def abandon(self, attempt: Attempt) -> None:
        """Free the key of a request that failed, so that it can be tried again."""
        await self._durable.delete_one(_running(attempt))

    async def keep_answer(self, attempt: Attempt, reply: Reply) -> None:
        """Keep the response of a key that is answered."""
        answer = msgspec.structs.asdict(reply)
        await self._durable.update_one(
            {"_id": attempt.record_id, "token": attempt.token, "answered": {"$ne": None}},
            {"$set": {f"answered.{name}": value for name, value in answer.items()}},
        )

    async def create(
        self,
        attempt: Attempt | None,
        fingerprint: str,
        write: Callable[[Session], Awaitable[Made]],
    ) -> Made:
        """Create an object, and answer the key, if there is one, in the same transaction.

        ``write`` may be called several times.

        Raises:
            IdempotencyTakenOver: Another request took the key meanwhile; nothing was created.
        """

        async def write_and_answer(session: Session) -> Made:
            made = await write(session)
            if attempt is None:
                return made
            answered = Answered(fingerprint, body=msgspec.json.encode(made))
            try:
                answering = _answering(attempt, answered)
                await self._records.update_one(*answering, upsert=True, session=session)
            except DuplicateKeyError as error:
                raise IdempotencyTakenOver from error
            return made

        return await run_transaction(self._client, write_and_answer)

    async def _take_if_free(self, records: Collection, attempt: Attempt) -> Document:
        # Of a record that is answered, ``held_until`` is missing, which $min ignores.
        ends_at = {"$ifNull": [{"$min": ["$expires_at", "$held_until"]}, "$$NOW"]}
        is_free = {"$lte": [ends_at, "$$NOW"]}
        fresh = {"token": attempt.token, "answered": None, **_holding()}
        update = {name: {"$cond": [is_free, value, f"${name}"]} for name, value in fresh.items()}
        record: Document = await records.find_one_and_update(
            {"_id": attempt.record_id},
            [{"$set": update}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return record


def answer_keys(
    database: PlainDatabase,
    session: ClientSession,
    answered: Sequence[tuple[Attempt, Answered]],
) -> None:
    """Answer keys, in the transaction that creates what the requests ask for.

    A key without a record is taken as well: nobody else has it.

    Raises:
        KeyTaken: Another request has a key.
    """
    if not answered:
        return
    writes = [UpdateOne(*_answering(attempt, answer), upsert=True) for attempt, answer in answered]
    try:
        database["idempotency"].bulk_write(writes, session=session)
    except BulkWriteError as error:
        (failed,) = error.details["writeErrors"]  # The first one ends the transaction.
        if failed["code"] != DUPLICATE_KEY:
            raise
        raise KeyTaken(failed["index"]) from error


def _answering(attempt: Attempt, answer: Answered) -> tuple[Document, list[Document]]:
    """Make the query and the update that answer a key."""
    fields = {
        "answered": {"$literal": msgspec.to_builtins(answer, builtin_types=(bytes,))},
        "expires_at": _in_seconds(attempt.kept_seconds),
        "held_until": "$$REMOVE",
    }
    return _running(attempt), [{"$set": fields}]


def _answer_of(record: Document) -> Answered:
    answered = msgspec.convert(record["answered"], Answered)
    return msgspec.structs.replace(answered, token=record["token"])


def _running(attempt: Attempt) -> Document:
    return {"_id": attempt.record_id, "token": attempt.token, "answered": None}


def _holding() -> Document:
    return {"held_until": _in_seconds(HELD_SECONDS), "expires_at": _in_seconds(RUNNING_SECONDS)}


def _in_seconds(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1000)]}
