"""Creates, reads, lists, changes and deletes webhooks; rotates their secrets."""

from datetime import timedelta
from functools import partial

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.http.bodies import Rules
from api.schemas.views import MAX_COUNTED, CountedPage, count_page, cut_page
from api.schemas.webhooks import (
    Rotation,
    WebhookChanges,
    WebhookRequest,
    WebhookView,
    WebhookWithSecretView,
    view_webhook,
    view_webhook_with_secret,
)
from domain.addresses import TargetRules
from domain.audit import AuditAction, AuditEntry
from domain.errors.access import Forbidden
from domain.keys import Caller, Scope, webhook_scope
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.events import ADMIN_ONLY, EventType
from domain.webhooks.signing import webhook_secret
from storage.acceptance.idempotency import Creation
from storage.access.audit import new_entry
from storage.clock import utc_now
from storage.stores import Stores
from storage.webhooks.endpoints import EndpointPlan


class ManageWebhooks:
    """Webhooks, as the holders of API keys manage them."""

    def __init__(self, stores: Stores, targets: TargetRules, most: int) -> None:
        self._most = most
        self._endpoints = stores.webhooks
        self._audit = stores.audit
        self._job_events = stores.job_events
        self._create_once = CreateOnce(stores.idempotency)
        self._targets = targets

    async def list_page(
        self, scope: Scope, limit: int, cursor: str | None
    ) -> CountedPage[WebhookView]:
        """List webhooks, newest first."""
        found = await self._endpoints.list_page(scope, limit + 1, cursor)
        page = cut_page([view_webhook(one) for one in found], limit, [one.id for one in found])
        return count_page(page, await self._endpoints.count(scope, MAX_COUNTED + 1))

    async def get(self, webhook_id: str, scope: Scope) -> WebhookView:
        """Read a webhook without its secret.

        Raises:
            NotFound: The scope has no such webhook.
        """
        return view_webhook(await self._endpoints.get(webhook_id, scope))

    async def create(
        self, source: RequestKey, wanted: WebhookRequest
    ) -> Created[WebhookWithSecretView]:
        """Create a webhook; its secret is in the result only.

        Raises:
            InvalidValue: The URL or an event type cannot be used.
            TooManyWebhooks: The key has too many.
            Forbidden: An event type is for admin keys.
            WebhooksNotSetUp: The service has no key to encrypt secrets with.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        wanted.check(Rules(utc_now(), self._targets))
        types = _check_types(wanted.event_types, source.caller)
        plan = EndpointPlan(wanted.url, types, wanted.note)

        def entry(made: Endpoint) -> AuditEntry:
            return new_entry(source.caller, AuditAction.WEBHOOK_CREATED, made.id)

        def make(random_bits: bytes) -> Creation[Endpoint]:
            secret = webhook_secret(random_bits)
            create = partial(self._endpoints.create, plan, secret, source.caller, most=self._most)
            return self._audit.recorded(create, entry)

        created = await self._create_once.create(source, wanted, Endpoint, make)
        await self._endpoints.wait_until_subscribed(created.made)
        return created.map(_view_with_secret)

    async def change(self, webhook_id: str, caller: Caller, wanted: WebhookChanges) -> WebhookView:
        """Change the given fields of a webhook.

        Raises:
            NotFound: The caller may see no such webhook.
            InvalidValue: The URL or an event type cannot be used.
            Forbidden: An event type is for admin keys.
        """
        wanted.check(Rules(utc_now(), self._targets))
        given = msgspec.structs.asdict(wanted).items()
        changes = {name: value for name, value in given if value is not msgspec.UNSET}
        if "event_types" in changes:
            changes["event_types"] = _check_types(changes["event_types"], caller)
        fields = " ".join(sorted(changes))
        entry = new_entry(caller, AuditAction.WEBHOOK_UPDATED, webhook_id, fields=fields)
        endpoint = await self._endpoints.change(webhook_id, webhook_scope(caller), changes, entry)
        await self._job_events.publish_deliveries()  # Deliveries that waited may be due now.
        await self._endpoints.wait_until_subscribed(endpoint)
        return view_webhook(endpoint)

    async def delete(self, webhook_id: str, caller: Caller) -> None:
        """Delete a webhook and cancel its pending deliveries.

        Raises:
            NotFound: The caller may see no such webhook.
        """
        entry = new_entry(caller, AuditAction.WEBHOOK_DELETED, webhook_id)
        await self._endpoints.delete(webhook_id, webhook_scope(caller), entry)

    async def rotate(
        self, source: RequestKey, webhook_id: str, overlap_seconds: int
    ) -> Created[WebhookWithSecretView]:
        """Replace the secret of a webhook; the old one signs as well for a while.

        Raises:
            NotFound: The caller may see no such webhook.
            WebhooksNotSetUp: The service has no key to encrypt secrets with.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        scope, overlap = webhook_scope(source.caller), timedelta(seconds=overlap_seconds)

        def entry(made: Endpoint) -> AuditEntry:
            return new_entry(source.caller, AuditAction.WEBHOOK_SECRET_ROTATED, made.id)

        def make(random_bits: bytes) -> Creation[Endpoint]:
            secret = webhook_secret(random_bits)
            rotate = partial(self._endpoints.rotate, webhook_id, scope, secret, overlap)
            return self._audit.recorded(rotate, entry)

        asked = Rotation(overlap_seconds)
        created = await self._create_once.create(source, asked, Endpoint, make)
        return created.map(_view_with_secret)


def _view_with_secret(endpoint: Endpoint, random_bits: bytes) -> WebhookWithSecretView:
    return view_webhook_with_secret(endpoint, webhook_secret(random_bits))


def _check_types(types: list[EventType] | None, caller: Caller) -> list[EventType] | None:
    chosen = set(types or ())
    if chosen & ADMIN_ONLY and not caller.is_admin:
        raise Forbidden(
            f"These events require an admin key: {', '.join(sorted(chosen & ADMIN_ONLY))}."
        )
    return types if types is None else sorted(chosen)
