"""The MongoDB documents of endpoints, events and deliveries."""

from datetime import datetime, timedelta

import msgspec

from domain.webhooks.addresses import origin_of
from domain.webhooks.deliveries import Delivery, DeliveryStatus
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import Event
from storage.clock import new_id
from storage.mongo.client import Document

KEPT = timedelta(days=30)
"""Events and deliveries can be read and sent again for this long."""

CALLBACK = "callback"
"""Replaces the endpoint's ID in the ID of a delivery to a job's ``callback_url``."""

REDELIVERY_REQUESTED = "redelivery_requested"
"""Field of a delivery: a redelivery was requested while an attempt is under way."""


def endpoint_of(document: Document) -> Endpoint:
    """Read an endpoint from its document."""
    return msgspec.convert(_with_id(document), Endpoint)


def delivery_of(document: Document) -> Delivery:
    """Read a delivery from its document."""
    return msgspec.convert(_with_id(document), Delivery)


def new_delivery(event: Event, endpoint: Endpoint, now: datetime) -> Document:
    """Make the document of a delivery to an endpoint."""
    return _new_delivery(event, endpoint.id, endpoint.url, endpoint.key_id, now)


def new_callback(event: Event, url: str, now: datetime) -> Document:
    """Make the document of a delivery to the ``callback_url`` of a job."""
    return _new_delivery(event, None, url, event.key_id, now)


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


def _new_delivery(
    event: Event, endpoint_id: str | None, url: str, key_id: str, now: datetime
) -> Document:
    return {
        "_id": f"{event.id}:{endpoint_id or CALLBACK}",
        "event_id": event.id,
        "event_type": event.type.value,
        "endpoint_id": endpoint_id,
        "url": url,
        "target": endpoint_id or f"{key_id} {origin_of(url)}",
        "key_id": key_id,
        "user_id": event.user_id,
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
