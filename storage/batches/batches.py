"""The batches in MongoDB: ordered, listed, read and canceled."""

from datetime import date, datetime
from typing import Any

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument

from domain.audit import AuditEntry
from domain.batches import BATCH_KEPT_SECONDS, MOST_OPEN, Batch, BatchOrder
from domain.errors.access import NotFound
from domain.errors.requests import TooManyBatches
from domain.jobs import Status
from storage.access.audit import AuditTrail
from storage.clock import utc_now
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, Database, Document, Session, read_struct
from storage.mongo.transactions import run_transaction

BATCHES = "batches"
BATCH_INDEXES = {
    BATCHES: [
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN, name="open_batches"),
        IndexModel([("finished_at", ASCENDING)], expireAfterSeconds=BATCH_KEPT_SECONDS),
    ]
}
WITHOUT_WORK = {"pieces": 0, "cursor": 0}


class Batches:
    """Reads and changes batches for admins."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._client = database.client
        self._audit = audit
        self._batches = database.get_collection(BATCHES, read_concern=COMMITTED)

    async def add(
        self,
        batch_id: str,
        key_id: str,
        order: BatchOrder,
        request: dict[str, Any],
        entry: AuditEntry,
    ) -> Batch:
        """Add a batch and its entry, durable.

        Only images that exist now are selected: their IDs are lower than that of the batch.

        Raises:
            TooManyBatches: As many as may be open are open.
        """
        open_batches = await self._batches.count_documents(IS_OPEN, limit=MOST_OPEN)
        if open_batches >= MOST_OPEN:
            raise TooManyBatches(f"{MOST_OPEN} batches are open. Wait, or cancel some of them.")
        now = utc_now()
        document: Document = {
            "_id": batch_id,
            "key_id": key_id,
            "created_at": now,
            "status": Status.QUEUED.value,
            "version": 1,
            "request": request,
            "order": write_order(order),
            "done": 0,
            "unchanged": 0,
            "failed": 0,
            "errors": {},
            "failures": [],
            "pieces": [],
            "cursor": "",
            "due_at": now,
        }

        async def write(session: Session) -> None:
            await self._batches.insert_one(document, session=session)
            await self._audit.add(entry, session=session)

        await run_transaction(self._client, write)
        return read_batch(document)

    async def get(self, batch_id: str) -> Batch:
        """Read a batch.

        Raises:
            NotFound: There is none with this ID.
        """
        document = await self._batches.find_one({"_id": batch_id}, WITHOUT_WORK)
        if document is None:
            raise NotFound
        return read_batch(document)

    async def list_page(self, limit: int, before: str | None = None) -> list[Batch]:
        """List batches, newest first; only those older than the batch ``before``, if given."""
        query: Document = {"_id": {"$lt": before}} if before else {}
        found = self._batches.find(query, WITHOUT_WORK).sort("_id", -1).limit(limit)
        return [read_batch(document) async for document in found]

    async def cancel(self, batch_id: str, entry: AuditEntry) -> Batch:
        """Cancel a batch, durable. One that has ended stays as it is, and adds no entry.

        Workers give up the pieces that they hold when they look at them next.

        Raises:
            NotFound: There is none with this ID.
        """

        async def write(session: Session) -> Document | None:
            canceled: Document | None = await self._batches.find_one_and_update(
                {"_id": batch_id, **IS_OPEN},
                {
                    "$set": {
                        "status": Status.CANCELED.value,
                        "finished_at": utc_now(),
                        "pieces": [],
                    },
                    "$unset": {"due_at": ""},
                    "$inc": {"version": 1},
                },
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            if canceled is not None:
                await self._audit.add(entry, session=session)
            return canceled

        canceled = await run_transaction(self._client, write)
        return await self.get(batch_id) if canceled is None else read_batch(canceled)


def write_order(order: BatchOrder) -> Document:
    """Convert an order for MongoDB, which has times and no days."""
    document: Document = msgspec.to_builtins(order, builtin_types=(datetime, date))
    wanted = document["filter"]
    for name, value in wanted.items():
        if isinstance(value, date) and not isinstance(value, datetime):
            wanted[name] = value.isoformat()
    return document


def read_batch(document: Document) -> Batch:
    """Read a batch from its document."""
    return read_struct(document, Batch)
