"""The state of the queue for the metrics: how much waits, and for how long, by kind of tenant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product

import msgspec

from domain.keys import ADMIN_USER, Role
from storage.backlog.load import OPEN_BY_TENANT
from storage.clock import made_at
from storage.ledger.dead_letters import DeadLetters
from storage.ledger.open_work import OPEN_JOBS
from storage.mongo.client import Database, Document

# A tenant with more open images than this can make others wait.
SMALL_BACKLOG_IMAGES = 100
OTHER_ROLE = "other"
ROLES = (*(role.value for role in Role), OTHER_ROLE)
BACKLOGS = ("small", "large")


class TenantClass(msgspec.Struct, frozen=True):
    """A class of tenants: the role of their key, and ``small`` or ``large`` by their open images.

    Metrics never name a tenant, because their number has no bound.
    """

    role: str
    backlog: str


class Waiting(msgspec.Struct):
    """The open work of a class; its oldest job is one with work that has not begun."""

    images: int = 0
    tenants: int = 0
    oldest_seconds: float = 0.0


class QueueState(msgspec.Struct, frozen=True):
    """The state of the queue.

    ``waiting`` has every class of tenants. ``overdue_seconds`` is the time since the oldest
    unattended work became due: the lag of the reconciler.
    """

    jobs: int
    waiting: Mapping[TenantClass, Waiting]
    overdue_seconds: float
    dead_letters: int


class TenantWork(msgspec.Struct, frozen=True):
    """The open work of a user through one key; ``oldest_seconds`` is None if all of it runs."""

    user_id: str
    key_id: str
    jobs: int
    images: int
    oldest_seconds: float | None


class QueueReader:
    """Reads the state of the queue from the indexes of open work."""

    def __init__(self, database: Database, dead_letters: DeadLetters) -> None:
        self._database = database
        self._dead_letters = dead_letters

    async def read(self, now: datetime) -> QueueState:
        """Read the state of the queue."""
        found = self._database["jobs"].aggregate(OPEN_BY_TENANT, hint=OPEN_JOBS)
        tenants = await found.to_list(None)
        roles = await self._read_roles({tenant["_id"]["key_id"] for tenant in tenants})
        return QueueState(
            jobs=sum(tenant["jobs"] for tenant in tenants),
            waiting=_classify(tenants, roles, now),
            overdue_seconds=await self._overdue_seconds(now),
            dead_letters=await self._dead_letters.count(),
        )

    async def list_largest(self, now: datetime, most: int) -> list[TenantWork]:
        """List the users with the most open images."""
        pipeline = [*OPEN_BY_TENANT, {"$sort": {"images": -1, "_id": 1}}, {"$limit": most}]
        found = await self._database["jobs"].aggregate(pipeline, hint=OPEN_JOBS).to_list(most)
        return [
            TenantWork(
                one["_id"]["user_id"],
                one["_id"]["key_id"],
                one["jobs"],
                int(one["images"]),
                (now - made_at(one["oldest"])).total_seconds() if one["oldest"] else None,
            )
            for one in found
        ]

    async def _read_roles(self, key_ids: set[str]) -> dict[str, str]:
        """Read the roles of keys; deleted keys are left out."""
        named = {"_id": {"$in": list(key_ids)}}
        roles = {ADMIN_USER: Role.ADMIN.value}
        keys = self._database["api_keys"].find(named, {"role": 1})
        roles |= {key["_id"]: key["role"] async for key in keys}
        links = self._database["upload_links"].find(named, {"_id": 1})
        return roles | {link["_id"]: Role.LINK.value async for link in links}

    async def _overdue_seconds(self, now: datetime) -> float:
        images = self._database["images"]
        due = images.find({"due_at": {"$lt": now}}, {"due_at": 1}).sort("due_at", 1).limit(1)
        async for image in due:
            due_at: datetime = image["due_at"]
            return (now - due_at).total_seconds()
        return 0.0


def _classify(
    tenants: Sequence[Document], roles: Mapping[str, str], now: datetime
) -> dict[TenantClass, Waiting]:
    waiting = {TenantClass(role, backlog): Waiting() for role, backlog in product(ROLES, BACKLOGS)}
    for tenant in tenants:
        backlog = BACKLOGS[tenant["images"] > SMALL_BACKLOG_IMAGES]
        role = roles.get(tenant["_id"]["key_id"], OTHER_ROLE)
        of_class = waiting[TenantClass(role, backlog)]
        of_class.images += tenant["images"]
        of_class.tenants += 1
        if tenant["oldest"]:
            age = (now - made_at(tenant["oldest"])).total_seconds()
            of_class.oldest_seconds = max(of_class.oldest_seconds, age)
    return waiting
