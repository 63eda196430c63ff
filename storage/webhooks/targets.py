"""The record of each target: its first answer with 2xx, and the time of the next attempt.

A target is an endpoint, or the callbacks of one key to one host. One that never answered with 2xx
may belong to a stranger. All its deliveries together then keep the schedule of a single one, until
the first 2xx.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from cachetools import TTLCache
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from domain.addresses import origin_of
from domain.errors.access import TooManyWebhooks
from domain.keys import Caller
from storage.clock import utc_now
from storage.mongo.client import Database, Document, Session
from storage.mongo.transactions import run_transaction

TARGETS = "webhook_targets"
OWNERS = "webhook_owners"
ANSWERED_KEPT = timedelta(days=30)
UNANSWERED_KEPT = timedelta(days=1)
CACHE_SECONDS = 60.0
CACHE_TARGETS = 100_000
NEVER_ANSWERED = {"answered_at": None}

TARGET_INDEXES = {
    TARGETS: [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel(
            [("callback_of", ASCENDING), ("answered_at", ASCENDING)],
            partialFilterExpression={"callback_of": {"$exists": True}},
        ),
    ],
}


class NewTarget(msgspec.Struct, frozen=True):
    """A target that never answered with 2xx; it gets no attempt before a time (UTC)."""

    not_before: datetime | None
    delivery_id: str | None = None
    """The delivery that failed last; it is attempted again before others are."""


class Targets:
    """Records the answers of targets, and limits the callbacks of a key to new ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._targets = database[TARGETS]
        self._answered: TTLCache[str, None] = TTLCache(CACHE_TARGETS, CACHE_SECONDS)
        self._admitted: TTLCache[str, None] = TTLCache(CACHE_TARGETS, CACHE_SECONDS)

    async def find_new(self, targets: Collection[str]) -> Mapping[str, NewTarget]:
        """Find the targets among some that never answered with 2xx."""
        unsure = [target for target in targets if target not in self._answered]
        if not unsure:
            return {}
        found = {one["_id"]: one async for one in self._targets.find({"_id": {"$in": unsure}})}
        for target, one in found.items():
            if one["answered_at"] is not None:
                self._answered[target] = None
        new = {target: found.get(target, {}) for target in unsure if target not in self._answered}
        return {
            target: NewTarget(one.get("not_before"), one.get("delivery_id"))
            for target, one in new.items()
        }

    async def record_answer(self, target: str) -> None:
        """Record that a target answered with 2xx."""
        if target in self._answered:
            return
        now = utc_now()
        fields: Document = {"answered_at": now, "expires_at": now + ANSWERED_KEPT}
        fields |= {"not_before": None, "delivery_id": None}
        await self._targets.update_one({"_id": target}, {"$set": fields}, upsert=True)
        self._answered[target] = None

    async def record_failure(
        self, target: str, delays: Sequence[float], delivery_id: str, due_at: datetime | None
    ) -> None:
        """Record that an attempt failed.

        A target that never answered is tried again with the same delivery when that is due. If
        the delivery has no further attempt, the next one waits for the first of the delays
        (seconds) after the first failure, for the second delay after the second, and so on.
        """
        if target in self._answered:
            return
        now = utc_now()
        ends = [now + timedelta(seconds=delay) for delay in delays]
        before = {"$ifNull": ["$failures", 0]}
        wait = due_at or {"$arrayElemAt": [ends, {"$min": [before, len(ends) - 1]}]}
        answered = {"$ifNull": ["$answered_at", None]}
        is_new = {"$eq": [answered, None]}
        fields: Document = {
            "failures": {"$add": [before, 1]},
            "answered_at": answered,
            "not_before": {"$cond": [is_new, wait, None]},
            "delivery_id": {"$cond": [is_new, {"$literal": due_at and delivery_id}, None]},
            "expires_at": {
                "$cond": [is_new, now + UNANSWERED_KEPT, {"$ifNull": ["$expires_at", now]}]
            },
        }
        await self._targets.update_one({"_id": target}, [{"$set": fields}], upsert=True)

    async def try_now(self, target: str) -> None:
        """Let a target have one attempt now, because its owner asks for it."""
        free = {"not_before": None, "delivery_id": None}
        await self._targets.update_one({"_id": target}, {"$set": free})

    async def forget(self, target: str) -> None:
        """Forget the answers of a target: it has another address now."""
        await self._targets.delete_one({"_id": target})
        self._answered.pop(target, None)

    async def admit_callback(self, caller: Caller, url: str, most: int) -> None:
        """Note the target of a ``callback_url``.

        Raises:
            TooManyWebhooks: The key has too many callback targets that never answered.
        """
        target = callback_target(caller.key_id, url)
        if target in self._admitted:
            return
        new = {
            "callback_of": caller.key_id,
            "failures": 0,
            "answered_at": None,
            "not_before": None,
            "expires_at": utc_now() + UNANSWERED_KEPT,
        }

        async def note(session: Session) -> None:
            if await self._targets.find_one({"_id": target}, session=session) is not None:
                return
            await lock_owner(self._database, caller.key_id, session)
            unanswered = {"callback_of": caller.key_id, **NEVER_ANSWERED}
            count = await self._targets.count_documents(unanswered, limit=most, session=session)
            if count >= most:
                raise TooManyWebhooks(
                    f"{most} hosts that callbacks of this key go to have never answered with 2xx. "
                    "Another one is accepted when one of these does, or a day later."
                )
            await self._targets.insert_one({"_id": target, **new}, session=session)

        if most and not caller.is_admin:
            with suppress(DuplicateKeyError):  # It was noted at the same moment.
                await run_transaction(self._database.client, note)
        self._admitted[target] = None


def callback_target(key_id: str, url: str) -> str:
    """Name the target of the callbacks of a key to the host of a URL."""
    return f"{key_id} {origin_of(url)}"


async def lock_owner(database: Database, owner: str, session: Session) -> None:
    """Have transactions that count what an owner has follow one another."""
    which = {"_id": owner}
    await database[OWNERS].update_one(which, {"$inc": {"changes": 1}}, upsert=True, session=session)
