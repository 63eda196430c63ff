"""Routes of webhooks and their deliveries."""

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.access.create_once import RequestKey
from api.answers.created import answer_created
from api.contract.route_docs import answer, problems
from api.http.guards import CHANGING, admins_only, webhooks_configured
from api.http.parameters import (
    DAY_SECONDS,
    EXAMPLE_DELIVERY_ID,
    OverlapSeconds,
    WebhookId,
    example,
    id_of,
)
from api.schemas.views import CountedPage, Cursor, Limit, Page
from api.schemas.webhooks import (
    DeliverySummaryView,
    DeliveryView,
    RedeliveredView,
    RedeliverFailed,
    ReleasedView,
    WebhookChanges,
    WebhookRequest,
    WebhookView,
    WebhookWithSecretView,
)
from api.state import ApiRequest
from api.webhooks.deliveries import ManageDeliveries
from api.webhooks.endpoints import ManageWebhooks
from domain.keys import webhook_scope
from domain.webhooks.deliveries import DeliveryStatus

DeliveryId = Annotated[str, id_of("delivery", max_length=128, shown=EXAMPLE_DELIVERY_ID)]
WithStatus = Annotated[
    DeliveryStatus | None,
    QueryParameter(
        name="status",
        description="Only deliveries with this status.",
        examples=example("failed"),
    ),
]


