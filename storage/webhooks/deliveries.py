"""Deliveries as those see them to whom they go, and sending one again."""

from datetime import datetime, timedelta

import msgspec

from domain.errors.access import NotFound
from domain.keys import Scope
from domain.webhooks.deliveries import Delivery, DeliveryStatus
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import Event, EventType, WebhookTest, write_payload
from storage.access.scope import scope_query
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.webhooks.documents import delivery_of, kept_event, new_delivery


class Receiver(msgspec.Struct, frozen=True):
    """Whose deliveries are meant.

    Attributes:
        endpoint_id: An endpoint's; None: those to the ``callback_url`` of jobs.
        scope: What the caller may see of the latter.
    """

    endpoint_id: str | None
    scope: Scope = Scope()

    @property
    def query(self) -> Document:
        """Finds its deliveries."""
        of_callbacks = {} if self.endpoint_id is not None else scope_query(self.scope)
        return {"endpoint_id": self.endpoint_id, **of_callbacks}


class Deliveries:
    """Finds deliveries, and has them made again.

    Args:
        client: For transactions.
        database: Holds everything.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._deliveries = database.get_collection(
            "deliveries", read_concern=COMMITTED, write_concern=DURABLE
        )

    async def get(self, receiver: Receiver, delivery_id: str) -> Delivery:
        """Read a delivery with all its attempts.

        Raises:
            NotFound: The receiver has none of this ID.
        """
        document = await self._deliveries.find_one({"_id": delivery_id, **receiver.query})
        if document is None:
            raise NotFound
        return delivery_of(document)

    async def list_page(
        self, receiver: Receiver, status: DeliveryStatus | None, limit: int, before: str | None
    ) -> list[Delivery]:
        """List deliveries, newest first.

        Args:
            receiver: Whose.
            status: Only those that stand like this.
            limit: Most deliveries.
            before: Only those whose order is less than this.
        """
        query = receiver.query
        if status is not None:
            query["status"] = status.value
        if before is not None:
            query["order"] = {"$lt": before}
        found = self._deliveries.find(query).sort("order", -1).limit(limit)
        return [delivery_of(document) async for document in found]

    async def redeliver(self, receiver: Receiver, delivery_id: str) -> Delivery:
        """Have a delivery made again at once, however it stands.

        Raises:
            NotFound: The receiver has none of this ID.
        """
        which = {"_id": delivery_id, **receiver.query}
        if not (await self._deliveries.update_one(which, _again())).matched_count:
            raise NotFound
        return await self.get(receiver, delivery_id)

    async def redeliver_failed(self, receiver: Receiver, since: datetime) -> int:
        """Have all deliveries made again that have failed since a time.

        Returns:
            How many.
        """
        failed = {"status": DeliveryStatus.FAILED.value, "finished_at": {"$gte": since}}
        result = await self._deliveries.update_many({**receiver.query, **failed}, _again())
        return result.modified_count

    async def test(self, endpoint: Endpoint, base_url: str) -> Delivery:
        """Send an endpoint an event that tells of nothing, the way that all go.

        Args:
            endpoint: The endpoint.
            base_url: See :func:`write_payload`.
        """
        now = utc_now()
        event = Event(
            type=EventType.WEBHOOK_TEST,
            object_id=endpoint.id,
            version=(now - endpoint.created_at) // timedelta(milliseconds=1),
            at=now,
            key_id=endpoint.key_id,
            user_id=endpoint.user_id,
            data=WebhookTest(endpoint.id, f"/v1/webhooks/{endpoint.id}"),
        )
        delivery = new_delivery(event, endpoint, now)
        kept = kept_event(event, write_payload(event, base_url), now)

        async def write(session: Session) -> None:
            # Asked for twice within a millisecond, it is one test.
            for name, document in (("events", kept), ("deliveries", delivery)):
                await self._database[name].update_one(
                    {"_id": document["_id"]},
                    {"$setOnInsert": document},
                    upsert=True,
                    session=session,
                )

        await run_transaction(self._client, write)
        return delivery_of(delivery)


def _again() -> Document:
    fields = {
        "status": DeliveryStatus.PENDING.value,
        "due_at": utc_now(),
        "finished_at": None,
    }
    return {"$set": fields}
