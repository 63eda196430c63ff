"""Routes of webhooks."""

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.answers.created import answer_created, request_key
from api.contract.route_docs import answer, problems
from api.http.guards import webhooks_configured
from api.http.parameters import DAY_SECONDS, IdempotencyKey, OverlapSeconds, WebhookId
from api.schemas.paging import Cursor, Limit, Page
from api.schemas.webhooks import NewWebhook, WebhookChanges, WebhookView, WebhookWithSecretView
from api.state import ApiRequest
from api.webhooks.endpoints import (
    ChangeWebhook,
    CreateWebhook,
    ManageWebhooks,
    RotateWebhookSecret,
)
from domain.keys import scope_of


class WebhookController(Controller):
    """Webhooks."""

    path = "/v1/webhooks"
    tags = ("webhooks",)
    guards = (webhooks_configured,)

    @post(
        operation_id="createWebhook",
        summary="Create a webhook",
        responses={201: answer(WebhookWithSecretView, "The webhook.")} | problems(400, 403, 409),
    )
    async def create_webhook(
        self,
        request: ApiRequest,
        create_webhook: NamedDependency[CreateWebhook],
        data: JSONBody[NewWebhook],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[WebhookWithSecretView]:
        """Creates a webhook, which sends events to a URL. Only this response shows its secret.

        The webhook receives every event from this response on that its API key may see. If you
        send the request again with the same `Idempotency-Key` and the same API key, you get the
        same response.
        """
        source = request_key(request, idempotency_key)
        return answer_created(await create_webhook.create(source, data))

    @get(
        operation_id="listWebhooks",
        summary="List webhooks",
        responses={200: answer(Page[WebhookView], "A page of webhooks.")} | problems(),
    )
    async def list_webhooks(
        self,
        request: ApiRequest,
        manage_webhooks: NamedDependency[ManageWebhooks],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[WebhookView]:
        """Lists webhooks without their secrets, newest first."""
        return await manage_webhooks.list_page(scope_of(request.user), limit, cursor)

    @get(
        "/{webhook_id:str}",
        operation_id="getWebhook",
        summary="Retrieve a webhook",
        responses={200: answer(WebhookView, "The webhook.")} | problems(404),
    )
    async def get_webhook(
        self,
        request: ApiRequest,
        manage_webhooks: NamedDependency[ManageWebhooks],
        webhook_id: WebhookId,
    ) -> WebhookView:
        """Retrieves a webhook without its secret."""
        return await manage_webhooks.read(webhook_id, scope_of(request.user))

    @patch(
        "/{webhook_id:str}",
        operation_id="updateWebhook",
        summary="Update a webhook",
        responses={200: answer(WebhookView, "The updated webhook.")} | problems(400, 403, 404),
    )
    async def update_webhook(
        self,
        request: ApiRequest,
        change_webhook: NamedDependency[ChangeWebhook],
        webhook_id: WebhookId,
        data: JSONBody[WebhookChanges],
    ) -> WebhookView:
        """Changes, pauses or enables a webhook. Fields that are left out keep their values.

        Events that were not delivered yet are sent to the URL that is set when they are sent.
        """
        return await change_webhook.change(webhook_id, request.user, data)

    @delete(
        "/{webhook_id:str}",
        operation_id="deleteWebhook",
        summary="Delete a webhook",
        responses=problems(404),
    )
    async def delete_webhook(
        self,
        request: ApiRequest,
        manage_webhooks: NamedDependency[ManageWebhooks],
        webhook_id: WebhookId,
    ) -> None:
        """Deletes a webhook and cancels its pending deliveries."""
        await manage_webhooks.delete(webhook_id, scope_of(request.user))

    @post(
        "/{webhook_id:str}/secret/rotate",
        operation_id="rotateWebhookSecret",
        summary="Rotate the secret of a webhook",
        status_code=HTTP_200_OK,
        responses={
            200: answer(
                WebhookWithSecretView,
                "The webhook with its new secret.",
            ),
        }
        | problems(404, 409),
    )
    async def rotate_secret(
        self,
        request: ApiRequest,
        rotate_webhook_secret: NamedDependency[RotateWebhookSecret],
        webhook_id: WebhookId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[WebhookWithSecretView]:
        """Replaces the secret of a webhook. Until the old secret expires, both sign."""
        source = request_key(request, idempotency_key)
        rotated = await rotate_webhook_secret.rotate(source, webhook_id, overlap_seconds)
        return answer_created(rotated)
