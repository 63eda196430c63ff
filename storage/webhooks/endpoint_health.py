"""The health of endpoints: since when they fail, and their disabling."""

from datetime import datetime

from pymongo import ReturnDocument

from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import Event, EventType, WebhookDisabled
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.outbox.outbox import event_document
from storage.webhooks.documents import endpoint_of


class EndpointHealth:
    """Records successes and failures, and disables endpoints."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._endpoints = database["webhook_endpoints"]
        self._deliveries = database["deliveries"].with_options(write_concern=DURABLE)

    async def record_success(self, endpoint_id: str) -> None:
        """Record that an endpoint accepted a delivery."""
        await self._endpoints.update_one(
            {"_id": endpoint_id, "failing_since": {"$type": "date"}},
            {"$set": {"failing_since": None, "not_before": None}},
        )

    async def record_failure(
        self, endpoint_id: str, at: datetime, not_before: datetime | None
    ) -> datetime | None:
        """Record that an attempt at an endpoint failed.

        Args:
            endpoint_id: The endpoint.
            at: When the attempt began, UTC.
            not_before: When the endpoint accepts the next attempt, UTC; None if it did not ask
                for fewer requests.

        Returns:
            Since when the endpoint fails, UTC; None if the endpoint was deleted.
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
        """Disable an endpoint and fail its pending deliveries.

        The other endpoints of the same key get an event, unless the owner disabled it.

        Returns:
            True if this call disabled the endpoint; False if it was disabled before.
        """
        disabled = {"status": WebhookStatus.DISABLED.value, "disabled_reason": reason.value}

        async def write(session: Session) -> bool:
            document: Document | None = await self._endpoints.find_one_and_update(
                {"_id": endpoint_id, "status": {"$ne": WebhookStatus.DISABLED.value}},
                {"$set": disabled},
                session=session,
            )
            if document is not None and reason is not DisabledReason.BY_OWNER:
                event = _disabled_event(endpoint_of(document), reason)
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


def _disabled_event(endpoint: Endpoint, reason: DisabledReason) -> Event:
    now = utc_now()
    return Event(
        type=EventType.WEBHOOK_DISABLED,
        object_id=endpoint.id,
        version=int(now.timestamp() * 1000),
        at=now,
        key_id=endpoint.key_id,
        user_id=endpoint.user_id,
        data=WebhookDisabled(endpoint.id, reason.value, f"/v1/webhooks/{endpoint.id}"),
    )
