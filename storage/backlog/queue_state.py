"""The state of the queue for the metrics: how much waits, and for how long, by kind of tenant."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from heapq import nsmallest
from itertools import product

import msgspec

from domain.keys import ADMIN_USER, Role
from storage.backlog.load import OpenTenant, WorkReading
from storage.clock import made_at, utc_now
from storage.ledger.dead_letters import DeadLetters
from storage.mongo.client import Database

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
    waiting: list[tuple[TenantClass, Waiting]]
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
    """Reads the state of the queue.

    Args:
        read_work: Reads the open work.
    """

    def __init__(
        self,
        database: Database,
        dead_letters: DeadLetters,
        read_work: Callable[[], Awaitable[WorkReading]],
    ) -> None:
        self._database = database
        self._dead_letters = dead_letters
        self._read_work = read_work

    async def read(self) -> QueueState:
        """Read the state of the queue."""
        now = utc_now()
        tenants = await self._tenants()
        roles = await self._read_roles({tenant.key_id for tenant in tenants})
        return QueueState(
            jobs=sum(len(tenant.job_ids) for tenant in tenants),
            waiting=_classify(tenants, roles, now),
            overdue_seconds=await self._overdue_seconds(now),
            dead_letters=await self._dead_letters.count(),
        )

    async def list_largest(self, most: int) -> list[TenantWork]:
        """List the users with the most open images."""
        now = utc_now()
        sizes = [(-sum(one.images), one.user_id, one.key_id, one) for one in await self._tenants()]
        return [
            TenantWork(
                one.user_id,
                one.key_id,
                len(one.job_ids),
                -negative_images,
                (now - made_at(one.oldest)).total_seconds() if one.oldest else None,
            )
            for negative_images, _, _, one in nsmallest(most, sizes, key=lambda size: size[:3])
        ]

    async def _tenants(self) -> list[OpenTenant]:
        return (await self._read_work()).tenants

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
    tenants: Sequence[OpenTenant], roles: Mapping[str, str], now: datetime
) -> list[tuple[TenantClass, Waiting]]:
    waiting = {TenantClass(role, backlog): Waiting() for role, backlog in product(ROLES, BACKLOGS)}
    for tenant in tenants:
        images = sum(tenant.images)
        backlog = BACKLOGS[images > SMALL_BACKLOG_IMAGES]
        role = roles.get(tenant.key_id, OTHER_ROLE)
        of_class = waiting[TenantClass(role, backlog)]
        of_class.images += images
        of_class.tenants += 1
        if tenant.oldest:
            age = (now - made_at(tenant.oldest)).total_seconds()
            of_class.oldest_seconds = max(of_class.oldest_seconds, age)
    return list(waiting.items())
