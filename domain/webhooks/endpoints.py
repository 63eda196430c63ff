"""Webhook endpoints: where events are sent, and whether they are."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.webhooks.events import OF_ADMINS, Event, EventType


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
