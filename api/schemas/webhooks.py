"""Schemas of webhooks and deliveries."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.http.bodies import JsonBody, Rules
from api.schemas.views import view_of
from domain.addresses import check_url
from domain.calendar.moments import to_utc
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.webhooks.deliveries import Delivery, DeliveryAttempt, DeliveryStatus
from domain.webhooks.endpoints import DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import ALWAYS_SENT, SELECTABLE, EventType

WebhookUrl = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
Note = Annotated[str, msgspec.Meta(max_length=500)]
EventTypes = Annotated[list[EventType], msgspec.Meta(min_length=1, max_length=len(SELECTABLE))]


class WebhookRequest(JsonBody, frozen=True):
    """The values of a new webhook."""

    url: WebhookUrl
    """Address that events are posted to. It must use `https` and be publicly reachable, unless the
    service is configured otherwise."""
    event_types: EventTypes | None = None
    """Types of events to receive; without it, all that the key may see. `link.used_up` and
    `dead_letter.created` require an admin key."""
    note: Note | None = None
    """A remark, for example the name of the receiver."""

    def check(self, rules: Rules) -> None:
        """Check the address and the types of events.

        Raises:
            InvalidValue: Fields cannot be used.
        """
        _check_receiver(rules, self.url, self.event_types)


class WebhookChanges(JsonBody, frozen=True, omit_defaults=True):
    """Changes of a webhook. Omitted fields stay as they are."""

    url: WebhookUrl | UnsetType = UNSET
    """New address that events are posted to."""
    event_types: EventTypes | UnsetType | None = UNSET
    """New types of events to receive; null for all that the key may see."""
    note: Note | UnsetType | None = UNSET
    """New remark; null for none."""
    status: WebhookStatus | UnsetType = UNSET
    """`enabled`: events are sent. `paused`: events wait until it is enabled again. `disabled`:
    waiting deliveries fail, and there are no new ones."""

    def check(self, rules: Rules) -> None:
        """Check the address and the types of events, if they change.

        Raises:
            InvalidValue: Fields cannot be used.
        """
        _check_receiver(rules, self.url, self.event_types)


class WebhookView(msgspec.Struct, frozen=True):
    """A webhook, without its secret. It receives events that its key may see."""

    id: str
    """ID of the webhook."""
    url: str
    event_types: list[EventType] | None
    """Types of events that it receives; null for all that its key may see."""
    note: str | None
    status: WebhookStatus
    disabled_reason: DisabledReason | None
    """`by_owner` (by a request), `gone` (the receiver answered 410), `failing` (every attempt for
    five days failed) or `key_invalid` (the key was revoked or expired)."""
    created_at: datetime
    created_by: str
    """ID of the key that created the webhook."""
    failing_since: datetime | None
    """Time of the first failure since the last success; null if the latest attempt succeeded."""
    not_before: datetime | None
    """No event is sent before this time, because the receiver asked for fewer requests."""


class WebhookWithSecretView(WebhookView, frozen=True):
    """A webhook with a new secret, which is shown once, in this answer."""

    secret: str
    """Verifies events according to the Standard Webhooks specification."""


class DeliverySummaryView(msgspec.Struct, frozen=True):
    """An event on its way to one receiver."""

    id: str
    """ID of the delivery."""
    event_id: str
    """ID of the event, which the receiver gets as `webhook-id`."""
    event_type: EventType
    webhook_id: str | None
    """ID of the webhook; null for the `callback_url` of a job."""
    job_id: str | None
    """ID of the job that the event is about."""
    status: DeliveryStatus
    attempt_count: int
    last_attempt: DeliveryAttempt | None
    next_attempt_at: datetime | None
    """Time of the next attempt; null if there is none."""
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    """When the delivery is deleted. Until then it can be sent again."""


class DeliveryView(DeliverySummaryView, frozen=True):
    """An event on its way to one receiver, with its attempts."""

    attempts: list[DeliveryAttempt]
    """The latest 50 attempts, oldest first."""


class RedeliverFailed(JsonBody, frozen=True):
    """Selects failed deliveries to send again."""

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    """Deliveries that failed at this time or later."""

    def check(self, rules: Rules) -> None:
        """Check the time.

        Raises:
            InvalidValue: It is outside of the calendar in UTC.
        """
        if "since" not in rules.unusable:
            to_utc(self.since)


class RedeliveredView(msgspec.Struct, frozen=True):
    """The number of deliveries that are sent again."""

    redelivered: int
    """Number of events that are sent again."""


class ReleasedView(msgspec.Struct, frozen=True):
    """The end of a hold on webhooks."""

    held_since: datetime | None
    """Since when webhooks were held; null if they were not."""


class KeyWebhookSecretView(msgspec.Struct, frozen=True):
    """The new webhook secret of a key, which is shown once, in this answer."""

    key_id: str
    webhook_secret: str
    """Verifies events that arrive at the `callback_url` of the key's jobs."""


def _check_receiver(
    rules: Rules, url: str | UnsetType, event_types: list[EventType] | UnsetType | None
) -> None:
    faults = Faults()
    with faults.of("url"):
        if isinstance(url, str):
            check_url(url, rules.targets)
    with faults.of("event_types"):
        if isinstance(event_types, list) and ALWAYS_SENT.intersection(event_types):
            names = ", ".join(sorted(ALWAYS_SENT))
            raise InvalidValue(f"Every webhook receives these events; leave them out: {names}.")
    faults.check()


def view_webhook(endpoint: Endpoint) -> WebhookView:
    """Convert an endpoint."""
    return view_of(WebhookView, endpoint, created_by=endpoint.key_id)


def view_webhook_with_secret(endpoint: Endpoint, secret: str) -> WebhookWithSecretView:
    """Convert an endpoint with its new secret."""
    return view_of(WebhookWithSecretView, endpoint, created_by=endpoint.key_id, secret=secret)


def view_delivery_summary(delivery: Delivery) -> DeliverySummaryView:
    """Convert a delivery with its last attempt."""
    return view_of(
        DeliverySummaryView,
        delivery,
        webhook_id=delivery.endpoint_id,
        last_attempt=delivery.attempts[-1] if delivery.attempts else None,
        next_attempt_at=delivery.due_at,
    )


def view_delivery(delivery: Delivery) -> DeliveryView:
    """Convert a delivery with its attempts."""
    return view_of(DeliveryView, view_delivery_summary(delivery), attempts=delivery.attempts)


class Rotation(msgspec.Struct, frozen=True):
    """Options of a rotation."""

    overlap_seconds: int
