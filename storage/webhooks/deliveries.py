"""Deliveries as the API lists them, redelivery, and test events."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from domain.audit import AuditEntry
from domain.errors.access import NotFound
from domain.keys import Scope
from domain.webhooks.deliveries import Delivery, DeliveryStatus
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import EventType, WebhookTest, write_payload
from storage.access.audit import AuditTrail
from storage.access.scope import scope_query
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.webhooks.documents import (
    REDELIVERY_REQUESTED,
    delivery_of,
    endpoint_event,
    new_delivery,
    sent_event,
)
from storage.webhooks.targets import Targets

REDELIVERIES = 10_000
"""Failed deliveries that one transaction makes due again."""


class Receiver(msgspec.Struct, frozen=True):
    """An endpoint; without one, the ``callback_url`` of the jobs that the caller may see."""

    endpoint_id: str | None
    scope: Scope = Scope()

    @property
    def query(self) -> Document:
        """The query for its deliveries."""
        visible = {} if self.endpoint_id is not None else scope_query(self.scope)
        return {"endpoint_id": self.endpoint_id, **visible}


class Deliveries:
    """Reads deliveries and requests redelivery."""

    def __init__(
        self, client: Client, database: Database, targets: Targets, audit: AuditTrail
    ) -> None:
        self._client = client
        self._audit = audit
        self._targets = targets
        self._database = database
        self._deliveries = database.get_collection(
            "deliveries", read_concern=COMMITTED, write_concern=DURABLE
        )

    async def get(self, receiver: Receiver, delivery_id: str) -> Delivery:
        """Read a delivery with its attempts.

        Raises:
            NotFound: The receiver has no such delivery.
        """
        document = await self._deliveries.find_one({"_id": delivery_id, **receiver.query})
        if document is None:
            raise NotFound
        return delivery_of(document)

    async def list_page(
        self, receiver: Receiver, status: DeliveryStatus | None, limit: int, before: str | None
    ) -> list[Delivery]:
        """List deliveries whose order is less than `before`, newest first."""
        query = receiver.query
        if status is not None:
            query["status"] = status.value
        if before is not None:
            query["order"] = {"$lt": before}
        found = self._deliveries.find(query).sort("order", -1).limit(limit)
        return [delivery_of(document) async for document in found]

    async def redeliver(
        self, receiver: Receiver, delivery_id: str, entry: AuditEntry | None = None
    ) -> Delivery:
        """Request another attempt now, with the entry, whatever the status of the delivery.

        If an attempt is under way, the new one follows it.

        Raises:
            NotFound: The receiver has no such delivery.
        """
        which = {"_id": delivery_id, **receiver.query}
        if not await self._request_again(which, entry):
            raise NotFound
        delivery = await self.get(receiver, delivery_id)
        await self._targets.try_now(delivery.target)
        return delivery

    async def redeliver_failed(
        self, receiver: Receiver, since: datetime, entry: AuditEntry | None = None
    ) -> int:
        """Request another attempt at all deliveries that failed since a time; count them.

        The entry is written with the first of them.
        """
        failed = {"status": DeliveryStatus.FAILED.value, "finished_at": {"$gte": since}}
        query, count, last = receiver.query | failed, 0, ""
        while True:  # In the order of their IDs: one that fails again meanwhile is not meant.
            page = self._deliveries.find(query | {"_id": {"$gt": last}}, {"_id": 1}).sort("_id", 1)
            found = [one["_id"] for one in await page.to_list(REDELIVERIES)]
            if not found:
                break
            which = query | {"_id": {"$in": found}}
            count += await self._request_again(which, None if count else entry)
            last = found[-1]
        if receiver.endpoint_id is not None:
            await self._targets.try_now(receiver.endpoint_id)
        return count

    async def _request_again(self, which: Document, entry: AuditEntry | None) -> int:
        """Request another attempt at deliveries; count them, and add the entry if there are any."""

        async def write(session: Session) -> int:
            update = _redelivery(utc_now())
            found = await self._deliveries.update_many(which, update, session=session)
            if found.matched_count and entry is not None:
                await self._audit.add(entry, session=session)
            return found.matched_count

        return await run_transaction(self._client, write)

    async def test(self, endpoint: Endpoint, base_url: str) -> Delivery:
        """Send an endpoint a test event; see :func:`write_payload`."""
        now = utc_now()
        data = WebhookTest(endpoint.id, f"/v1/webhooks/{endpoint.id}")
        version = (now - endpoint.created_at) // timedelta(milliseconds=1)
        event = endpoint_event(EventType.WEBHOOK_TEST, endpoint, version, now, data)
        delivery = new_delivery(event, endpoint, now)
        sent = sent_event(event, write_payload(event, base_url), now)

        async def write(session: Session) -> None:
            # Two requests within a millisecond make one test.
            for name, document in (("events", sent), ("deliveries", delivery)):
                which, insertion = {"_id": document["_id"]}, {"$setOnInsert": document}
                await self._database[name].update_one(
                    which, insertion, upsert=True, session=session
                )

        await run_transaction(self._client, write)
        await self._targets.try_now(endpoint.id)
        return delivery_of(delivery)


def _redelivery(now: datetime) -> list[dict[str, Any]]:
    """Make the update that requests another attempt.

    While an attempt is under way the request is noted, and is due when the attempt ends.
    """
    is_under_way = {"$gt": ["$lease.expires_at", now]}
    fields = {
        "status": DeliveryStatus.PENDING.value,
        "finished_at": None,
        "due_at": {"$cond": [is_under_way, "$due_at", now]},
        REDELIVERY_REQUESTED: {"$cond": [is_under_way, True, "$$REMOVE"]},
    }
    return [{"$set": fields}]
