"""The announcer: turns pending events and the outbox into events and deliveries.

Several announcers may run at once, and each may die at any moment. The IDs of events and deliveries
follow from what happened, so a second write changes nothing, and a pending event is removed last.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from domain.marks import MARKS
from domain.webhooks.endpoints import ACTIVE, DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import Event, EventType, write_payload
from storage.access.managed import find_valid_keys
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.mongo.client import COMMITTED, DURABLE, Database, Document
from storage.mongo.duplicates import check_duplicates
from storage.mongo.looks import Look
from storage.outbox.outbox import event_of
from storage.outbox.pending_events import (
    EVENT_LOOKS,
    PENDING_EVENTS,
    events_of_image,
    events_of_job,
)
from storage.queue.job_events import JobEvents
from storage.webhooks.documents import endpoint_of, new_delivery, sent_event

BATCH = 200
# A change of a job that goes on may have brought events of images; such changes are many.
PROGRESS_SECONDS = 0.5
# Events without a notice are found by the searches for due deliveries.
POLL_SECONDS = 60.0
# The shortest time between two searches that follow an empty one, however many jobs end meanwhile.
PAUSE_SECONDS = 0.1
FIELDS = dict.fromkeys(["key_id", "user_id", "job_id", "callback_url", MARKS, PENDING_EVENTS], 1)

_log = structlog.get_logger(__name__)


class Announced(msgspec.Struct, frozen=True):
    """Numbers of one batch: documents with something to announce, and created deliveries."""

    found: int
    made: int


class Batch(msgspec.Struct, frozen=True):
    """Jobs and images with pending events, and events of the outbox; the oldest first."""

    jobs: list[Document]
    images: list[Document]
    outbox: list[Document]

    def __len__(self) -> int:
        return len(self.jobs) + len(self.images) + len(self.outbox)

    def events(self) -> Iterator[tuple[Event, str | None]]:
        """Read each event, and the ``callback_url`` that it also goes to."""
        for job in self.jobs:
            for event in events_of_job(job):
                yield event, job.get("callback_url")
        for image in self.images:
            for event in events_of_image(image):
                yield event, None
        for document in self.outbox:
            yield event_of(document), None


class Announcer:
    """Creates events and deliveries.

    Args:
        base_url: Address of the service for receivers, without a slash at the end. If empty,
            events carry paths instead of addresses.
    """

    def __init__(self, database: Database, job_events: JobEvents, base_url: str) -> None:
        self._database = database
        self._job_events = job_events
        self._base_url = base_url
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: there may be an event."""
        self._woken.set()

    async def run(self, stop: asyncio.Event, made: Callable[[], None]) -> None:
        """Announce until ``stop`` is set; the batch under way is finished first.

        ``made`` is called when deliveries were added to the queue.
        """
        woken = self._woken
        hearing = asyncio.create_task(self._job_events.hear_progress(self._hear))
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: woken.set())
        try:
            while not stop.is_set():
                woken.clear()
                try:
                    announced = await self.announce_batch()
                except STORE_FAILED as error:
                    _log.warning("not_announced", reason=type(error).__name__)
                    announced = Announced(0, 0)
                    self._look_later()
                if announced.made:
                    made()
                    await self._job_events.publish_deliveries()
                if announced.found:
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE_SECONDS):
                        await stop.wait()
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await woken.wait()
        finally:
            hearing.cancel()
            stopping.cancel()
            await asyncio.wait([hearing, stopping])

    async def announce_batch(self) -> Announced:
        """Announce one batch.

        Raises:
            PyMongoError: MongoDB cannot be reached; the next batch finds the rest.
        """
        batch = await self._find_batch()
        if not batch:
            return Announced(0, 0)
        endpoints, now = await self._find_endpoints(), utc_now()
        events: dict[str, Document] = {}
        deliveries: list[Document] = []
        for event, callback_url in batch.events():
            if made := _deliveries_of(event, callback_url, endpoints, now):
                body = write_payload(event, self._base_url)
                events[event.id] = sent_event(event, body, now)
                deliveries += made
        await self._insert("events", list(events.values()))
        inserted = await self._insert("deliveries", deliveries)
        await self._remove(batch)
        return Announced(len(batch), inserted)

    def _hear(self, has_ended: bool) -> None:
        if has_ended:
            self.wake()
        else:
            self._look_later()

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(PROGRESS_SECONDS, self.wake)

    async def _find_batch(self) -> Batch:
        """Find what is pending, with one call."""
        (first, stages), *rest = ((name, _oldest(look)) for name, look in EVENT_LOOKS.items())
        unions = [{"$unionWith": {"coll": name, "pipeline": some}} for name, some in rest]
        # An election must not undo what is announced.
        collection = self._database.get_collection(first, read_concern=COMMITTED)
        batch = Batch([], [], [])
        async for found in collection.aggregate([*stages, *unions]):
            getattr(batch, found["of"]).append(found["document"])
        return batch

    async def _find_endpoints(self) -> list[Endpoint]:
        """Find the active endpoints, and disable those whose key is no longer valid."""
        collection = self._database.get_collection("webhook_endpoints", read_concern=COMMITTED)
        found = collection.find({"status": {"$in": ACTIVE}}, {"secrets": 0})
        endpoints = [endpoint_of(document) async for document in found]
        keys = await find_valid_keys(self._database, [one.key_id for one in endpoints])
        invalid = [one.id for one in endpoints if one.key_id not in keys]
        if invalid:
            status, reason = WebhookStatus.DISABLED, DisabledReason.KEY_INVALID
            await self._database["webhook_endpoints"].update_many(
                {"_id": {"$in": invalid}},
                {"$set": {"status": status.value, "disabled_reason": reason.value}},
            )
        return [one for one in endpoints if one.key_id in keys]

    async def _insert(self, name: str, documents: Sequence[Document]) -> int:
        """Insert the documents that do not exist yet, and return their number."""
        if not documents:
            return 0
        collection = self._database.get_collection(name, write_concern=DURABLE)
        try:
            await collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return len(documents) - check_duplicates(error)
        return len(documents)

    async def _remove(self, batch: Batch) -> None:
        await self._remove_pending("jobs", batch.jobs)
        await self._remove_pending("images", batch.images)
        if batch.outbox:
            outbox = self._database.get_collection("outbox", write_concern=DURABLE)
            ids = [document["_id"] for document in batch.outbox]
            await outbox.delete_many({"_id": {"$in": ids}})

    async def _remove_pending(self, name: str, documents: Sequence[Document]) -> None:
        """Remove pending events; a document with a new one keeps all and is announced again."""
        if documents:
            writes = [
                UpdateOne(
                    {"_id": document["_id"], PENDING_EVENTS: document[PENDING_EVENTS]},
                    {"$unset": {PENDING_EVENTS: ""}},
                )
                for document in documents
            ]
            # Committed by a majority, because the next search reads what a majority has.
            collection = self._database.get_collection(name, write_concern=DURABLE)
            await collection.bulk_write(writes, ordered=False)


def _oldest(look: Look) -> list[Document]:
    """Return the stages that find the oldest documents with events, with their collection."""
    fields = [{"$project": FIELDS}] if look.query else []
    document = {"of": {"$literal": look.collection}, "document": "$$ROOT", "_id": 0}
    found: list[Document] = [{"$match": look.query}, {"$sort": {look.order: 1}}, {"$limit": BATCH}]
    return [*found, *fields, {"$project": document}]


def receives(endpoint: Endpoint, event: Event) -> bool:
    """Check whether an endpoint gets an event: its key may see it, and it selects the type."""
    if event.type is EventType.WEBHOOK_DISABLED:
        return endpoint.key_id == event.key_id and endpoint.id != event.object_id
    return endpoint.selects(event.type) and endpoint.may_see(event)


def _deliveries_of(
    event: Event, callback_url: str | None, endpoints: Sequence[Endpoint], now: datetime
) -> list[Document]:
    receivers = [*(one for one in endpoints if receives(one, event)), callback_url]
    return [new_delivery(event, receiver, now) for receiver in receivers if receiver]
