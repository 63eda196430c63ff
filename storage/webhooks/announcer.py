"""The announcer: from marks and the outbox to events and their deliveries.

Any number may run at once, and each may die at any moment: IDs follow from what happened, so what
is written twice is written once, and a mark goes last.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
import structlog
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from domain.webhooks.endpoints import LISTENING, DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import Event, EventType, write_payload
from storage.access.api_keys import find_valid_keys
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.mongo.client import COMMITTED, DURABLE, Database, Document
from storage.outbox.outbox import event_of
from storage.outbox.pending_events import (
    HAS_PENDING_EVENTS,
    PENDING_EVENTS,
    events_of_image,
    events_of_job,
)
from storage.queue.job_events import JobEvents
from storage.webhooks.documents import endpoint_of, kept_event, new_callback, new_delivery

BATCH = 200
POLL_SECONDS = 0.5
# After a look that found nothing, however many jobs end meanwhile.
PAUSE_SECONDS = 0.1
DUPLICATE_KEY = 11000
MARKED = dict.fromkeys(["key_id", "user_id", "job_id", "callback_url", PENDING_EVENTS], 1)

_log = structlog.get_logger(__name__)


class Announced(msgspec.Struct, frozen=True):
    """What one look did.

    Attributes:
        found: How many documents had something to tell.
        made: How many deliveries there are of it.
    """

    found: int
    made: int


class Announcer:
    """Makes events and deliveries of what has happened.

    Args:
        database: Holds everything.
        job_events: Tell of jobs that end.
        base_url: Where receivers reach the service, without a slash at the end; empty: paths are
            told in place of addresses.
    """

    def __init__(self, database: Database, job_events: JobEvents, base_url: str) -> None:
        self._database = database
        self._job_events = job_events
        self._base_url = base_url

    async def run(self, stop: asyncio.Event, made: Callable[[], None]) -> None:
        """Announce until told to stop.

        Args:
            stop: Set when it is time to go; at most one batch is finished first.
            made: Called when deliveries were put into the queue.
        """
        woken = asyncio.Event()
        hearing = asyncio.create_task(self._job_events.hear_ends(woken.set))
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: woken.set())
        try:
            while not stop.is_set():
                woken.clear()
                announced = await self._announce()
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

    async def announce_once(self) -> int:
        """Announce one batch of what there is.

        Returns:
            How many documents had something to tell.

        Raises:
            PyMongoError: MongoDB cannot be reached; what was not announced is found again.
        """
        return (await self._announce_batch()).found

    async def _announce(self) -> Announced:
        try:
            return await self._announce_batch()
        except STORE_FAILED as error:
            _log.warning("not_announced", reason=type(error).__name__)
            return Announced(0, 0)

    async def _announce_batch(self) -> Announced:
        jobs = await self._find("jobs", HAS_PENDING_EVENTS, f"{PENDING_EVENTS}.at")
        images = await self._find("images", HAS_PENDING_EVENTS, f"{PENDING_EVENTS}.at")
        add_to_outbox = await self._find("outbox", {}, "at")
        found = len(jobs) + len(images) + len(add_to_outbox)
        if not found:
            return Announced(0, 0)
        endpoints = await self._find_endpoints()
        now = utc_now()
        deliveries: list[Document] = []
        told: dict[str, Event] = {}

        def tell(event: Event, callback_url: str | None = None) -> None:
            made = [new_delivery(event, one, now) for one in endpoints if wants(one, event)]
            if callback_url:
                made.append(new_callback(event, callback_url, now))
            if made:
                told[event.id] = event
                deliveries.extend(made)

        for job in jobs:
            for event in events_of_job(job):
                tell(event, job.get("callback_url"))
        for image in images:
            for event in events_of_image(image):
                tell(event)
        for document in add_to_outbox:
            tell(event_of(document))
        kept = [
            kept_event(event, write_payload(event, self._base_url), now) for event in told.values()
        ]
        await self._insert("events", kept)
        made = await self._insert("deliveries", deliveries)
        await self._unmark("jobs", jobs)
        await self._unmark("images", images)
        if add_to_outbox:
            ids = [document["_id"] for document in add_to_outbox]
            outbox = self._database.get_collection("outbox", write_concern=DURABLE)
            await outbox.delete_many({"_id": {"$in": ids}})
        return Announced(found, made)

    async def _find(self, name: str, query: Document, oldest: str) -> list[Document]:
        # What is told has happened must not be undone by an election.
        collection = self._database.get_collection(name, read_concern=COMMITTED)
        fields = MARKED if query else None
        return await collection.find(query, fields).sort(oldest, 1).limit(BATCH).to_list(None)

    async def _find_endpoints(self) -> list[Endpoint]:
        """Find who listens, and disable what belongs to keys that are no more."""
        collection = self._database.get_collection("webhook_endpoints", read_concern=COMMITTED)
        found = collection.find({"status": {"$in": LISTENING}}, {"secrets": 0})
        endpoints = [endpoint_of(document) async for document in found]
        keys = await find_valid_keys(self._database, [one.key_id for one in endpoints])
        over = [one.id for one in endpoints if one.key_id not in keys]
        if over:
            status, reason = WebhookStatus.DISABLED, DisabledReason.KEY_INVALID
            await self._database["webhook_endpoints"].update_many(
                {"_id": {"$in": over}},
                {"$set": {"status": status.value, "disabled_reason": reason.value}},
            )
        return [one for one in endpoints if one.key_id in keys]

    async def _insert(self, name: str, documents: Sequence[Document]) -> int:
        """Insert what is not there yet. Returns how many that was."""
        if not documents:
            return 0
        collection = self._database.get_collection(name, write_concern=DURABLE)
        try:
            await collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if any(one["code"] != DUPLICATE_KEY for one in failed):
                raise
            return len(documents) - len(failed)
        return len(documents)

    async def _unmark(self, name: str, documents: Sequence[Document]) -> None:
        """Take marks off; what was marked again meanwhile stays, and is told of again."""
        if documents:
            writes = [
                UpdateOne(
                    {"_id": document["_id"], PENDING_EVENTS: document[PENDING_EVENTS]},
                    {"$unset": {PENDING_EVENTS: ""}},
                )
                for document in documents
            ]
            # Else the next look, which sees what a majority has, would find it once more.
            collection = self._database.get_collection(name, write_concern=DURABLE)
            await collection.bulk_write(writes, ordered=False)


def wants(endpoint: Endpoint, event: Event) -> bool:
    """Say whether an endpoint is told of an event: its key may see it, and it chose the type."""
    if event.type is EventType.WEBHOOK_DISABLED:
        return endpoint.key_id == event.key_id and endpoint.id != event.object_id
    return endpoint.chose(event.type) and endpoint.may_see(event)
