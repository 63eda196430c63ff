"""Deliveries of webhooks: every attempt, and sending again."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter, QueryParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from api.contract.route_docs import answer, problems
from api.contract.webhook_examples import (
    EXAMPLE_DELIVERY,
    EXAMPLE_DELIVERY_ID,
    EXAMPLE_DELIVERY_PAGE,
    EXAMPLE_REDELIVER_FAILED,
    EXAMPLE_REDELIVERED,
    EXAMPLE_TEST_DELIVERY,
)
from api.controllers.webhooks import find_endpoint
from api.http.parameters import WebhookId
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.schemas.webhooks import (
    DeliverySummaryView,
    DeliveryView,
    RedeliveredView,
    RedeliverFailed,
    view_delivery,
    view_delivery_summary,
)
from api.state import ApiRequest
from domain.errors.access import WrongState
from domain.keys import scope_of
from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import WebhookStatus
from storage.webhooks.deliveries import Receiver

CALLBACKS = "callbacks"
"""Stands for the ``callback_url`` of jobs where an endpoint is named."""

DeliveryId = Annotated[
    str, PathParameter(max_length=128, examples=[Example(value=EXAMPLE_DELIVERY_ID)])
]
WithStatus = Annotated[
    DeliveryStatus | None,
    QueryParameter(name="status", required=False, description="Only those that stand like this."),
]
SinceBody = Annotated[
    RedeliverFailed,
    BodyKwarg(
        media_type=RequestEncodingType.JSON, examples=[Example(value=EXAMPLE_REDELIVER_FAILED)]
    ),
]


class DeliveryController(Controller):
    """Deliveries of an endpoint, or, where the endpoint is ``callbacks``, to ``callback_url``s."""

    path = "/v1/webhooks/{webhook_id:str}"
    tags = ("webhooks",)

    @post(
        "/test",
        operation_id="testWebhook",
        summary="Send a test event",
        status_code=HTTP_202_ACCEPTED,
        responses={
            202: answer(DeliveryView, "The delivery to follow.", EXAMPLE_TEST_DELIVERY),
            **problems(401, 404, 409, 422, 503),
        },
    )
    async def test_webhook(self, request: ApiRequest, webhook_id: WebhookId) -> DeliveryView:
        """Send a `webhook.test` event, the way that all events go."""
        stores = request.app.state.stores
        endpoint = await find_endpoint(request, webhook_id)
        _check_enabled(endpoint.status)
        base_url = request.app.state.settings.api.public_url.rstrip("/")
        delivery = await stores.deliveries.test(endpoint, base_url)
        await stores.job_events.publish_deliveries()
        return view_delivery(delivery)

    @get(
        "/deliveries",
        operation_id="listDeliveries",
        summary="List deliveries",
        responses={
            200: answer(Page[DeliverySummaryView], "A page.", EXAMPLE_DELIVERY_PAGE),
            **problems(401, 404, 422, 503),
        },
    )
    async def list_deliveries(
        self,
        request: ApiRequest,
        webhook_id: WebhookId,
        status: WithStatus = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[DeliverySummaryView]:
        """List the deliveries of the last 30 days, newest first.

        With `callbacks` in place of a webhook: those to the `callback_url` of jobs.
        """
        receiver, _ = await _find_receiver(request, webhook_id)
        deliveries = request.app.state.stores.deliveries
        found = await deliveries.list_page(receiver, status, limit + 1, cursor)
        views = [view_delivery_summary(one) for one in found]
        return cut_page(views, limit, [one.order for one in found])

    @get(
        "/deliveries/{delivery_id:str}",
        operation_id="getDelivery",
        summary="Read a delivery",
        responses={
            200: answer(DeliveryView, "The delivery.", EXAMPLE_DELIVERY),
            **problems(401, 404, 422, 503),
        },
    )
    async def get_delivery(
        self, request: ApiRequest, webhook_id: WebhookId, delivery_id: DeliveryId
    ) -> DeliveryView:
        """Read a delivery with every attempt."""
        receiver, _ = await _find_receiver(request, webhook_id)
        return view_delivery(await request.app.state.stores.deliveries.get(receiver, delivery_id))

    @post(
        "/deliveries/{delivery_id:str}/redeliver",
        operation_id="redeliver",
        summary="Deliver again",
        status_code=HTTP_202_ACCEPTED,
        responses={
            202: answer(DeliveryView, "The delivery, due at once.", EXAMPLE_DELIVERY),
            **problems(401, 404, 409, 422, 503),
        },
    )
    async def redeliver(
        self, request: ApiRequest, webhook_id: WebhookId, delivery_id: DeliveryId
    ) -> DeliveryView:
        """Send an event once more, at once and with the same `webhook-id`, however it stands."""
        stores = request.app.state.stores
        receiver, status = await _find_receiver(request, webhook_id)
        _check_enabled(status)
        delivery = await stores.deliveries.redeliver(receiver, delivery_id)
        await stores.job_events.publish_deliveries()
        return view_delivery(delivery)

    @post(
        "/redeliver",
        operation_id="redeliverFailed",
        summary="Deliver again what has failed",
        status_code=HTTP_202_ACCEPTED,
        responses={
            202: answer(RedeliveredView, "How many.", EXAMPLE_REDELIVERED),
            **problems(400, 401, 404, 409, 422, 503),
        },
    )
    async def redeliver_failed(
        self, request: ApiRequest, webhook_id: WebhookId, data: SinceBody
    ) -> RedeliveredView:
        """Send everything once more that has failed since a time."""
        stores = request.app.state.stores
        receiver, status = await _find_receiver(request, webhook_id)
        _check_enabled(status)
        count = await stores.deliveries.redeliver_failed(receiver, data.since)
        await stores.job_events.publish_deliveries()
        return RedeliveredView(count)


async def _find_receiver(request: ApiRequest, webhook_id: str) -> tuple[Receiver, WebhookStatus]:
    if webhook_id == CALLBACKS:
        request.app.state.stores.secret_box.check_configured()
        return Receiver(None, scope_of(request.user)), WebhookStatus.ENABLED
    endpoint = await find_endpoint(request, webhook_id)
    return Receiver(endpoint.id), endpoint.status


def _check_enabled(status: WebhookStatus) -> None:
    if status is not WebhookStatus.ENABLED:
        raise WrongState(f"The webhook is {status}: enable it first.")
