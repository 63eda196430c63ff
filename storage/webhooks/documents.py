"""The documents of webhooks as values, and how they are read."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.webhooks.addresses import origin_of
from domain.webhooks.events import DATA_OF, OF_ADMINS, Event, EventType
from storage.identifiers import new_id
from storage.mongo import Document

KEPT = timedelta(days=30)
"""How long events and deliveries can be looked at, and sent again."""

CALLBACK = "callback"
"""Takes the place of the endpoint in the ID of a delivery to a job's ``callback_url``."""


class WebhookStatus(StrEnum):
    """Whether an endpoint gets anything.

    ``paused``: later. ``disabled``: no more, until somebody enables it again.
    """

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


LISTENING = (WebhookStatus.ENABLED.value, WebhookStatus.PAUSED.value)


class DisabledReason(StrEnum):
    """Why an endpoint is disabled."""

    BY_OWNER = "by_owner"
    GONE = "gone"
    FAILING = "failing"
    KEY_INVALID = "key_invalid"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"


class SecretAtRest(msgspec.Struct, frozen=True):
    """A secret as it is kept.

    Attributes:
        encrypted: With the key of the settings.
        created_at: UTC.
        expires_at: Until when it signs, UTC; None for the newest.
    """

    encrypted: str
    created_at: datetime
    expires_at: datetime | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """Where events go.

    Attributes:
        id: UUIDv7.
        key_id: The key that it was made with; it is told what this key may see.
        user_id: The user of that key, if it is a client key.
        is_admin: Whether that key is an admin key.
        url: Where events are posted to.
        event_types: Which; None for all that the key may see.
        note: What its maker wants to remember.
        status: Whether it gets anything.
        disabled_reason: Why it does not.
        created_at: UTC.
        failing_since: When its first failure was after which nothing has arrived, UTC.
        not_before: Nothing is sent before: it asked to be sent less; UTC.
    """

    id: str
    key_id: str
    user_id: str | None
    is_admin: bool
    url: str
    event_types: list[EventType] | None
    note: str | None
    status: WebhookStatus
    disabled_reason: DisabledReason | None
    created_at: datetime
    failing_since: datetime | None = None
    not_before: datetime | None = None

    def chose(self, type_: EventType) -> bool:
        """Say whether it is to get events of this type."""
        return self.event_types is None or type_ in self.event_types

    def may_see(self, event: Event) -> bool:
        """Say whether its key may see what an event tells of."""
        if self.is_admin:
            return True
        if event.type in OF_ADMINS:
            return False
        if self.user_id is not None:
            return event.user_id == self.user_id
        return event.key_id == self.key_id


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


def endpoint_of(document: Document) -> Endpoint:
    """Read an endpoint from its document."""
    return msgspec.convert(_with_id(document), Endpoint)


def delivery_of(document: Document) -> Delivery:
    """Read a delivery from its document."""
    return msgspec.convert(_with_id(document), Delivery)


def new_delivery(event: Event, endpoint: Endpoint, now: datetime) -> Document:
    """Make the document of an event on its way to an endpoint."""
    return _new_delivery(event, endpoint.id, endpoint.url, endpoint.key_id, now)


def new_callback(event: Event, url: str, now: datetime) -> Document:
    """Make the document of an event on its way to the ``callback_url`` of its job."""
    return _new_delivery(event, None, url, event.key_id, now)


def event_document(event: Event) -> Document:
    """Make the document of an event that is on its way."""
    document: Document = msgspec.to_builtins(event, builtin_types=(datetime,))
    return document | {"_id": event.id, "job_id": event.job_id}


def event_of(document: Document) -> Event:
    """Read an event from its document."""
    type_ = EventType(document["type"])
    return Event(
        type=type_,
        object_id=document["object_id"],
        version=document["version"],
        at=document["at"],
        key_id=document["key_id"],
        user_id=document["user_id"],
        data=msgspec.convert(document["data"], DATA_OF[type_]),  # type: ignore[arg-type]
    )


def kept_event(event: Event, body: bytes, now: datetime) -> Document:
    """Make the document of an event that is told, with the bytes that all receivers get."""
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
