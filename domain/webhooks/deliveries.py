"""Deliveries: an event on its way to an endpoint, with every attempt."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.webhooks.events import EventType


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at a delivery.

    Attributes:
        number: From 1.
        at: When it began, UTC.
        status_code: What was answered; None where nothing was.
        seconds: How long it took.
        answer: The first 2 KiB of the answer.
        error: Why there was no answer; None where there was one.
    """

    number: int
    at: datetime
    status_code: int | None
    seconds: float
    answer: str | None
    error: str | None


class Delivery(msgspec.Struct, frozen=True):
    """One event on its way to one receiver.

    Attributes:
        id: The event's ID, a colon, and the endpoint's or :data:`CALLBACK`.
        event_id: The event; what receivers get as ``webhook-id``.
        event_type: Its type.
        endpoint_id: The endpoint; None for a ``callback_url``.
        url: Where it goes.
        target: Which deliveries are limited together: those to an endpoint, or the callbacks of a
            key to one host.
        key_id: The key whose endpoint or callback it is, and whose secret signs a callback.
        user_id: Whom the event tells of.
        job_id: The job that the event tells of.
        status: Where it stands.
        due_at: When the next attempt is due, UTC; None where none is.
        attempt_count: How many attempts were made.
        attempts: The attempts, oldest first.
        created_at: UTC.
        order: UUIDv7: lists go by it.
        finished_at: When it came to its end, UTC.
        expires_at: Until when it is kept, UTC.
    """

    id: str
    event_id: str
    event_type: EventType
    endpoint_id: str | None
    url: str
    target: str
    key_id: str
    user_id: str | None
    job_id: str | None
    status: DeliveryStatus
    attempt_count: int
    attempts: list[Attempt]
    created_at: datetime
    order: str
    expires_at: datetime
    due_at: datetime | None = None
    finished_at: datetime | None = None
