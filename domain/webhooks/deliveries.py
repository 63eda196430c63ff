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


class DeliveryAttempt(msgspec.Struct, frozen=True):
    """One attempt at a delivery."""

    number: int
    """1 for the first attempt."""
    at: datetime
    status_code: int | None
    """HTTP status of the answer; null without an answer."""
    seconds: float
    """Duration of the attempt."""
    answer: str | None
    """The first 2 KiB of the answer."""
    error: str | None
    """Why there was no answer; null if there was one."""


class Delivery(msgspec.Struct, frozen=True):
    """An event on its way to one receiver.

    Attributes:
        id: ID of the event, a colon, and the ID of the endpoint or ``callback``.
        event_id: ID of the event; receivers get it as ``webhook-id``.
        endpoint_id: The endpoint; None for a ``callback_url``.
        target: Deliveries with the same target are limited together: those to an endpoint, or the
            callbacks of a key to one host.
        key_id: The key that owns the endpoint or callback; its secret signs a callback.
        user_id: The user of the event's object.
        attempts: The latest attempts, oldest first.
        order: UUIDv7 that lists are sorted by.
        due_at: When the next attempt is due, UTC; None if there is none.
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
    attempts: list[DeliveryAttempt]
    created_at: datetime
    order: str
    expires_at: datetime
    due_at: datetime | None = None
    finished_at: datetime | None = None
