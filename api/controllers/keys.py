"""Routes of API keys."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.access.api_keys import CreateKey, ManageKeys, RotateKeySecret
from api.answers.created import answer_created, request_key
from api.contract.route_docs import answer, problems
from api.http.guards import admins_only
from api.http.parameters import DAY_SECONDS, IdempotencyKey, OverlapSeconds, id_of
from api.schemas.keys import ApiKeyView, CreatedApiKeyView, NewApiKey
from api.schemas.paging import Cursor, Limit, Page
from api.schemas.webhooks import KeyWebhookSecretView
from api.state import ApiRequest

KeyId = Annotated[str, id_of("API key")]


class KeyController(Controller):
    """API keys."""

    path = "/v1/api-keys"
    tags = ("api keys",)
    guards = (admins_only,)

    @post(
        operation_id="createApiKey",
        summary="Create an API key",
        responses={201: answer(CreatedApiKeyView, "The new API key.")} | problems(400, 403, 409),
    )
    async def create_key(
        self,
        request: ApiRequest,
        create_key: NamedDependency[CreateKey],
        data: JSONBody[NewApiKey],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[CreatedApiKeyView]:
        """Creates an API key. Only this response shows its secret.

        If you send the request again with the same `Idempotency-Key` and the same API key of your
        own, you get the same response with the same secret.
        """
        source = request_key(request, idempotency_key)
        return answer_created(await create_key.create(source, data))

    @get(
        operation_id="listApiKeys",
        summary="List API keys",
        responses={200: answer(Page[ApiKeyView], "A page of API keys.")} | problems(403),
    )
    async def list_keys(
        self, manage_keys: NamedDependency[ManageKeys], limit: Limit = 20, cursor: Cursor = None
    ) -> Page[ApiKeyView]:
        """Lists API keys without their secrets, newest first; includes revoked and expired keys."""
        return await manage_keys.list_page(limit, cursor)

    @delete(
        "/{key_id:str}",
        operation_id="revokeApiKey",
        summary="Revoke an API key",
        responses=problems(403, 404),
    )
    async def revoke_key(self, manage_keys: NamedDependency[ManageKeys], key_id: KeyId) -> None:
        """Revokes an API key immediately and permanently."""
        await manage_keys.revoke(key_id)

    @post(
        "/{key_id:str}/webhook-secret",
        operation_id="rotateApiKeyWebhookSecret",
        summary="Rotate the webhook secret of an API key",
        status_code=HTTP_200_OK,
        responses={200: answer(KeyWebhookSecretView, "The new secret.")} | problems(403, 404, 409),
    )
    async def rotate_webhook_secret(
        self,
        request: ApiRequest,
        rotate_key_secret: NamedDependency[RotateKeySecret],
        key_id: KeyId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[KeyWebhookSecretView]:
        """Replaces the secret that signs callbacks to the `callback_url` of a key's jobs.

        Until the old secret expires, both sign. The ID of the admin key in the settings is
        `admin`.
        """
        source = request_key(request, idempotency_key)
        return answer_created(await rotate_key_secret.rotate(source, key_id, overlap_seconds))
