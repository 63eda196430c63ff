"""The queue of deliveries: claims with a lease, and the results of attempts."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec
from pymongo import UpdateOne

from domain.webhooks.deliveries import Delivery, DeliveryAttempt, DeliveryStatus
from storage.clock import new_id
from storage.mongo.client import Database, Document
from storage.queue.batching import Batcher
from storage.webhooks.documents import REDELIVERY_REQUESTED, delivery_of

KEPT_ATTEMPTS = 50
MOST_TOGETHER = 200


class ClaimedDelivery(msgspec.Struct, frozen=True):
    """A delivery, as it was when claimed, that this process may attempt until the lease ends."""

    delivery: Delivery
    claim_id: str
    expires_at: datetime


class _End(msgspec.Struct, frozen=True):
    """The end of a lease, and what changes with it."""

    delivery_id: str
    claim_id: str
    status: DeliveryStatus
    due_at: datetime | None
    ended_at: datetime
    changes: Document

    def is_held_by(self, claim_id: str | None) -> bool:
        """Say whether a claim is the one that ends."""
        return self.claim_id == claim_id

    def update(self, *, was_requested: bool) -> UpdateOne:
        """Make the update, for a delivery of which a redelivery was requested meanwhile or not.

        One that was requested is due as soon as the attempt has ended.
        """
        requested = {REDELIVERY_REQUESTED: {"$exists": was_requested}}
        held = {"_id": self.delivery_id, "lease.claim_id": self.claim_id} | requested
        status, due_at = self.status, self.due_at
        if was_requested:
            status, due_at = DeliveryStatus.PENDING, self.ended_at
        return UpdateOne(held, _state(status, due_at, self.ended_at) | self.changes)


class DeliveryQueue:
    """Claims deliveries and records the results of attempts; those of many with one call each.

    Args:
        lease_seconds: Length of a lease. If the process dies, the delivery is due again then.
    """

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self._deliveries = database["deliveries"]
        self._lease = timedelta(seconds=lease_seconds)
        self._ends = Batcher(self._end, MOST_TOGETHER)
        self._releases = Batcher(self._release, MOST_TOGETHER)

    async def claim(self, delivery_ids: Sequence[str], now: datetime) -> list[ClaimedDelivery]:
        """Claim the deliveries that are due and not leased."""
        if not delivery_ids:
            return []
        claim_id, expires_at = new_id(), now + self._lease
        wanted: Document = {"_id": {"$in": list(delivery_ids)}}
        lease = {"claim_id": claim_id, "expires_at": expires_at}
        claimed = await self._deliveries.update_many(
            wanted | {"due_at": {"$lte": now}, "lease.expires_at": {"$not": {"$gt": now}}},
            {"$set": {"due_at": expires_at, "lease": lease}, "$unset": {REDELIVERY_REQUESTED: ""}},
        )
        if not claimed.modified_count:
            return []
        found = self._deliveries.find(wanted | {"lease.claim_id": claim_id})
        return [
            ClaimedDelivery(delivery_of(document), claim_id, expires_at) async for document in found
        ]

    async def record(
        self,
        claimed: ClaimedDelivery,
        attempt: DeliveryAttempt,
        status: DeliveryStatus,
        due_at: datetime | None,
    ) -> bool:
        """Record an attempt and give the delivery back, due at the next attempt if there is one.

        Returns:
            False if the lease expired and another process has claimed the delivery; nothing is
            recorded then.
        """
        written = {"$each": [msgspec.structs.asdict(attempt)], "$slice": -KEPT_ATTEMPTS}
        changes = {"$push": {"attempts": written}, "$inc": {"attempt_count": 1}}
        ended_at = attempt.at + timedelta(seconds=attempt.seconds)
        return await self._give_back(claimed, status, due_at, ended_at, changes)

    async def cancel(self, claimed: ClaimedDelivery, now: datetime) -> bool:
        """Cancel a delivery that no longer has a receiver."""
        return await self._give_back(claimed, DeliveryStatus.CANCELED, None, now, {})

    async def postpone(self, claimed: ClaimedDelivery, due_at: datetime) -> bool:
        """Give a delivery back without an attempt, due at a later time."""
        return await self._give_back(claimed, DeliveryStatus.PENDING, due_at, due_at, {})

    async def release(self, claimed: ClaimedDelivery, now: datetime) -> None:
        """Give a delivery back without an attempt, due now."""
        await self._releases.submit((claimed, now))

    async def release_all(self, held: Collection[ClaimedDelivery], now: datetime) -> None:
        """Give deliveries back without an attempt, due now."""
        await self._deliveries.update_many(
            {
                "_id": {"$in": [claimed.delivery.id for claimed in held]},
                "lease.claim_id": {"$in": [claimed.claim_id for claimed in held]},
                "due_at": {"$exists": True},
            },
            {"$set": {"due_at": now}, "$unset": {"lease": ""}},
        )

    async def _release(self, held: Sequence[tuple[ClaimedDelivery, datetime]]) -> Sequence[None]:
        await self.release_all([claimed for claimed, _ in held], max(now for _, now in held))
        return [None] * len(held)

    async def _give_back(
        self,
        claimed: ClaimedDelivery,
        status: DeliveryStatus,
        due_at: datetime | None,
        ended_at: datetime,
        changes: Document,
    ) -> bool:
        end = _End(claimed.delivery.id, claimed.claim_id, status, due_at, ended_at, changes)
        return await self._ends.submit(end)

    async def _end(self, ends: Sequence[_End]) -> Sequence[bool]:
        """End leases with one call; say which of them this process still had."""
        ended = await self._deliveries.bulk_write(
            [end.update(was_requested=False) for end in ends], ordered=False
        )
        if ended.matched_count == len(ends):
            return [True] * len(ends)
        query = {"_id": {"$in": [end.delivery_id for end in ends]}}
        leased = self._deliveries.find(query | {"lease": {"$exists": True}}, {"lease.claim_id": 1})
        holders = {document["_id"]: document["lease"]["claim_id"] async for document in leased}
        if requested := [end for end in ends if end.is_held_by(holders.get(end.delivery_id))]:
            await self._deliveries.bulk_write(
                [end.update(was_requested=True) for end in requested], ordered=False
            )
        return [end.is_held_by(holders.get(end.delivery_id, end.claim_id)) for end in ends]


def _state(status: DeliveryStatus, due_at: datetime | None, ended_at: datetime) -> Document:
    """Make the update that ends a lease."""
    fields: Document = {"status": status.value, "finished_at": None, "due_at": due_at}
    removed = {"lease": "", REDELIVERY_REQUESTED: ""}
    if due_at is None:
        fields = {"status": status.value, "finished_at": ended_at}
        removed["due_at"] = ""
    return {"$set": fields, "$unset": removed}
