"""The deliveries that are due: one for each target, and more for those that can take them.

A target is an endpoint, or the callbacks of one key to one host. The search is by target and not
by age, so a target with a long queue does not delay the others.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from pymongo import ASCENDING

from domain.webhooks.endpoints import WebhookStatus
from storage.mongo.client import Database, Document
from storage.mongo.looks import also
from storage.outbox.pending_events import EVENT_LOOKS
from storage.webhooks.targets import NewTarget, Targets

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# Several processes choose among so many times what they want.
SPREAD = 2
# Targets in one search for more; those behind them come with the next one.
MOST_TARGETS = 50

# With bounds on both fields MongoDB skips from target to target in the index.
FIRST_OF_EACH_TARGET: list[dict[str, Any]] = [
    {"$match": {"target": {"$gte": ""}, "due_at": {"$gte": LONG_AGO}}},
    {"$sort": {"target": ASCENDING, "due_at": ASCENDING}},
    {
        "$group": {
            "_id": "$target",
            "due_at": {"$first": "$due_at"},
            "delivery_id": {"$first": "$_id"},
            "owner": {"$first": "$key_id"},
        }
    },
]


class DueDelivery(msgspec.Struct, frozen=True):
    """The delivery that has been due the longest for a target."""

    id: str
    target: str
    due_at: datetime
    is_failing: bool
    """Whether the latest attempt at the target failed."""
    owner: str = ""
    """The key that owns the target."""
    is_new: bool = False
    """Whether the target never answered with 2xx."""


class Due(msgspec.Struct, frozen=True):
    """One delivery for each target that can receive now."""

    firsts: list[DueDelivery]
    next_at: datetime | None
    """When another target can receive, UTC; None if unknown."""
    has_events: bool = False
    """Whether events were found that are not announced yet."""


class DueDeliveries:
    """Finds due deliveries."""

    def __init__(self, database: Database, targets: Targets) -> None:
        self._targets = targets
        self._deliveries = database["deliveries"]
        self._endpoints = database["webhook_endpoints"]

    async def find(self, now: datetime, *, with_events: bool = False) -> Due:
        """Find one due delivery for each target that can receive now.

        Args:
            with_events: Also look for events that are not announced yet, with the same call.
        """
        looks = also(EVENT_LOOKS) if with_events else []
        found = await self._deliveries.aggregate([*FIRST_OF_EACH_TARGET, *looks]).to_list(None)
        firsts = {group["_id"]: group for group in found if "due_at" in group}
        has_events = len(found) > len(firsts)
        due = {target: first for target, first in firsts.items() if first["due_at"] <= now}
        later = [first["due_at"] for first in firsts.values() if first["due_at"] > now]
        failing = await self._drop_limited(due, later, now) if due else set()
        new = await self._targets.find_new(due)
        for target, one in new.items():
            if one.not_before is not None and one.not_before > now:
                del due[target]
                later.append(one.not_before)
        await self._prefer_failed(due, new, now)
        return Due(
            [
                DueDelivery(
                    first["delivery_id"],
                    target,
                    first["due_at"],
                    target in failing,
                    first["owner"],
                    target in new,
                )
                for target, first in due.items()
            ],
            min(later, default=None),
            has_events,
        )

    async def find_more(self, wanted: Mapping[str, int], now: datetime) -> list[str]:
        """Find deliveries of targets beside their first ones, so many of each target.

        Several processes that search at once find different ones of a long queue.
        """
        searches: list[list[dict[str, Any]]] = [
            [
                {"$match": {"target": target, "due_at": {"$gte": LONG_AGO, "$lte": now}}},
                {"$sort": {"target": ASCENDING, "due_at": ASCENDING}},
                {"$skip": 1},
                {"$limit": SPREAD * count},
                {"$project": {"target": 1}},
            ]
            for target, count in islice(wanted.items(), MOST_TARGETS)
        ]
        if not searches:
            return []
        first, *rest = searches
        others: list[dict[str, Any]] = [
            {"$unionWith": {"coll": "deliveries", "pipeline": one}} for one in rest
        ]
        found: dict[str, list[str]] = {}
        async for one in self._deliveries.aggregate([*first, *others]):
            found.setdefault(one["target"], []).append(one["_id"])
        return [
            delivery_id
            for target, ids in found.items()
            for delivery_id in random.sample(ids, min(wanted[target], len(ids)))
        ]

    async def _prefer_failed(
        self, due: dict[str, Document], new: Mapping[str, NewTarget], now: datetime
    ) -> None:
        """Let a target that never answered get the delivery again that failed, not another one.

        Each delivery would be its first attempt, and a receiver that refuses each message once
        would never answer.
        """
        failed = {one.delivery_id: target for target, one in new.items() if one.delivery_id}
        if not failed:
            return
        query = {"_id": {"$in": list(failed)}, "due_at": {"$exists": True}}
        async for delivery in self._deliveries.find(query, {"due_at": 1}):
            target = failed[delivery["_id"]]
            if target in due and delivery["due_at"] <= now:
                due[target] |= {"delivery_id": delivery["_id"], "due_at": delivery["due_at"]}
            else:  # Another process attempts it.
                due.pop(target, None)

    async def _drop_limited(
        self, due: dict[str, Document], later: list[datetime], now: datetime
    ) -> set[str]:
        """Drop endpoints that are paused or asked for fewer requests; return those that fail."""
        limited = [
            {"status": WebhookStatus.PAUSED.value},
            {"not_before": {"$gt": now}},
            {"failing_since": {"$type": "date"}},
        ]
        query = {"_id": {"$in": list(due)}, "$or": limited}
        failing: set[str] = set()
        async for endpoint in self._endpoints.find(query, {"status": 1, "not_before": 1}):
            not_before = endpoint.get("not_before")
            if endpoint["status"] == WebhookStatus.PAUSED:
                del due[endpoint["_id"]]
            elif not_before is not None and not_before > now:
                del due[endpoint["_id"]]
                later.append(not_before)
            else:
                failing.add(endpoint["_id"])
        return failing
