"""Lists, reads, tests and repeats deliveries of webhooks."""

from datetime import datetime

from api.schemas.views import Page, cut_page
from api.schemas.webhooks import (
    DeliverySummaryView,
    DeliveryView,
    RedeliveredView,
    ReleasedView,
    view_delivery,
    view_delivery_summary,
)
from domain.audit import AuditAction
from domain.calendar.moments import to_utc
from domain.errors.access import WrongState
from domain.keys import Caller, Scope, webhook_scope
from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import WebhookStatus
from storage.access.audit import new_entry
from storage.stores import Stores
from storage.webhooks.deliveries import Receiver

CALLBACKS = "callbacks"
"""Stands for the ``callback_url`` of jobs in place of the ID of a webhook."""


class ManageDeliveries:
    """The deliveries of a webhook, or of :data:`CALLBACKS`."""

    def __init__(self, stores: Stores, public_url: str) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._job_events = stores.job_events
        self._hold = stores.webhook_hold
        self._base_url = public_url.rstrip("/")

    async def list_page(
        self,
        webhook_id: str,
        scope: Scope,
        status: DeliveryStatus | None,
        limit: int,
        cursor: str | None,
    ) -> Page[DeliverySummaryView]:
        """List the deliveries of a webhook, newest first.

        Raises:
            NotFound: The caller may see no such webhook.
        """
        receiver, _ = await self._find_receiver(webhook_id, scope)
        found = await self._deliveries.list_page(receiver, status, limit + 1, cursor)
        views = [view_delivery_summary(one) for one in found]
        return cut_page(views, limit, [one.order for one in found])

    async def read(self, webhook_id: str, scope: Scope, delivery_id: str) -> DeliveryView:
        """Read a delivery with its attempts.

        Raises:
            NotFound: The caller may see no such webhook, or it has no such delivery.
        """
        receiver, _ = await self._find_receiver(webhook_id, scope)
        return view_delivery(await self._deliveries.get(receiver, delivery_id))

    async def test(self, webhook_id: str, scope: Scope) -> DeliveryView:
        """Send a test event.

        Raises:
            NotFound: The caller may see no such webhook.
            WrongState: The webhook is not enabled.
        """
        endpoint = await self._webhooks.get(webhook_id, scope)
        _check_enabled(endpoint.status)
        delivery = await self._deliveries.test(endpoint, self._base_url)
        await self._job_events.publish_deliveries()
        return view_delivery(delivery)

    async def redeliver(self, webhook_id: str, caller: Caller, delivery_id: str) -> DeliveryView:
        """Send an event once more, whatever the status of its delivery.

        Raises:
            NotFound: The caller may see no such webhook, or it has no such delivery.
            WrongState: The webhook is not enabled.
        """
        receiver = await self._find_enabled(webhook_id, webhook_scope(caller))
        entry = new_entry(caller, AuditAction.DELIVERY_REDELIVERED, delivery_id)
        delivery = await self._deliveries.redeliver(receiver, delivery_id, entry)
        await self._job_events.publish_deliveries()
        return view_delivery(delivery)

    async def redeliver_failed(
        self, webhook_id: str, caller: Caller, since: datetime
    ) -> RedeliveredView:
        """Send everything once more that has failed since a time.

        Raises:
            NotFound: The caller may see no such webhook.
            WrongState: The webhook is not enabled.
            InvalidValue: The time is outside of the calendar in UTC.
        """
        start = to_utc(since)
        receiver = await self._find_enabled(webhook_id, webhook_scope(caller))
        entry = new_entry(
            caller, AuditAction.WEBHOOK_REDELIVERED, webhook_id, since=start.isoformat()
        )
        count = await self._deliveries.redeliver_failed(receiver, start, entry)
        await self._job_events.publish_deliveries()
        return RedeliveredView(count)

    async def release(self, caller: Caller) -> ReleasedView:
        """Release all webhooks that a start with ``MINILAB_WEBHOOKS=paused`` or a restore holds."""
        entry = new_entry(caller, AuditAction.SERVICE_WEBHOOKS_RELEASED, "webhooks")
        held_since = await self._hold.release(entry)
        await self._job_events.publish_deliveries()
        return ReleasedView(held_since)

    async def _find_enabled(self, webhook_id: str, scope: Scope) -> Receiver:
        receiver, status = await self._find_receiver(webhook_id, scope)
        _check_enabled(status)
        return receiver

    async def _find_receiver(self, webhook_id: str, scope: Scope) -> tuple[Receiver, WebhookStatus]:
        if webhook_id == CALLBACKS:
            return Receiver(None, scope), WebhookStatus.ENABLED
        endpoint = await self._webhooks.get(webhook_id, scope)
        return Receiver(endpoint.id), endpoint.status


def _check_enabled(status: WebhookStatus) -> None:
    if status is not WebhookStatus.ENABLED:
        raise WrongState(f"The webhook is {status}; enable it first.")
