"""Invariants of webhooks, their secrets and their deliveries."""

from typing import Any

from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.signing import SECRET_PREFIX
from storage.mongo.client import Document
from storage.verification.invariants import (
    Invariant,
    Look,
    differ,
    given,
    has,
    lookup,
    matching,
    where,
)
from storage.webhooks.documents import CALLBACK

_IS_PENDING: Document = {"$eq": ["$status", DeliveryStatus.PENDING.value]}
_EVENT = lookup("events", "event_id", "_id", to="event")


def _unencrypted(collection: str) -> Any:
    async def find(look: Look) -> list[Any]:
        found = look.database[collection].find({"_id": look.within}, session=look.session)
        return [one["_id"] async for one in found if SECRET_PREFIX in str(one)]

    return find


async def _find_pending_events(look: Look) -> list[Any]:
    """Find jobs whose events have waited longer than a crash of the announcer explains."""
    old = {"_id": look.within, "pending_events.at": {"$lt": look.before}}
    found = look.database["jobs"].find(old, {"_id": 1}, session=look.session)
    return [one["_id"] async for one in found]


OF_WEBHOOKS = [
    Invariant(
        "delivered_events",
        "Each delivery has its event, and an ID made from it",
        "deliveries",
        matching(
            "deliveries",
            given({"$gt": ["$expires_at", "$$NOW"]}),
            _EVENT,
            where(
                {"$eq": ["$event", []]},
                differ(
                    "$_id",
                    {"$concat": ["$event_id", ":", {"$ifNull": ["$endpoint_id", CALLBACK]}]},
                ),
            ),
        ),
    ),
    Invariant(
        "due_deliveries",
        "Exactly the pending deliveries are due",
        "deliveries",
        matching("deliveries", where(differ(_IS_PENDING, has("$due_at")))),
    ),
    Invariant(
        "encrypted_webhook_secrets",
        "Secrets of webhooks are encrypted",
        "webhook_endpoints",
        _unencrypted("webhook_endpoints"),
    ),
    Invariant(
        "encrypted_key_secrets",
        "Webhook secrets of keys are encrypted",
        "webhook_key_secrets",
        _unencrypted("webhook_key_secrets"),
    ),
    Invariant(
        "announced_jobs",
        "Events of jobs are announced in time",
        "jobs",
        _find_pending_events,
    ),
]
