"""API keys: made, listed and revoked by admins."""

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter
from litestar.status_codes import HTTP_200_OK

from api.answers.idempotency import create_once
from api.contract.examples import EXAMPLE_CREATED_KEY, EXAMPLE_KEY_PAGE, EXAMPLE_NEW_KEY
from api.contract.route_docs import answer, problems
from api.contract.webhook_examples import EXAMPLE_KEY_WEBHOOK_SECRET
from api.http.auth import admins_only
from api.http.example_values import EXAMPLE_ID
from api.http.no_store import NO_STORE
from api.http.parameters import DAY_SECONDS, IdempotencyKey, OverlapSeconds
from api.schemas.keys import ApiKeyView, CreatedApiKeyView, NewApiKey, view_created_key, view_key
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.schemas.webhooks import KeyWebhookSecretView, Rotation
from api.state import ApiRequest
from domain.api_keys import ApiKey, KeyPlan
from domain.errors.access import NotFound
from domain.errors.requests import InvalidValue
from domain.keys import Role, check_user_id, key_secret
from domain.webhooks.signing import webhook_secret, webhook_secret_of_key
from storage.mongo.client import Session

KeyId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]
NewKeyBody = Annotated[
    NewApiKey,
    BodyKwarg(media_type=RequestEncodingType.JSON, examples=[Example(value=EXAMPLE_NEW_KEY)]),
]


class KeyController(Controller):
    """Keys."""

    path = "/v1/api-keys"
    tags = ("api keys",)
    guards = (admins_only,)

    @post(
        operation_id="createApiKey",
        summary="Make a key",
        responses={
            201: answer(CreatedApiKeyView, "The new key.", EXAMPLE_CREATED_KEY),
            **problems(400, 401, 403, 409, 422, 503),
        },
    )
    async def create_key(
        self, request: ApiRequest, data: NewKeyBody, idempotency_key: IdempotencyKey = None
    ) -> Response[CreatedApiKeyView]:
        """Make a key; the answer is the only place where its secret is ever shown.

        Whoever sends the same `Idempotency-Key` again, with the same key of their own, gets the
        same answer with the same secret.
        """
        if (data.role is Role.CLIENT) != (data.user_id is not None):
            raise InvalidValue("A client key names a user_id; other keys name none.")
        if data.user_id is not None:
            check_user_id(data.user_id)
        if data.expires_at is not None and data.expires_in is not None:
            raise InvalidValue("Send expires_at or expires_in, not both.")
        stores, plan = request.app.state.stores, KeyPlan(**msgspec.structs.asdict(data))

        async def create(random_bits: bytes, session: Session | None) -> ApiKey:
            made: ApiKey = await stores.api_keys.create(plan, key_secret(random_bits), session)
            if stores.secret_box.is_configured:
                signing = webhook_secret_of_key(random_bits)
                await stores.key_secrets.create(made.id, signing, session)
            return made

        key, random_bits, headers = await create_once(
            request, idempotency_key, data, ApiKey, create
        )
        signing = webhook_secret_of_key(random_bits) if stores.secret_box.is_configured else None
        view = view_created_key(key, key_secret(random_bits), signing)
        return Response(view, headers=headers | NO_STORE)

    @get(
        operation_id="listApiKeys",
        summary="List keys",
        responses={
            200: answer(Page[ApiKeyView], "A page.", EXAMPLE_KEY_PAGE),
            **problems(401, 403, 422, 503),
        },
    )
    async def list_keys(
        self, request: ApiRequest, limit: Limit = 20, cursor: Cursor = None
    ) -> Page[ApiKeyView]:
        """List keys, newest first, the revoked and expired ones included, without secrets."""
        keys = await request.app.state.stores.api_keys.list_page(limit + 1, cursor)
        return cut_page([view_key(key) for key in keys], limit, [key.id for key in keys])

    @delete(
        "/{key_id:str}",
        operation_id="revokeApiKey",
        summary="Revoke a key",
        responses=problems(401, 403, 404, 422, 503),
    )
    async def revoke_key(self, request: ApiRequest, key_id: KeyId) -> None:
        """Make a key invalid, at once and for good."""
        if not await request.app.state.stores.api_keys.revoke(key_id):
            raise NotFound

    @post(
        "/{key_id:str}/webhook-secret",
        operation_id="rotateApiKeyWebhookSecret",
        summary="Rotate the webhook secret of a key",
        status_code=HTTP_200_OK,
        responses={
            200: answer(KeyWebhookSecretView, "The new secret.", EXAMPLE_KEY_WEBHOOK_SECRET),
            **problems(401, 403, 404, 409, 422, 503),
        },
    )
    async def rotate_webhook_secret(
        self,
        request: ApiRequest,
        key_id: KeyId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[KeyWebhookSecretView]:
        """Make a new secret for what is sent to the `callback_url` of a key's jobs.

        Until the old one ends, what is sent is signed with both. The key of the settings is
        called `admin`.
        """
        stores, overlap = request.app.state.stores, timedelta(seconds=overlap_seconds)
        if key_id not in await stores.api_keys.find_valid([key_id]):
            raise NotFound
        rotation = Rotation(overlap_seconds)

        async def rotate(random_bits: bytes, session: Session | None) -> Rotation:
            secret = webhook_secret(random_bits)
            await stores.key_secrets.rotate(key_id, secret, overlap, session)
            return rotation

        _, random_bits, headers = await create_once(
            request, idempotency_key, rotation, Rotation, rotate
        )
        view = KeyWebhookSecretView(key_id, webhook_secret(random_bits))
        return Response(view, headers=headers | NO_STORE)
