"""The operations of the tag `webhooks`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.delivery import Delivery
    from ...models.delivery_status import DeliveryStatus
    from ...models.delivery_summary import DeliverySummary
    from ...models.delivery_summary_page import DeliverySummaryPage
    from ...models.redeliver_failed import RedeliverFailed
    from ...models.redelivered import Redelivered
    from ...models.released import Released
    from ...models.webhook import Webhook
    from ...models.webhook_changes import WebhookChanges
    from ...models.webhook_page import WebhookPage
    from ...models.webhook_request import WebhookRequest
    from ...models.webhook_with_secret import WebhookWithSecret


class WebhooksOperations(Operations):
    """The operations of the tag `webhooks`."""

    def list_webhooks(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> WebhookPage:
        """List webhooks.

        Lists webhooks without their secrets, newest first.
        """
        from .list_webhooks import sync_detailed

        return cast(
            "WebhookPage",
            self._call(
                sync_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_webhooks(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> Iterator[Webhook]:
        """List webhooks: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_webhooks,
            limit=limit,
        )

    def create_webhook(
        self,
        *,
        body: WebhookRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> WebhookWithSecret:
        """Create a webhook.

        Creates a webhook, which sends events to a URL. Only this response shows its secret.

        The webhook receives every event from this response on that its API key may see. If you
        send the request again with the same `Idempotency-Key` and the same API key, you get the
        same response.
        """
        from .create_webhook import sync_detailed

        return cast(
            "WebhookWithSecret",
            self._call(
                sync_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def release_webhooks(
        self,
    ) -> Released:
        """Release held webhooks.

        Releases all webhooks that are held since a restore or a start with webhooks paused.

        The events that were held are then sent. `GET /readyz` says whether webhooks are held. For
        admins.
        """
        from .release_webhooks import sync_detailed

        return cast(
            "Released",
            self._call(
                sync_detailed,
            ),
        )

    def get_webhook(
        self,
        webhook_id: str,
    ) -> Webhook:
        """Retrieve a webhook.

        Retrieves a webhook without its secret.
        """
        from .get_webhook import sync_detailed

        return cast(
            "Webhook",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
            ),
        )

    def delete_webhook(
        self,
        webhook_id: str,
    ) -> None:
        """Delete a webhook.

        Deletes a webhook and cancels its pending deliveries.
        """
        from .delete_webhook import sync_detailed

        self._call(
            sync_detailed,
            webhook_id=webhook_id,
        )

    def update_webhook(
        self,
        webhook_id: str,
        *,
        body: WebhookChanges,
    ) -> Webhook:
        """Update a webhook.

        Changes, pauses or enables a webhook. Fields that are left out keep their values.

        Events that were not delivered yet are sent to the URL that is set when they are sent.
        """
        from .update_webhook import sync_detailed

        return cast(
            "Webhook",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                body=body,
            ),
        )

    def list_deliveries(
        self,
        webhook_id: str,
        *,
        status: DeliveryStatus | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> DeliverySummaryPage:
        """List deliveries.

        Lists the deliveries of the last 30 days, newest first.

        With `callbacks` in place of a webhook ID, lists deliveries to the `callback_url` of jobs.
        """
        from .list_deliveries import sync_detailed

        return cast(
            "DeliverySummaryPage",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                status=status,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_deliveries(
        self,
        webhook_id: str,
        *,
        status: DeliveryStatus | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> Iterator[DeliverySummary]:
        """List deliveries: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_deliveries,
            webhook_id=webhook_id,
            status=status,
            limit=limit,
        )

    def get_delivery(
        self,
        webhook_id: str,
        delivery_id: str,
    ) -> Delivery:
        """Retrieve a delivery.

        Retrieves a delivery with its attempts.
        """
        from .get_delivery import sync_detailed

        return cast(
            "Delivery",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                delivery_id=delivery_id,
            ),
        )

    def redeliver(
        self,
        webhook_id: str,
        delivery_id: str,
    ) -> Delivery:
        """Redeliver an event.

        Sends an event again immediately, with the same `webhook-id`, whatever its status.
        """
        from .redeliver import sync_detailed

        return cast(
            "Delivery",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                delivery_id=delivery_id,
            ),
        )

    def redeliver_failed(
        self,
        webhook_id: str,
        *,
        body: RedeliverFailed,
    ) -> Redelivered:
        """Redeliver failed events.

        Sends every event again whose delivery has failed since a time.
        """
        from .redeliver_failed import sync_detailed

        return cast(
            "Redelivered",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                body=body,
            ),
        )

    def rotate_webhook_secret(
        self,
        webhook_id: str,
        *,
        overlap_seconds: int | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> WebhookWithSecret:
        """Rotate the secret of a webhook.

        Replaces the secret of a webhook. Until the old secret expires, both sign.
        """
        from .rotate_webhook_secret import sync_detailed

        return cast(
            "WebhookWithSecret",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
                overlap_seconds=overlap_seconds,
                idempotency_key=idempotency_key,
            ),
        )

    def test_webhook(
        self,
        webhook_id: str,
    ) -> Delivery:
        """Send a test event.

        Sends a `webhook.test` event in the same way as every other event.
        """
        from .test_webhook import sync_detailed

        return cast(
            "Delivery",
            self._call(
                sync_detailed,
                webhook_id=webhook_id,
            ),
        )


class AsyncWebhooksOperations(AsyncOperations):
    """The operations of the tag `webhooks`, for asyncio and trio."""

    async def list_webhooks(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> WebhookPage:
        """List webhooks.

        Lists webhooks without their secrets, newest first.
        """
        from .list_webhooks import asyncio_detailed

        return cast(
            "WebhookPage",
            await self._call(
                asyncio_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_webhooks(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[Webhook]:
        """List webhooks: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_webhooks,
            limit=limit,
        )

    async def create_webhook(
        self,
        *,
        body: WebhookRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> WebhookWithSecret:
        """Create a webhook.

        Creates a webhook, which sends events to a URL. Only this response shows its secret.

        The webhook receives every event from this response on that its API key may see. If you
        send the request again with the same `Idempotency-Key` and the same API key, you get the
        same response.
        """
        from .create_webhook import asyncio_detailed

        return cast(
            "WebhookWithSecret",
            await self._call(
                asyncio_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def release_webhooks(
        self,
    ) -> Released:
        """Release held webhooks.

        Releases all webhooks that are held since a restore or a start with webhooks paused.

        The events that were held are then sent. `GET /readyz` says whether webhooks are held. For
        admins.
        """
        from .release_webhooks import asyncio_detailed

        return cast(
            "Released",
            await self._call(
                asyncio_detailed,
            ),
        )

    async def get_webhook(
        self,
        webhook_id: str,
    ) -> Webhook:
        """Retrieve a webhook.

        Retrieves a webhook without its secret.
        """
        from .get_webhook import asyncio_detailed

        return cast(
            "Webhook",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
            ),
        )

    async def delete_webhook(
        self,
        webhook_id: str,
    ) -> None:
        """Delete a webhook.

        Deletes a webhook and cancels its pending deliveries.
        """
        from .delete_webhook import asyncio_detailed

        await self._call(
            asyncio_detailed,
            webhook_id=webhook_id,
        )

    async def update_webhook(
        self,
        webhook_id: str,
        *,
        body: WebhookChanges,
    ) -> Webhook:
        """Update a webhook.

        Changes, pauses or enables a webhook. Fields that are left out keep their values.

        Events that were not delivered yet are sent to the URL that is set when they are sent.
        """
        from .update_webhook import asyncio_detailed

        return cast(
            "Webhook",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                body=body,
            ),
        )

    async def list_deliveries(
        self,
        webhook_id: str,
        *,
        status: DeliveryStatus | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> DeliverySummaryPage:
        """List deliveries.

        Lists the deliveries of the last 30 days, newest first.

        With `callbacks` in place of a webhook ID, lists deliveries to the `callback_url` of jobs.
        """
        from .list_deliveries import asyncio_detailed

        return cast(
            "DeliverySummaryPage",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                status=status,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_deliveries(
        self,
        webhook_id: str,
        *,
        status: DeliveryStatus | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[DeliverySummary]:
        """List deliveries: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_deliveries,
            webhook_id=webhook_id,
            status=status,
            limit=limit,
        )

    async def get_delivery(
        self,
        webhook_id: str,
        delivery_id: str,
    ) -> Delivery:
        """Retrieve a delivery.

        Retrieves a delivery with its attempts.
        """
        from .get_delivery import asyncio_detailed

        return cast(
            "Delivery",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                delivery_id=delivery_id,
            ),
        )

    async def redeliver(
        self,
        webhook_id: str,
        delivery_id: str,
    ) -> Delivery:
        """Redeliver an event.

        Sends an event again immediately, with the same `webhook-id`, whatever its status.
        """
        from .redeliver import asyncio_detailed

        return cast(
            "Delivery",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                delivery_id=delivery_id,
            ),
        )

    async def redeliver_failed(
        self,
        webhook_id: str,
        *,
        body: RedeliverFailed,
    ) -> Redelivered:
        """Redeliver failed events.

        Sends every event again whose delivery has failed since a time.
        """
        from .redeliver_failed import asyncio_detailed

        return cast(
            "Redelivered",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                body=body,
            ),
        )

    async def rotate_webhook_secret(
        self,
        webhook_id: str,
        *,
        overlap_seconds: int | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> WebhookWithSecret:
        """Rotate the secret of a webhook.

        Replaces the secret of a webhook. Until the old secret expires, both sign.
        """
        from .rotate_webhook_secret import asyncio_detailed

        return cast(
            "WebhookWithSecret",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
                overlap_seconds=overlap_seconds,
                idempotency_key=idempotency_key,
            ),
        )

    async def test_webhook(
        self,
        webhook_id: str,
    ) -> Delivery:
        """Send a test event.

        Sends a `webhook.test` event in the same way as every other event.
        """
        from .test_webhook import asyncio_detailed

        return cast(
            "Delivery",
            await self._call(
                asyncio_detailed,
                webhook_id=webhook_id,
            ),
        )
