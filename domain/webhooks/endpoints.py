"""Webhook endpoints: where events are sent."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.tenants import is_in_tenant
from domain.webhooks.events import ADMIN_ONLY, Event, EventType


class WebhookStatus(StrEnum):
    """The status of a webhook.

    ``paused``: its deliveries wait. ``disabled``: it gets no events until it is enabled again.
    """

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


ACTIVE = (WebhookStatus.ENABLED.value, WebhookStatus.PAUSED.value)
"""Statuses in which an endpoint gets new deliveries."""


class DisabledReason(StrEnum):
    """Why a webhook is disabled."""

    BY_OWNER = "by_owner"
    GONE = "gone"
    FAILING = "failing"
    KEY_INVALID = "key_invalid"


class Endpoint(msgspec.Struct, frozen=True):
    """A webhook endpoint.

    Attributes:
        key_id: The key that created it; it gets events that this key may see.
        user_id: The user of that key, if it is a client key.
        tenant: The tenant of that key, if it has one.
        event_types: The selected types; None for all that the key may see.
        failing_since: When the first of the current failures happened, UTC; None if the latest
            attempt succeeded.
        not_before: Earliest time of the next attempt, UTC, after the endpoint asked for fewer.
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
    tenant: str | None = None

    def selects(self, type_: EventType) -> bool:
        """Check whether the endpoint selects a type of event."""
        return self.event_types is None or type_ in self.event_types

    def may_see(self, event: Event) -> bool:
        """Check whether the endpoint's key may see the object of an event."""
        if self.is_admin:
            return True
        if event.type in ADMIN_ONLY:
            return False
        if self.user_id is not None:
            return event.user_id == self.user_id
        if self.tenant is not None:
            return event.user_id is not None and is_in_tenant(event.user_id, self.tenant)
        return event.key_id == self.key_id
