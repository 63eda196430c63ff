"""The health of endpoints: since when they fail, and their disabling."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ReturnDocument

from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import DisabledReason, WebhookStatus
from domain.webhooks.events import EventType, WebhookDisabled
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.outbox.outbox import event_document
from storage.queue.batching import Batcher
from storage.webhooks.documents import endpoint_event, endpoint_of

MOST_TOGETHER = 500


class EndpointHealth:
    """Records successes and failures, and disables endpoints."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._endpoints = database["webhook_endpoints"]
        self._deliveries = database["deliveries"].with_options(write_concern=DURABLE)
        self._successes = Batcher(self._record_successes, MOST_TOGETHER)

    async def record_success(self, endpoint_id: str) -> None:
        """Record that an endpoint accepted a delivery."""
        await self._successes.submit(endpoint_id)

    async def _record_successes(self, endpoint_ids: Sequence[str]) -> Sequence[None]:
        await self._endpoints.update_many(
            {"_id": {"$in": list(set(endpoint_ids))}, "failing_since": {"$type": "date"}},
            {"$set": {"failing_since": None, "not_before": None}},
        )
        return [None] * len(endpoint_ids)

    async def record_failure(
        self, endpoint_id: str, at: datetime, not_before: datetime | None
    ) -> datetime | None:
        """Record that an attempt at an endpoint failed.

        It gets no attempt before `not_before`, if it asked for fewer requests. Returns since when
        it fails, UTC; None if it was deleted.
        """
        changes: Document = {"failing_since": {"$ifNull": ["$failing_since", at]}}
        if not_before is not None:
            changes["not_before"] = {"$max": ["$not_before", not_before]}
        endpoint = await self._endpoints.find_one_and_update(
            {"_id": endpoint_id},
            [{"$set": changes}],
            {"failing_since": 1},
            return_document=ReturnDocument.AFTER,
        )
        return endpoint["failing_since"] if endpoint else None

    async def disable(self, endpoint_id: str, reason: DisabledReason) -> bool:
        """Disable an endpoint and fail its pending deliveries; return False if it was disabled.

        The other endpoints of the same key get an event.
        """
        disabled = {"status": WebhookStatus.DISABLED.value, "disabled_reason": reason.value}

        async def write(session: Session) -> bool:
            document: Document | None = await self._endpoints.find_one_and_update(
                {"_id": endpoint_id, "status": {"$ne": WebhookStatus.DISABLED.value}},
                {"$set": disabled},
                session=session,
            )
            if document is not None:
                now, url = utc_now(), f"/v1/webhooks/{endpoint_id}"
                event = endpoint_event(
                    EventType.WEBHOOK_DISABLED,
                    endpoint_of(document),
                    int(now.timestamp() * 1000),
                    now,
                    WebhookDisabled(endpoint_id, reason.value, url),
                )
                await self._database["outbox"].insert_one(event_document(event), session=session)
            return document is not None

        was_enabled = await run_transaction(self._client, write)
        await self.end_pending(endpoint_id, DeliveryStatus.FAILED)
        return was_enabled

    async def end_pending(self, endpoint_id: str, status: DeliveryStatus) -> None:
        """End the pending deliveries of an endpoint with a status."""
        await self._deliveries.update_many(
            {"endpoint_id": endpoint_id, "status": DeliveryStatus.PENDING.value},
            {
                "$set": {"status": status.value, "finished_at": utc_now()},
                "$unset": {"due_at": "", "lease": ""},
            },
        )
