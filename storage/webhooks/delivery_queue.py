"""The queue of deliveries: who may be sent something now, claims with a lease, and what came of it.

Everything is asked by target (an endpoint, or where callbacks of a key go), never by age: a target
with a long queue of its own costs the others nothing.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from pymongo import ASCENDING, ReturnDocument

from domain.webhooks.deliveries import Attempt, Delivery, DeliveryStatus
from domain.webhooks.endpoints import WebhookStatus
from storage.clock import new_id
from storage.mongo.client import Database, Document
from storage.webhooks.documents import delivery_of

KEPT_ATTEMPTS = 50
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class DueDelivery(msgspec.Struct, frozen=True):
    """The delivery to a target that is due the longest.

    Attributes:
        id: The delivery.
        target: Who is limited together.
        due_at: Since when.
        is_failing: Whether what the target was sent last has failed.
    """

    id: str
    target: str
    due_at: datetime
    is_failing: bool


class Due(msgspec.Struct, frozen=True):
    """What is to be sent.

    Attributes:
        firsts: Of each target that may be sent something now.
        next_at: When another target may be; None where that is not known.
    """

    firsts: list[DueDelivery]
    next_at: datetime | None


class ClaimedDelivery(msgspec.Struct, frozen=True):
    """A delivery that this process may attempt until its lease ends.

    Attributes:
        delivery: As it was claimed.
        claim_id: Shown when it is given back.
        expires_at: When the lease ends.
    """

    delivery: Delivery
    claim_id: str
    expires_at: datetime


class DeliveryQueue:
    """Hands deliveries out, and takes down what came of them.

    Args:
        database: Holds everything.
        lease_seconds: After which a delivery whose process died is due again.
    """

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self._deliveries = database["deliveries"]
        self._endpoints = database["webhook_endpoints"]
        self._lease = timedelta(seconds=lease_seconds)

    async def find_due(self, now: datetime) -> Due:
        """Find the targets that may be sent something now.

        Args:
            now: UTC.
        """
        # With bounds on both fields MongoDB skips from target to target in the index.
        groups = self._deliveries.aggregate(
            [
                {"$match": {"target": {"$gte": ""}, "due_at": {"$gte": LONG_AGO}}},
                {"$sort": {"target": ASCENDING, "due_at": ASCENDING}},
                {
                    "$group": {
                        "_id": "$target",
                        "due_at": {"$first": "$due_at"},
                        "delivery_id": {"$first": "$_id"},
                    }
                },
            ]
        )
        firsts = {group["_id"]: group async for group in groups}
        due = {target: first for target, first in firsts.items() if first["due_at"] <= now}
        later = [first["due_at"] for first in firsts.values() if first["due_at"] > now]
        failing: set[str] = set()
        async for endpoint in self._find_unwell(list(due), now):
            not_before = endpoint.get("not_before")
            if endpoint["status"] == WebhookStatus.PAUSED:
                del due[endpoint["_id"]]
            elif not_before is not None and not_before > now:
                del due[endpoint["_id"]]
                later.append(not_before)
            else:
                failing.add(endpoint["_id"])
        return Due(
            [
                DueDelivery(first["delivery_id"], target, first["due_at"], target in failing)
                for target, first in due.items()
            ],
            min(later, default=None),
        )

    def _find_unwell(self, targets: list[str], now: datetime) -> AsyncIterator[Document]:
        unwell = [
            {"status": WebhookStatus.PAUSED.value},
            {"not_before": {"$gt": now}},
            {"failing_since": {"$type": "date"}},
        ]
        query = {"_id": {"$in": targets}, "$or": unwell}
        found: AsyncIterator[Document] = self._endpoints.find(query, {"status": 1, "not_before": 1})
        return found

    async def claim(self, delivery_ids: Sequence[str], now: datetime) -> list[ClaimedDelivery]:
        """Claim deliveries that are due.

        Returns:
            Those that were still due, and free.
        """
        if not delivery_ids:
            return []
        claim_id, expires_at = new_id(), now + self._lease
        wanted: Document = {"_id": {"$in": list(delivery_ids)}}
        claimed = await self._deliveries.update_many(
            # One that was asked for again while it is being sent is due, but not free.
            wanted | {"due_at": {"$lte": now}, "lease.expires_at": {"$not": {"$gt": now}}},
            {
                "$set": {
                    "due_at": expires_at,
                    "lease": {"claim_id": claim_id, "expires_at": expires_at},
                }
            },
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
        attempt: Attempt,
        status: DeliveryStatus,
        due_at: datetime | None,
    ) -> bool:
        """Take an attempt down, and give the delivery back.

        Args:
            claimed: The delivery.
            attempt: What came of it.
            status: Where the delivery stands now.
            due_at: When the next attempt is due; None where there is none.

        Returns:
            False where the lease had ended and another process has it: nothing is taken down.
        """
        written = {
            "number": claimed.delivery.attempt_count + 1,
            **msgspec.structs.asdict(attempt),
        }
        return await self._give_back(
            claimed,
            status,
            due_at,
            attempt.at + timedelta(seconds=attempt.seconds),
            {
                "$push": {"attempts": {"$each": [written], "$slice": -KEPT_ATTEMPTS}},
                "$inc": {"attempt_count": 1},
            },
        )

    async def cancel(self, claimed: ClaimedDelivery, now: datetime) -> bool:
        """End a delivery that has nobody to go to any more."""
        return await self._give_back(claimed, DeliveryStatus.CANCELED, None, now, {})

    async def postpone(self, claimed: ClaimedDelivery, due_at: datetime) -> bool:
        """Give a delivery back without an attempt."""
        return await self._give_back(claimed, DeliveryStatus.PENDING, due_at, due_at, {})

    async def release(self, held: Collection[ClaimedDelivery], now: datetime) -> None:
        """Give deliveries back without an attempt, for others to send them at once."""
        await self._deliveries.update_many(
            {
                "_id": {"$in": [claimed.delivery.id for claimed in held]},
                "lease.claim_id": {"$in": [claimed.claim_id for claimed in held]},
                "due_at": {"$exists": True},
            },
            {"$set": {"due_at": now}, "$unset": {"lease": ""}},
        )

    async def _give_back(
        self,
        claimed: ClaimedDelivery,
        status: DeliveryStatus,
        due_at: datetime | None,
        ended_at: datetime,
        more: Document,
    ) -> bool:
        fields: Document = {
            "status": status.value,
            "finished_at": ended_at if due_at is None else None,
        }
        gone = {"lease": "", "redelivered": ""}
        if due_at is None:
            gone["due_at"] = ""
        else:
            fields["due_at"] = due_at
        given = await self._deliveries.update_one(
            {"_id": claimed.delivery.id, "lease.claim_id": claimed.claim_id},
            {"$set": fields, "$unset": gone, **more},
        )
        return bool(given.matched_count)

    async def arrived(self, endpoint_id: str) -> None:
        """Take down that an endpoint has taken something."""
        await self._endpoints.update_one(
            {"_id": endpoint_id, "failing_since": {"$type": "date"}},
            {"$set": {"failing_since": None, "not_before": None}},
        )

    async def failed(
        self, endpoint_id: str, at: datetime, not_before: datetime | None
    ) -> datetime | None:
        """Take down that an endpoint has not taken something.

        Args:
            endpoint_id: The endpoint.
            at: When it was asked.
            not_before: Until when it is left alone, where it asks for less.

        Returns:
            Since when it has taken nothing; None where it is gone.
        """
        changes: Document = {"failing_since": {"$ifNull": ["$failing_since", at]}}
        if not_before is not None:
            changes["not_before"] = {"$max": ["$not_before", not_before]}
        endpoint = await self._endpoints.find_one_and_update(
            {"_id": endpoint_id},
            [{"$set": changes}],
            {"failing_since": 1},
            return_document=ReturnDocument.AFTER,
        )
        return endpoint["failing_since"] if endpoint else None
