"""Routes of webhook deliveries: lists, attempts, test events, redelivery."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from api.contract.route_docs import answer, problems
from api.http.guards import webhooks_configured
from api.http.parameters import EXAMPLE_DELIVERY_ID, WebhookId, id_of
from api.schemas.paging import Cursor, Limit, Page
from api.schemas.webhooks import (
    DeliverySummaryView,
    DeliveryView,
    RedeliveredView,
    RedeliverFailed,
)
from api.state import ApiRequest
from api.webhooks.deliveries import ReadDeliveries, SendDeliveries
from domain.keys import scope_of
from domain.webhooks.deliveries import DeliveryStatus

DeliveryId = Annotated[str, id_of("delivery", max_length=128, example=EXAMPLE_DELIVERY_ID)]
WithStatus = Annotated[
    DeliveryStatus | None,
    QueryParameter(name="status", required=False, description="Only deliveries with this status."),
]


class DeliveryController(Controller):
    """Deliveries of a webhook, or with ``callbacks`` in its place, to ``callback_url``s."""

    path = "/v1/webhooks/{webhook_id:str}"
    tags = ("webhooks",)
    guards = (webhooks_configured,)

    @post(
        "/test",
        operation_id="testWebhook",
        summary="Send a test event",
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(DeliveryView, "The delivery of the event.")} | problems(404, 409),
    )
    async def test_webhook(
        self,
        request: ApiRequest,
        send_deliveries: NamedDependency[SendDeliveries],
        webhook_id: WebhookId,
    ) -> DeliveryView:
        """Sends a `webhook.test` event in the same way as every other event."""
        return await send_deliveries.test(webhook_id, scope_of(request.user))

    @get(
        "/deliveries",
        operation_id="listDeliveries",
        summary="List deliveries",
        responses={200: answer(Page[DeliverySummaryView], "A page of deliveries.")} | problems(404),
    )
    async def list_deliveries(
        self,
        request: ApiRequest,
        read_deliveries: NamedDependency[ReadDeliveries],
        webhook_id: WebhookId,
        status: WithStatus = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[DeliverySummaryView]:
        """Lists the deliveries of the last 30 days, newest first.

        With `callbacks` in place of a webhook ID, lists deliveries to the `callback_url` of jobs.
        """
        scope = scope_of(request.user)
        return await read_deliveries.list_page(webhook_id, scope, status, limit, cursor)

    @get(
        "/deliveries/{delivery_id:str}",
        operation_id="getDelivery",
        summary="Retrieve a delivery",
        responses={200: answer(DeliveryView, "The delivery.")} | problems(404),
    )
    async def get_delivery(
        self,
        request: ApiRequest,
        read_deliveries: NamedDependency[ReadDeliveries],
        webhook_id: WebhookId,
        delivery_id: DeliveryId,
    ) -> DeliveryView:
        """Retrieves a delivery with its attempts."""
        return await read_deliveries.read(webhook_id, scope_of(request.user), delivery_id)

    @post(
        "/deliveries/{delivery_id:str}/redeliver",
        operation_id="redeliver",
        summary="Redeliver an event",
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(DeliveryView, "The delivery, due now.")} | problems(404, 409),
    )
    async def redeliver(
        self,
        request: ApiRequest,
        send_deliveries: NamedDependency[SendDeliveries],
        webhook_id: WebhookId,
        delivery_id: DeliveryId,
    ) -> DeliveryView:
        """Sends an event again immediately, with the same `webhook-id`, whatever its status."""
        return await send_deliveries.redeliver(webhook_id, scope_of(request.user), delivery_id)

    @post(
        "/redeliver",
        operation_id="redeliverFailed",
        summary="Redeliver failed events",
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(RedeliveredView, "How many are sent again.")}
        | problems(400, 404, 409),
    )
    async def redeliver_failed(
        self,
        request: ApiRequest,
        send_deliveries: NamedDependency[SendDeliveries],
        webhook_id: WebhookId,
        data: JSONBody[RedeliverFailed],
    ) -> RedeliveredView:
        """Sends every event again whose delivery has failed since a time."""
        scope = scope_of(request.user)
        return await send_deliveries.redeliver_failed(webhook_id, scope, data.since)
