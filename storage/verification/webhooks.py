"""Invariants of webhooks, their secrets and their deliveries."""

from domain.webhooks.deliveries import DeliveryStatus
from domain.webhooks.signing import SECRET_PREFIX
from storage.mongo.client import Document
from storage.verification.invariants import (
    differ,
    document_invariant,
    given,
    has,
    is_old,
    lookup,
    pipeline_invariant,
    where,
)
from storage.webhooks.documents import CALLBACK

_IS_PENDING: Document = {"$eq": ["$status", DeliveryStatus.PENDING.value]}
_EVENT = lookup("events", "event_id", "_id", to="event")


def _is_unencrypted(document: Document) -> bool:
    return SECRET_PREFIX in str(document)


OF_WEBHOOKS = [
    pipeline_invariant(
        "delivered_events",
        "Each delivery has its event, and an ID made from it",
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
    pipeline_invariant(
        "due_deliveries",
        "Exactly the pending deliveries are due",
        "deliveries",
        where(differ(_IS_PENDING, has("$due_at"))),
    ),
    document_invariant(
        "encrypted_webhook_secrets",
        "Secrets of webhooks are encrypted",
        "webhook_endpoints",
        _is_unencrypted,
    ),
    document_invariant(
        "encrypted_key_secrets",
        "Webhook secrets of keys are encrypted",
        "webhook_key_secrets",
        _is_unencrypted,
    ),
    pipeline_invariant(
        "announced_jobs",
        "Events of jobs are announced in time",
        "jobs",
        where(is_old({"$min": "$pending_events.at"})),
    ),
]
