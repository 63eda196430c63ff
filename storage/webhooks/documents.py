"""The MongoDB documents of endpoints, events and deliveries, and their indexes."""

from datetime import datetime, timedelta

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from domain.tenants import tenant_field
from domain.webhooks.deliveries import Delivery, DeliveryStatus
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import Event, EventData, EventType
from storage.clock import new_id
from storage.mongo.client import Document
from storage.webhooks.targets import TARGET_INDEXES, callback_target

KEPT = timedelta(days=30)
"""Events and deliveries can be read and sent again for this long."""

CALLBACK = "callback"
"""Replaces the endpoint's ID in the ID of a delivery to a job's ``callback_url``."""

REDELIVERY_REQUESTED = "redelivery_requested"
"""Field of a delivery: a redelivery was requested while an attempt is under way."""


WEBHOOK_INDEXES = {
    **TARGET_INDEXES,
    "webhook_endpoints": [
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("status", ASCENDING), ("event_types", ASCENDING)]),
    ],
    "outbox": [
        IndexModel([("at", ASCENDING)]),
        IndexModel([("user_id", ASCENDING)]),
    ],
    "events": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user_id", ASCENDING)]),
    ],
    "deliveries": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user_id", ASCENDING)]),
        IndexModel([("endpoint_id", ASCENDING), ("order", DESCENDING)]),
        IndexModel([("endpoint_id", ASCENDING), ("status", ASCENDING), ("order", DESCENDING)]),
        IndexModel(
            [("target", ASCENDING), ("due_at", ASCENDING)],
            name="due_of_target",
            partialFilterExpression={"due_at": {"$exists": True}},
        ),
    ],
}


def endpoint_of(document: Document) -> Endpoint:
    """Read an endpoint from its document."""
    return msgspec.convert(_with_id(document), Endpoint)


def delivery_of(document: Document) -> Delivery:
    """Read a delivery from its document."""
    return msgspec.convert(_with_id(document), Delivery)


def endpoint_event(
    type_: EventType, endpoint: Endpoint, version: int, now: datetime, data: EventData
) -> Event:
    """Make an event about an endpoint."""
    return Event(type_, endpoint.id, version, now, endpoint.key_id, endpoint.user_id, data)


def sent_event(event: Event, body: bytes, now: datetime) -> Document:
    """Make the document of an event that has receivers, with the body that all of them get."""
    return {
        "_id": event.id,
        "type": event.type.value,
        "at": event.at,
        "key_id": event.key_id,
        "user_id": event.user_id,
        "job_id": event.job_id,
        "body": body.decode(),
        "expires_at": now + KEPT,
    }


def _with_id(document: Document) -> Document:
    return document | {"id": document["_id"]}


def new_delivery(event: Event, receiver: Endpoint | str, now: datetime) -> Document:
    """Make the document of a delivery to an endpoint, or to the ``callback_url`` of a job."""
    if isinstance(receiver, Endpoint):
        endpoint_id, url, key_id = receiver.id, receiver.url, receiver.key_id
    else:
        endpoint_id, url, key_id = None, receiver, event.key_id
    return {
        "_id": f"{event.id}:{endpoint_id or CALLBACK}",
        "event_id": event.id,
        "event_type": event.type.value,
        "endpoint_id": endpoint_id,
        "url": url,
        "target": endpoint_id or callback_target(key_id, url),
        "key_id": key_id,
        "user_id": event.user_id,
        **tenant_field(event.user_id or ""),
        "job_id": event.job_id,
        "status": DeliveryStatus.PENDING.value,
        "due_at": now,
        "attempt_count": 0,
        "attempts": [],
        "created_at": now,
        "order": new_id(),
        "finished_at": None,
        "expires_at": now + KEPT,
    }
