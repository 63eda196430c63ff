"""Endpoints at rest: who is told, of what, and whether anything is sent there now."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from domain.errors.access import NotFound
from domain.errors.requests import InvalidValue
from domain.keys import Caller, Scope
from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.endpoints import LISTENING, DisabledReason, Endpoint, WebhookStatus
from domain.webhooks.events import CHOSEN, Event, EventType, WebhookDisabled
from storage.access.scope import scope_query
from storage.clock import new_id, utc_now
from storage.mongo.client import DURABLE, Client, Database, Document, Session, read_clock
from storage.mongo.transactions import run_transaction
from storage.outbox.outbox import event_document
from storage.outbox.subscriptions import CACHE_SECONDS
from storage.webhooks.documents import endpoint_of
from storage.webhooks.secret_box import SecretBox
from storage.webhooks.secret_rotation import first_secret, rotate

MAX_ENDPOINTS = 1000
"""Of one key."""
# What a look may take to come back, on top of its age.
HEARD_SECONDS = CACHE_SECONDS + 0.1


class EndpointPlan(msgspec.Struct, frozen=True):
    """What kind of endpoint to make.

    Attributes:
        url: Where events are posted to.
        event_types: Which; None for all that the key may see.
        note: What its maker wants to remember.
    """

    url: str
    event_types: list[EventType] | None = None
    note: str | None = None


class Endpoints:
    """Makes, finds, changes and removes endpoints.

    Args:
        client: For transactions.
        database: Holds everything.
        secret_box: Encrypts their secrets.
    """

    def __init__(self, client: Client, database: Database, secret_box: SecretBox) -> None:
        self._client = client
        self._database = database
        self._endpoints = database["webhook_endpoints"].with_options(write_concern=DURABLE)
        self._deliveries = database["deliveries"].with_options(write_concern=DURABLE)
        self._secret_box = secret_box

    async def create(
        self, plan: EndpointPlan, secret: str, caller: Caller, session: Session | None = None
    ) -> Endpoint:
        """Make an endpoint; see :meth:`wait_until_subscribed`.

        Raises:
            InvalidValue: The key has too many.
            WebhooksNotSetUp: Its secret cannot be kept.
        """
        now = utc_now()
        endpoint = Endpoint(
            id=new_id(),
            key_id=caller.key_id,
            user_id=caller.user_id,
            is_admin=caller.is_admin,
            url=plan.url,
            event_types=plan.event_types,
            note=plan.note,
            status=WebhookStatus.ENABLED,
            disabled_reason=None,
            created_at=now,
        )
        kept = first_secret(self._secret_box, secret, now)
        of_key = {"key_id": caller.key_id}
        if await self._endpoints.count_documents(of_key, limit=MAX_ENDPOINTS) == MAX_ENDPOINTS:
            raise InvalidValue(f"A key has {MAX_ENDPOINTS} webhooks at most: delete one first.")
        document: Document = _written(endpoint)
        document["_id"] = document.pop("id")
        await self._endpoints.insert_one(
            document | {"secrets": kept, "listening_since": now}, session=session
        )
        return endpoint

    async def wait_until_subscribed(self, endpoint: Endpoint) -> None:
        """Wait until every process knows that somebody listens: from then on nothing is missed.

        Where the same was listened to for longer, by it or by others, all know.
        """
        if endpoint.status is WebhookStatus.DISABLED:
            return
        now = await read_clock(self._database)
        listening = {
            "status": {"$in": LISTENING},
            "listening_since": {"$lt": now - timedelta(seconds=HEARD_SECONDS)},
        }
        heard = await self._endpoints.distinct("event_types", listening)
        if None not in heard and set(endpoint.event_types or CHOSEN) - set(heard):
            await asyncio.sleep(HEARD_SECONDS)

    async def get(self, endpoint_id: str, scope: Scope) -> Endpoint:
        """Read an endpoint.

        Raises:
            NotFound: There is none that the caller may see.
        """
        document = await self._endpoints.find_one({"_id": endpoint_id, **scope_query(scope)})
        if document is None:
            raise NotFound
        return endpoint_of(document)

    async def list_page(self, scope: Scope, limit: int, before: str | None) -> list[Endpoint]:
        """List endpoints, newest first.

        Args:
            scope: What the caller may see.
            limit: Most endpoints.
            before: Only endpoints older than this one.
        """
        query = scope_query(scope) | ({"_id": {"$lt": before}} if before else {})
        found = self._endpoints.find(query).sort("_id", -1).limit(limit)
        return [endpoint_of(document) async for document in found]

    async def change(self, endpoint_id: str, scope: Scope, changes: dict[str, Any]) -> Endpoint:
        """Change an endpoint; see :meth:`wait_until_subscribed`.

        Args:
            endpoint_id: The endpoint.
            scope: What the caller may see.
            changes: New values of ``url``, ``event_types``, ``note`` and ``status``. Enabled
                again it begins anew; disabled, what waits for it has failed.

        Raises:
            NotFound: There is none that the caller may see.
        """
        before = await self.get(endpoint_id, scope)
        status = changes.get("status")
        if status is WebhookStatus.DISABLED:
            await self.disable(endpoint_id, DisabledReason.BY_OWNER)
        fields = {
            name: value for name, value in changes.items() if value is not WebhookStatus.DISABLED
        }
        if status is WebhookStatus.ENABLED:
            fields |= {"failing_since": None, "not_before": None}
        if status in {WebhookStatus.ENABLED, WebhookStatus.PAUSED}:
            fields["disabled_reason"] = None
        after = msgspec.structs.replace(before, **fields)
        if _begins_to_listen(before, after):
            fields["listening_since"] = utc_now()
        if fields:
            values = msgspec.to_builtins(fields, builtin_types=(type(before.created_at),))
            await self._endpoints.update_one({"_id": endpoint_id}, {"$set": values})
        return await self.get(endpoint_id, scope)

    async def rotate(
        self,
        endpoint_id: str,
        scope: Scope,
        secret: str,
        overlap: timedelta,
        session: Session | None = None,
    ) -> Endpoint:
        """Give an endpoint a new secret; the old one goes on signing for a while.

        Raises:
            NotFound: There is none that the caller may see.
            WebhooksNotSetUp: No secret can be kept.
        """
        encrypted = self._secret_box.encrypt(secret)
        which = {"_id": endpoint_id, **scope_query(scope)}
        document = await rotate(self._endpoints, which, encrypted, utc_now(), overlap, session)
        if document is None:
            raise NotFound
        return endpoint_of(document)

    async def delete(self, endpoint_id: str, scope: Scope) -> None:
        """Remove an endpoint; what waits for it is canceled.

        Raises:
            NotFound: There is none that the caller may see.
        """
        gone = await self._endpoints.delete_one({"_id": endpoint_id, **scope_query(scope)})
        if not gone.deleted_count:
            raise NotFound
        # What is missed here is canceled when its turn comes.
        await self._end_pending(endpoint_id, DeliveryStatus.CANCELED)

    async def disable(self, endpoint_id: str, reason: DisabledReason) -> bool:
        """Send nothing there any more; what waits for it has failed.

        Other endpoints of the same key are told, where it was not its owner who did so.

        Returns:
            Whether it was this call that disabled it.
        """

        async def write(session: Session) -> bool:
            document: Document | None = await self._endpoints.find_one_and_update(
                {"_id": endpoint_id, "status": {"$ne": WebhookStatus.DISABLED.value}},
                {
                    "$set": {
                        "status": WebhookStatus.DISABLED.value,
                        "disabled_reason": reason.value,
                    }
                },
                session=session,
            )
            if document is not None and reason is not DisabledReason.BY_OWNER:
                event = _tell_of_disabling(endpoint_of(document), reason)
                await self._database["outbox"].insert_one(event_document(event), session=session)
            return document is not None

        was_listening = await run_transaction(self._client, write)
        await self._end_pending(endpoint_id, DeliveryStatus.FAILED)
        return was_listening

    async def _end_pending(self, endpoint_id: str, status: DeliveryStatus) -> None:
        await self._deliveries.update_many(
            {"endpoint_id": endpoint_id, "status": DeliveryStatus.PENDING.value},
            {
                "$set": {"status": status.value, "finished_at": utc_now()},
                "$unset": {"due_at": "", "lease": ""},
            },
        )


def _begins_to_listen(before: Endpoint, after: Endpoint) -> bool:
    if after.status is WebhookStatus.DISABLED:
        return False
    if before.status is WebhookStatus.DISABLED:
        return True
    return bool(set(after.event_types or CHOSEN) - set(before.event_types or CHOSEN))


def _tell_of_disabling(endpoint: Endpoint, reason: DisabledReason) -> Event:
    now = utc_now()
    return Event(
        type=EventType.WEBHOOK_DISABLED,
        object_id=endpoint.id,
        version=int(now.timestamp() * 1000),
        at=now,
        key_id=endpoint.key_id,
        user_id=endpoint.user_id,
        data=WebhookDisabled(endpoint.id, reason.value, f"/v1/webhooks/{endpoint.id}"),
    )


def _written(endpoint: Endpoint) -> Document:
    document: Document = msgspec.to_builtins(endpoint, builtin_types=(type(endpoint.created_at),))
    return document