class WebhookController(Controller):
    """Webhooks, and their deliveries; ``callbacks`` as an ID stands for each ``callback_url``."""

    path = "/v1/webhooks"
    tags = ("webhooks",)
    guards = (webhooks_configured,)

    @post(
        operation_id="createWebhook",
        summary="Create a webhook",
        opt=CHANGING,
        responses={201: answer(WebhookWithSecretView, "The webhook.")} | problems(400, 403, 409),
    )
    async def create_webhook(
        self,
        webhooks: NamedDependency[ManageWebhooks],
        source: NamedDependency[RequestKey],
        data: JSONBody[WebhookRequest],
    ) -> Response[WebhookWithSecretView]:
        """Creates a webhook, which sends events to a URL. Only this response shows its secret.

        The webhook receives every event from this response on that its API key may see. If you
        send the request again with the same `Idempotency-Key` and the same API key, you get the
        same response.
        """
        return answer_created(await webhooks.create(source, data))

    @get(
        operation_id="listWebhooks",
        summary="List webhooks",
        responses={200: answer(CountedPage[WebhookView], "A page of webhooks.")} | problems(),
    )
    async def list_webhooks(
        self,
        request: ApiRequest,
        webhooks: NamedDependency[ManageWebhooks],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> CountedPage[WebhookView]:
        """Lists webhooks without their secrets, newest first."""
        return await webhooks.list_page(webhook_scope(request.user), limit, cursor)

    @post(
        "/release",
        operation_id="releaseWebhooks",
        summary="Release held webhooks",
        opt=CHANGING,
        status_code=HTTP_200_OK,
        responses={200: answer(ReleasedView, "Webhooks are delivered again.")} | problems(403),
        guards=[admins_only],
    )
    async def release_webhooks(
        self, request: ApiRequest, deliveries: NamedDependency[ManageDeliveries]
    ) -> ReleasedView:
        """Releases all webhooks that are held since a restore or a start with webhooks paused.

        The events that were held are then sent. `GET /readyz` says whether webhooks are held. For
        admins.
        """
        return await deliveries.release(request.user)

    @get(
        "/{webhook_id:str}",
        operation_id="getWebhook",
        summary="Retrieve a webhook",
        responses={200: answer(WebhookView, "The webhook.")} | problems(404),
    )
    async def get_webhook(
        self, request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], webhook_id: WebhookId
    ) -> WebhookView:
        """Retrieves a webhook without its secret."""
        return await webhooks.get(webhook_id, webhook_scope(request.user))

    @patch(
        "/{webhook_id:str}",
        operation_id="updateWebhook",
        summary="Update a webhook",
        opt=CHANGING,
        responses={200: answer(WebhookView, "The updated webhook.")} | problems(400, 403, 404),
    )
    async def update_webhook(
        self,
        request: ApiRequest,
        webhooks: NamedDependency[ManageWebhooks],
        webhook_id: WebhookId,
        data: JSONBody[WebhookChanges],
    ) -> WebhookView:
        """Changes, pauses or enables a webhook. Fields that are left out keep their values.

        Events that were not delivered yet are sent to the URL that is set when they are sent.
        """
        return await webhooks.change(webhook_id, request.user, data)

    @delete(
        "/{webhook_id:str}",
        operation_id="deleteWebhook",
        summary="Delete a webhook",
        opt=CHANGING,
        responses=problems(404),
    )
    async def delete_webhook(
        self, request: ApiRequest, webhooks: NamedDependency[ManageWebhooks], webhook_id: WebhookId
    ) -> None:
        """Deletes a webhook and cancels its pending deliveries."""
        await webhooks.delete(webhook_id, request.user)

    @post(
        "/{webhook_id:str}/secret/rotate",
        operation_id="rotateWebhookSecret",
        summary="Rotate the secret of a webhook",
        opt=CHANGING,
        status_code=HTTP_200_OK,
        responses={200: answer(WebhookWithSecretView, "The webhook with its new secret.")}
        | problems(404, 409),
    )
    async def rotate_secret(
        self,
        webhooks: NamedDependency[ManageWebhooks],
        source: NamedDependency[RequestKey],
        webhook_id: WebhookId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
    ) -> Response[WebhookWithSecretView]:
        """Replaces the secret of a webhook. Until the old secret expires, both sign."""
        return answer_created(await webhooks.rotate(source, webhook_id, overlap_seconds))

    @post(
        "/{webhook_id:str}/test",
        operation_id="testWebhook",
        summary="Send a test event",
        opt=CHANGING,
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(DeliveryView, "The delivery of the event.")} | problems(404, 409),
    )
    async def test_webhook(
        self,
        request: ApiRequest,
        deliveries: NamedDependency[ManageDeliveries],
        webhook_id: WebhookId,
    ) -> DeliveryView:
        """Sends a `webhook.test` event in the same way as every other event."""
        return await deliveries.test(webhook_id, webhook_scope(request.user))

    @get(
        "/{webhook_id:str}/deliveries",
        operation_id="listDeliveries",
        summary="List deliveries",
        responses={200: answer(Page[DeliverySummaryView], "A page of deliveries.")} | problems(404),
    )
    async def list_deliveries(
        self,
        request: ApiRequest,
        deliveries: NamedDependency[ManageDeliveries],
        webhook_id: WebhookId,
        status: WithStatus = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[DeliverySummaryView]:
        """Lists the deliveries of the last 30 days, newest first.

        With `callbacks` in place of a webhook ID, lists deliveries to the `callback_url` of jobs.
        """
        scope = webhook_scope(request.user)
        return await deliveries.list_page(webhook_id, scope, status, limit, cursor)

    @get(
        "/{webhook_id:str}/deliveries/{delivery_id:str}",
        operation_id="getDelivery",
        summary="Retrieve a delivery",
        responses={200: answer(DeliveryView, "The delivery.")} | problems(404),
    )
    async def get_delivery(
        self,
        request: ApiRequest,
        deliveries: NamedDependency[ManageDeliveries],
        webhook_id: WebhookId,
        delivery_id: DeliveryId,
    ) -> DeliveryView:
        """Retrieves a delivery with its attempts."""
        return await deliveries.read(webhook_id, webhook_scope(request.user), delivery_id)

    @post(
        "/{webhook_id:str}/deliveries/{delivery_id:str}/redeliver",
        operation_id="redeliver",
        summary="Redeliver an event",
        opt=CHANGING,
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(DeliveryView, "The delivery, due now.")} | problems(404, 409),
    )
    async def redeliver(
        self,
        request: ApiRequest,
        deliveries: NamedDependency[ManageDeliveries],
        webhook_id: WebhookId,
        delivery_id: DeliveryId,
    ) -> DeliveryView:
        """Sends an event again immediately, with the same `webhook-id`, whatever its status."""
        return await deliveries.redeliver(webhook_id, request.user, delivery_id)

    @post(
        "/{webhook_id:str}/redeliver",
        operation_id="redeliverFailed",
        summary="Redeliver failed events",
        opt=CHANGING,
        status_code=HTTP_202_ACCEPTED,
        responses={202: answer(RedeliveredView, "How many are sent again.")}
        | problems(400, 404, 409),
    )
    async def redeliver_failed(
        self,
        request: ApiRequest,
        deliveries: NamedDependency[ManageDeliveries],
        webhook_id: WebhookId,
        data: JSONBody[RedeliverFailed],
    ) -> RedeliveredView:
        """Sends every event again whose delivery has failed since a time."""
        return await deliveries.redeliver_failed(webhook_id, request.user, data.since)
