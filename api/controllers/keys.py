"""API keys: made, listed and revoked by admins."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter

from api.auth import admins_only
from api.documentation import answer, problems
from api.examples import EXAMPLE_CREATED_KEY, EXAMPLE_KEY_PAGE, EXAMPLE_NEW_KEY
from api.idempotency import create_once
from api.requests import EXAMPLE_ID, ApiRequest, IdempotencyKey
from api.schemas.keys import CreatedKeyView, KeyView, NewKey, view_created_key, view_key
from api.schemas.paging import Cursor, Limit, Page, cut_page
from domain.errors import InvalidValue, NotFound
from domain.keys import Role, check_user_id, key_secret
from storage.api_keys import ApiKey, KeyPlan
from storage.idempotency import Session

KeyId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]
NewKeyBody = Annotated[
    NewKey,
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
            201: answer(CreatedKeyView, "The new key.", EXAMPLE_CREATED_KEY),
            **problems(400, 401, 403, 409, 422, 503),
        },
    )
    async def create_key(
        self, request: ApiRequest, data: NewKeyBody, idempotency_key: IdempotencyKey = None
    ) -> Response[CreatedKeyView]:
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
        keys, plan = request.app.state.stores.api_keys, KeyPlan(**msgspec.structs.asdict(data))

        async def create(random_bits: bytes, session: Session | None) -> ApiKey:
            made: ApiKey = await keys.create(plan, key_secret(random_bits), session)
            return made

        key, random_bits, headers = await create_once(
            request, idempotency_key, data, ApiKey, create
        )
        return Response(view_created_key(key, key_secret(random_bits)), headers=headers)

    @get(
        operation_id="listApiKeys",
        summary="List keys",
        responses={
            200: answer(Page[KeyView], "A page.", EXAMPLE_KEY_PAGE),
            **problems(401, 403, 422, 503),
        },
    )
    async def list_keys(
        self, request: ApiRequest, limit: Limit = 20, cursor: Cursor = None
    ) -> Page[KeyView]:
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
