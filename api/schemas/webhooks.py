"""Webhooks as those see them whose they are."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from domain.webhooks.deliveries import Attempt, Delivery, DeliveryStatus
from domain.webhooks.endpoints import DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import SELECTABLE, EventType

WebhookUrl = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
Note = Annotated[str, msgspec.Meta(max_length=500)]
EventTypes = Annotated[list[EventType], msgspec.Meta(min_length=1, max_length=len(SELECTABLE))]


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events are to be sent, and which."""

    url: WebhookUrl
    """Takes events by POST: `https`, and an address on the Internet, unless the service is set up
    otherwise."""
    event_types: EventTypes | None = None
    """Which events; all that the key may see where it is left out. `link.used_up` and
    `dead_letter.created` are for admin keys."""
    note: Note | None = None
    """What its maker wants to remember."""


class WebhookChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be changed; what is left out stays."""

    url: WebhookUrl | UnsetType = UNSET
    event_types: EventTypes | UnsetType | None = UNSET
    note: Note | UnsetType | None = UNSET
    status: WebhookStatus | UnsetType = UNSET
    """`paused`: events are kept, and sent once it is `enabled` again. `disabled`: what waits has
    failed, and nothing is kept."""


class WebhookView(msgspec.Struct, frozen=True):
    """An endpoint, without its secret. It gets what its key may see."""

    id: str
    url: str
    event_types: list[EventType] | None
    """Null: all that its key may see."""
    note: str | None
    status: WebhookStatus
    disabled_reason: DisabledReason | None
    """`by_owner`, `gone` (it answered 410), `failing` (nothing arrived for five days) or
    `key_invalid` (its key was revoked or has expired)."""
    created_at: datetime
    created_by: str
    """The key that made it."""
    failing_since: datetime | None
    """When the first of its failures was, where nothing has arrived since."""
    not_before: datetime | None
    """Nothing is sent before: it asked to be sent less."""


class WebhookWithSecretView(WebhookView, frozen=True):
    """An endpoint with a new secret, which is shown in this answer alone."""

    secret: str
    """Verifies what arrives, by the Standard Webhooks specification."""


class DeliveryAttemptView(msgspec.Struct, frozen=True):
    """One attempt at a delivery."""

    number: int
    at: datetime
    status_code: int | None
    """What was answered; null where nothing was."""
    seconds: float
    """How long it took."""
    answer: str | None
    """The first 2 KiB of the answer."""
    error: str | None
    """Why there was no answer; null where there was one."""


class DeliverySummaryView(msgspec.Struct, frozen=True):
    """One event on its way to one receiver."""

    id: str
    event_id: str
    """What the receiver gets as `webhook-id`, the same on every attempt."""
    event_type: EventType
    webhook_id: str | None
    """The endpoint; null for the `callback_url` of a job."""
    job_id: str | None
    """The job that the event tells of."""
    status: DeliveryStatus
    attempt_count: int
    last_attempt: DeliveryAttemptView | None
    next_attempt_at: datetime | None
    """When it is tried next; null where it is not."""
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    """Until when it can be looked at, and sent again."""


class DeliveryView(DeliverySummaryView, frozen=True):
    """One event on its way to one receiver, with every attempt."""

    attempts: list[DeliveryAttemptView]
    """Oldest first; of very many the last 50."""


class RedeliverFailed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which deliveries are to be made again."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    """Those that have failed since then."""


class RedeliveredView(msgspec.Struct, frozen=True):
    """How many deliveries are made again."""

    redelivered: int


class KeyWebhookSecretView(msgspec.Struct, frozen=True):
    """The new webhook secret of a key, which is shown in this answer alone."""

    key_id: str
    webhook_secret: str
    """Verifies what arrives at the `callback_url` of the key's jobs."""


def view_webhook(endpoint: Endpoint) -> WebhookView:
    """Show an endpoint."""
    return WebhookView(
        id=endpoint.id,
        url=endpoint.url,
        event_types=endpoint.event_types,
        note=endpoint.note,
        status=endpoint.status,
        disabled_reason=endpoint.disabled_reason,
        created_at=endpoint.created_at,
        created_by=endpoint.key_id,
        failing_since=endpoint.failing_since,
        not_before=endpoint.not_before,
    )


def view_webhook_with_secret(endpoint: Endpoint, secret: str) -> WebhookWithSecretView:
    """Show an endpoint with its new secret."""
    return WebhookWithSecretView(**msgspec.structs.asdict(view_webhook(endpoint)), secret=secret)


def view_delivery_summary(delivery: Delivery) -> DeliverySummaryView:
    """Show a delivery with its last attempt."""
    last = delivery.attempts[-1] if delivery.attempts else None
    return DeliverySummaryView(
        id=delivery.id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        webhook_id=delivery.endpoint_id,
        job_id=delivery.job_id,
        status=delivery.status,
        attempt_count=delivery.attempt_count,
        last_attempt=None if last is None else _view_attempt(last),
        next_attempt_at=delivery.due_at,
        created_at=delivery.created_at,
        finished_at=delivery.finished_at,
        expires_at=delivery.expires_at,
    )


def view_delivery(delivery: Delivery) -> DeliveryView:
    """Show a delivery with all its attempts."""
    return DeliveryView(
        **msgspec.structs.asdict(view_delivery_summary(delivery)),
        attempts=[_view_attempt(attempt) for attempt in delivery.attempts],
    )


def _view_attempt(attempt: Attempt) -> DeliveryAttemptView:
    return DeliveryAttemptView(**msgspec.structs.asdict(attempt))


class Rotation(msgspec.Struct, frozen=True):
    """What a rotation asks for.

    Attributes:
        overlap_seconds: For how long the old secret signs as well.
    """

    overlap_seconds: int
