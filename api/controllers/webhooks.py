"""Webhooks: endpoints that are told of events, by whoever has a key."""

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from litestar.status_codes import HTTP_200_OK

from api.answers.idempotency import create_once
from api.contract.route_docs import answer, problems
from api.contract.webhook_examples import (
    EXAMPLE_NEW_WEBHOOK,
    EXAMPLE_WEBHOOK,
    EXAMPLE_WEBHOOK_CHANGES,
    EXAMPLE_WEBHOOK_PAGE,
    EXAMPLE_WEBHOOK_WITH_SECRET,
)
from api.http.no_store import NO_STORE
from api.http.parameters import DAY_SECONDS, IdempotencyKey, OverlapSeconds, WebhookId
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.schemas.webhooks import (
    NewWebhook,
    Rotation,
    WebhookChanges,
    WebhookView,
    WebhookWithSecretView,
    view_webhook,
    view_webhook_with_secret,
)
from api.state import ApiRequest
from domain.errors.access import Forbidden
from domain.errors.requests import InvalidValue
from domain.keys import Caller, scope_of
from domain.webhooks.addresses import check_url
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import ADMIN_ONLY, ALWAYS_SENT, EventType
from domain.webhooks.signing import webhook_secret
from storage.mongo.client import Session
from storage.webhooks.endpoints import EndpointPlan

NewWebhookBody = Annotated[
    NewWebhook,
    BodyKwarg(media_type=RequestEncodingType.JSON, examples=[Example(value=EXAMPLE_NEW_WEBHOOK)]),
]
ChangesBody = Annotated[
    WebhookChanges,
    BodyKwarg(
        media_type=RequestEncodingType.JSON, examples=[Example(value=EXAMPLE_WEBHOOK_CHANGES)]
    ),
]


