"""Webhook endpoints in MongoDB."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec

from domain.addresses import origin_of
from domain.audit import AuditEntry
from domain.errors.access import NotFound, TooManyWebhooks
from domain.keys import Caller, Scope
from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import ACTIVE, DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import SELECTABLE, EventType
from storage.access.audit import AuditTrail, in_tenant
from storage.access.scope import scope_query
from storage.clock import new_id, utc_now
from storage.mongo.client import DURABLE, Database, Document, Session, read_clock
from storage.mongo.transactions import run_transaction
from storage.outbox.subscriptions import CACHE_SECONDS
from storage.webhooks.documents import endpoint_of
from storage.webhooks.endpoint_health import EndpointHealth
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import first_secret, rotate
from storage.webhooks.targets import Targets, lock_owner

MAX_ENDPOINTS_OF_KEY = 1000
# The age of a cached subscription, and the time that the read of a new one may take.
SUBSCRIBED_SECONDS = CACHE_SECONDS + 0.1


class EndpointPlan(msgspec.Struct, frozen=True):
    """The values of a new endpoint; see :class:`Endpoint`."""

    url: str
    event_types: list[EventType] | None = None
    note: str | None = None


class Endpoints:
    """Creates, reads, changes and deletes endpoints."""

    def __init__(
        self,
        database: Database,
        secret_box: SecretBox,
        health: EndpointHealth,
        targets: Targets,
        audit: AuditTrail,
    ) -> None:
        self._audit = audit
        self._targets = targets
        self._database = database
        self._endpoints = database["webhook_endpoints"].with_options(write_concern=DURABLE)
        self._secret_box = secret_box
        self._health = health

    async def create(
        self,
        plan: EndpointPlan,
        secret: str,
        caller: Caller,
        session: Session | None = None,
        *,
        most: int = 0,
    ) -> Endpoint:
        """Create an endpoint; see :meth:`wait_until_subscribed`.

        Args:
            most: Number of endpoints that the owner of the key may have; 0, or for an admin key:
                :data:`MAX_ENDPOINTS_OF_KEY`.

        Raises:
            TooManyWebhooks: The owner has as many endpoints.
            WebhooksNotSetUp: The service has no key to encrypt the secret with.
        """
        now = utc_now()
        endpoint = Endpoint(
            id=new_id(),
            key_id=caller.key_id,
            user_id=caller.user_id,
            is_admin=caller.is_admin,
            **msgspec.structs.asdict(plan),
            status=WebhookStatus.ENABLED,
            disabled_reason=None,
            created_at=now,
            tenant=caller.tenant,
        )
        secrets = first_secret(self._secret_box, secret)
        document: Document = msgspec.to_builtins(endpoint, builtin_types=(datetime,))
        document["_id"] = document.pop("id")
        document |= {"secrets": secrets, "listening_since": now}
        limit = MAX_ENDPOINTS_OF_KEY if caller.is_admin or not most else most

        async def write(within: Session) -> None:
            await self._check_room(caller, limit, within)
            await self._endpoints.insert_one(document, session=within)

        if session is None:
            await run_transaction(self._database.client, write)
        else:
            await write(session)
        return endpoint

    async def _check_room(self, caller: Caller, limit: int, session: Session) -> None:
        """Refuse one more endpoint of an owner that has as many as the limit.

        The owner is the user of a client key, the tenant of a service key, or else the key.
        """
        of_owner: Document = {"key_id": caller.key_id}
        if caller.user_id is not None:
            of_owner = {"user_id": caller.user_id}
        elif caller.tenant is not None:
            of_owner = {"tenant": caller.tenant, "user_id": None}
        await lock_owner(self._database, str(sorted(of_owner.items())), session)
        if await self._endpoints.count_documents(of_owner, limit=limit, session=session) >= limit:
            raise TooManyWebhooks(f"The limit is {limit} webhooks. Delete one first.")

    async def wait_until_subscribed(self, endpoint: Endpoint) -> None:
        """Wait until every process knows the types of an endpoint; no event is missed after that.

        Returns at once if the types were subscribed to before, by this endpoint or another one.
        """
        if endpoint.status is WebhookStatus.DISABLED:
            return
        now = await read_clock(self._database)
        known = {
            "status": {"$in": ACTIVE},
            "listening_since": {"$lt": now - timedelta(seconds=SUBSCRIBED_SECONDS)},
        }
        types = await self._endpoints.distinct("event_types", known)
        if None not in types and set(endpoint.event_types or SELECTABLE) - set(types):
            await asyncio.sleep(SUBSCRIBED_SECONDS)

    async def get(self, endpoint_id: str, scope: Scope, session: Session | None = None) -> Endpoint:
        """Read an endpoint.

        Raises:
            NotFound: The caller may see no such endpoint.
        """
        which = {"_id": endpoint_id, **scope_query(scope)}
        document = await self._endpoints.find_one(which, session=session)
        if document is None:
            raise NotFound
        return endpoint_of(document)

    async def list_page(self, scope: Scope, limit: int, before: str | None) -> list[Endpoint]:
        """List endpoints that are older than `before`, newest first."""
        query = scope_query(scope) | ({"_id": {"$lt": before}} if before else {})
        found = self._endpoints.find(query).sort("_id", -1).limit(limit)
        return [endpoint_of(document) async for document in found]

    async def count(self, scope: Scope, most: int) -> int:
        """Count the endpoints of a scope, up to a number."""
        return await self._endpoints.count_documents(scope_query(scope), limit=most)

    async def change(
        self,
        endpoint_id: str,
        scope: Scope,
        changes: dict[str, Any],
        entry: AuditEntry | None = None,
    ) -> Endpoint:
        """Change an endpoint; see :meth:`wait_until_subscribed`.

        The changes are new values of ``url``, ``event_types``, ``note`` and ``status``. Enabling
        clears the failures; disabling fails the pending deliveries. The entry is written in the
        same transaction; there is none if nothing changes.

        Raises:
            NotFound: The caller may see no such endpoint.
        """

        async def write(session: Session) -> tuple[Endpoint, Endpoint]:
            before = await self.get(endpoint_id, scope, session)
            fields = _changed_fields(before, changes)
            after = msgspec.structs.replace(before, **fields)
            if after != before:
                values = msgspec.to_builtins(fields, builtin_types=(datetime,))
                values |= _listening(before, after)
                await self._endpoints.update_one(
                    {"_id": endpoint_id}, {"$set": values}, session=session
                )
                if entry is not None:
                    await self._audit.add(in_tenant(entry, before.tenant), session=session)
            return before, after

        before, after = await run_transaction(self._database.client, write)
        if changes.get("status") is WebhookStatus.DISABLED:
            await self._health.end_pending(endpoint_id, DeliveryStatus.FAILED)
        if changes.keys() & {"url", "status"}:
            await self._targets.try_now(endpoint_id)
        if origin_of(after.url) != origin_of(before.url):
            await self._targets.forget(endpoint_id)
        return await self.get(endpoint_id, scope)

    async def rotate(
        self,
        endpoint_id: str,
        scope: Scope,
        secret: str,
        overlap: timedelta,
        session: Session | None = None,
    ) -> Endpoint:
        """Give an endpoint a new secret; the old one also signs during the overlap.

        Raises:
            NotFound: The caller may see no such endpoint.
            WebhooksNotSetUp: The service has no key to encrypt the secret with.
        """
        encrypted = self._secret_box.encrypt(secret)
        which = {"_id": endpoint_id, **scope_query(scope)}
        document = await rotate(self._endpoints, which, encrypted, overlap, session)
        if document is None:
            raise NotFound
        return endpoint_of(document)

    async def delete(self, endpoint_id: str, scope: Scope, entry: AuditEntry) -> None:
        """Delete an endpoint, with the entry, and cancel its pending deliveries.

        Raises:
            NotFound: The caller may see no such endpoint.
        """
        which = {"_id": endpoint_id, **scope_query(scope)}

        async def write(session: Session) -> None:
            deleted: Document | None = await self._endpoints.find_one_and_delete(
                which, session=session
            )
            if deleted is None:
                raise NotFound
            await self._audit.add(in_tenant(entry, deleted.get("tenant")), session=session)

        await run_transaction(self._database.client, write)
        # A delivery that is created at this moment is canceled when it is due.
        await self._health.end_pending(endpoint_id, DeliveryStatus.CANCELED)


def _changed_fields(before: Endpoint, changes: dict[str, Any]) -> dict[str, Any]:
    """Work out the fields that changes set."""
    status, fields = changes.get("status"), dict(changes)
    if status is WebhookStatus.ENABLED:
        fields |= {"failing_since": None, "not_before": None}
    if status is WebhookStatus.DISABLED and before.status is not WebhookStatus.DISABLED:
        fields["disabled_reason"] = DisabledReason.BY_OWNER
    elif status in {WebhookStatus.ENABLED, WebhookStatus.PAUSED}:
        fields["disabled_reason"] = None
    return fields


def _listening(before: Endpoint, after: Endpoint) -> dict[str, Any]:
    """Set since when an endpoint has its types, if some are new."""
    return {"listening_since": utc_now()} if _subscriptions(after) - _subscriptions(before) else {}


def _subscriptions(endpoint: Endpoint) -> set[EventType]:
    if endpoint.status is WebhookStatus.DISABLED:
        return set()
    return set(endpoint.event_types or SELECTABLE)
