"""Deliveries: an event on its way to one receiver, with every attempt."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.webhooks.events import EventType


class DeliveryStatus(StrEnum):
    """The status of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at a delivery.

    Attributes:
        number: 1 for the first attempt.
        at: When it began, UTC.
        status_code: HTTP status of the answer; None without an answer.
        seconds: Duration.
        answer: The first 2 KiB of the answer.
        error: Why there was no answer; None with one.
    """

    number: int
    at: datetime
    status_code: int | None
    seconds: float
    answer: str | None
    error: str | None


class Delivery(msgspec.Struct, frozen=True):
    """An event on its way to one receiver.

    Attributes:
        id: ID of the event, a colon, and the ID of the endpoint or ``callback``.
        event_id: ID of the event; receivers get it as ``webhook-id``.
        event_type: Type of the event.
        endpoint_id: The endpoint; None for a ``callback_url``.
        url: Address of the receiver.
        target: Deliveries with the same target are limited together: those to an endpoint, or the
            callbacks of a key to one host.
        key_id: The key that owns the endpoint or callback; its secret signs a callback.
        user_id: The user of the event's object.
        job_id: The job of the event.
        status: Status of the delivery.
        attempt_count: Number of attempts.
        attempts: The latest attempts, oldest first.
        created_at: When it was created, UTC.
        order: UUIDv7 that lists are sorted by.
        expires_at: When it is deleted, UTC.
        due_at: When the next attempt is due, UTC; None if there is none.
        finished_at: When it ended, UTC.
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