class WebhookController(Controller):
    """Endpoints."""

    path = "/v1/webhooks"
    tags = ("webhooks",)

    @post(
        operation_id="createWebhook",
        summary="Make a webhook",
        responses={
            201: answer(WebhookWithSecretView, "The new webhook.", EXAMPLE_WEBHOOK_WITH_SECRET),
            **problems(400, 401, 403, 409, 422, 503),
        },
    )
    async def create_webhook(
        self, request: ApiRequest, data: NewWebhookBody, idempotency_key: IdempotencyKey = None
    ) -> Response[WebhookWithSecretView]:
        """Have events sent to a URL; the answer is the only place where its secret is shown.

        It is told of all that happens from the answer on, and that its key may see. Whoever sends
        the same `Idempotency-Key` again, with the same key, gets the same answer.
        """
        webhooks, caller = request.app.state.stores.webhooks, request.user
        check_url(data.url, request.app.state.settings.targets)
        plan = EndpointPlan(data.url, _check_types(data.event_types, caller), data.note)

        async def create(random_bits: bytes, session: Session | None) -> Endpoint:
            made: Endpoint = await webhooks.create(
                plan, webhook_secret(random_bits), caller, session
            )
            return made

        endpoint, random_bits, headers = await create_once(
            request, idempotency_key, data, Endpoint, create
        )
        await webhooks.wait_until_subscribed(endpoint)
        view = view_webhook_with_secret(endpoint, webhook_secret(random_bits))
        return Response(view, headers=headers | NO_STORE)

    @get(
        operation_id="listWebhooks",
        summary="List webhooks",
        responses={
            200: answer(Page[WebhookView], "A page.", EXAMPLE_WEBHOOK_PAGE),
            **problems(401, 422, 503),
        },
    )
    async def list_webhooks(
        self, request: ApiRequest, limit: Limit = 20, cursor: Cursor = None
    ) -> Page[WebhookView]:
        """List webhooks, newest first, without secrets."""
        request.app.state.stores.secret_box.check_configured()
        webhooks = request.app.state.stores.webhooks
        found = await webhooks.list_page(scope_of(request.user), limit + 1, cursor)
        return cut_page([view_webhook(one) for one in found], limit, [one.id for one in found])

    @get(
        "/{webhook_id:str}",
        operation_id="getWebhook",
        summary="Read a webhook",
        responses={
            200: answer(WebhookView, "The webhook.", EXAMPLE_WEBHOOK),
            **problems(401, 404, 422, 503),
        },
    )
    async def get_webhook(self, request: ApiRequest, webhook_id: WebhookId) -> WebhookView:
        """Read a webhook, without its secret."""
        return view_webhook(await find_endpoint(request, webhook_id))

    @patch(
        "/{webhook_id:str}",
        operation_id="updateWebhook",
        summary="Change, pause or enable a webhook",
        responses={
            200: answer(WebhookView, "The webhook as it is now.", EXAMPLE_WEBHOOK),
            **problems(400, 401, 403, 404, 422, 503),
        },
    )
    async def update_webhook(
        self, request: ApiRequest, webhook_id: WebhookId, data: ChangesBody
    ) -> WebhookView:
        """Change what is given. What was not delivered yet goes to the URL of that moment."""
        request.app.state.stores.secret_box.check_configured()
        webhooks, caller = request.app.state.stores.webhooks, request.user
        changes = {
            name: value
            for name, value in msgspec.structs.asdict(data).items()
            if value is not msgspec.UNSET
        }
        if "url" in changes:
            check_url(changes["url"], request.app.state.settings.targets)
        if "event_types" in changes:
            changes["event_types"] = _check_types(changes["event_types"], caller)
        endpoint = await webhooks.change(webhook_id, scope_of(caller), changes)
        await request.app.state.stores.job_events.publish_deliveries()  # What waited can go.
        await webhooks.wait_until_subscribed(endpoint)
        return view_webhook(endpoint)

    @delete(
        "/{webhook_id:str}",
        operation_id="deleteWebhook",
        summary="Delete a webhook",
        responses=problems(401, 404, 422, 503),
    )
    async def delete_webhook(self, request: ApiRequest, webhook_id: WebhookId) -> None:
        """Send nothing there any more; what was on its way is canceled."""
        request.app.state.stores.secret_box.check_configured()
        await request.app.state.stores.webhooks.delete(webhook_id, scope_of(request.user))

    @post(
        "/{webhook_id:str}/secret/rotate",
        operation_id="rotateWebhookSecret",
        summary="Rotate the secret of a webhook",
        status_code=HTTP_200_OK,
        responses={
            200: answer(WebhookWithSecretView, "With its new secret.", EXAMPLE_WEBHOOK_WITH_SECRET),
            **problems(401, 404, 409, 422, 503),
        },
    )
    async def rotate_secret(
        self,
        request: ApiRequest,
        webhook_id: WebhookId,
        overlap_seconds: OverlapSeconds = DAY_SECONDS,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[WebhookWithSecretView]:
        """Make a new secret; until the old one ends, what is sent is signed with both."""
        webhooks, scope = request.app.state.stores.webhooks, scope_of(request.user)
        overlap = timedelta(seconds=overlap_seconds)

        async def rotate(random_bits: bytes, session: Session | None) -> Endpoint:
            secret = webhook_secret(random_bits)
            rotated: Endpoint = await webhooks.rotate(webhook_id, scope, secret, overlap, session)
            return rotated

        endpoint, random_bits, headers = await create_once(
            request, idempotency_key, Rotation(overlap_seconds), Endpoint, rotate
        )
        view = view_webhook_with_secret(endpoint, webhook_secret(random_bits))
        return Response(view, headers=headers | NO_STORE)


async def find_endpoint(request: ApiRequest, webhook_id: str) -> Endpoint:
    """Read an endpoint that the caller may see.

    Raises:
        NotFound: There is none.
        WebhooksNotSetUp: There can be none.
    """
    stores = request.app.state.stores
    stores.secret_box.check_configured()
    endpoint: Endpoint = await stores.webhooks.get(webhook_id, scope_of(request.user))
    return endpoint


def _check_types(types: list[EventType] | None, caller: Caller) -> list[EventType] | None:
    chosen = set(types or ())
    if chosen & ALWAYS_SENT:
        names = ", ".join(sorted(ALWAYS_SENT))
        raise InvalidValue(f"What every webhook gets cannot be chosen: {names}.")
    if chosen & ADMIN_ONLY and not caller.is_admin:
        raise Forbidden(f"For admin keys only: {', '.join(sorted(chosen & ADMIN_ONLY))}.")
    return types if types is None else sorted(chosen)
