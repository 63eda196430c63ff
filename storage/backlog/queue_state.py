"""How much waits, for whom and for how long: read for the metrics, at most every few seconds."""

from collections.abc import Mapping
from datetime import datetime
from itertools import product

import msgspec

from domain.keys import ADMIN_USER, Role
from storage.clock import made_at
from storage.ledger.dead_letters import DeadLetters
from storage.ledger.open_work import OPEN_JOBS
from storage.mongo.client import Database, Document

# A tenant with more images than this in the queue is one that others may have to wait for.
SMALL_BACKLOG_IMAGES = 100
OTHER_ROLE = "other"
ROLES = (*(role.value for role in Role), OTHER_ROLE)
BACKLOGS = ("small", "large")


class TenantClass(msgspec.Struct, frozen=True):
    """Tenants that are alike; never one of them, of whom there are any number.

    Attributes:
        role: Of the key that the work came in through.
        backlog: ``small`` or ``large``: how much the tenant has in the queue.
    """

    role: str
    backlog: str


class Waiting(msgspec.Struct):
    """What waits for a class of tenants.

    Attributes:
        images: Images that have not ended.
        tenants: How many tenants these belong to.
        oldest_seconds: How long the oldest job has waited of which not all has begun.
    """

    images: int = 0
    tenants: int = 0
    oldest_seconds: float = 0.0


class QueueState(msgspec.Struct, frozen=True):
    """How the queue stands.

    Attributes:
        jobs: Jobs that have not ended.
        waiting: By class of tenants; every class is there.
        overdue_seconds: By how long the oldest work that nobody looks after is overdue: the lag
            of the reconciler.
        dead_letters: Images that were given up and wait for a decision.
    """

    jobs: int
    waiting: Mapping[TenantClass, Waiting]
    overdue_seconds: float
    dead_letters: int


class QueueReader:
    """Reads how the queue stands, from the indexes of open work.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dead_letters = DeadLetters(database)
        self._roles: dict[str, str] = {ADMIN_USER: Role.ADMIN.value}

    async def read(self, now: datetime) -> QueueState:
        """Look once.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        tenants = [
            tenant
            async for tenant in self._database["jobs"].aggregate(OPEN_BY_TENANT, hint=OPEN_JOBS)
        ]
        await self._learn_roles({tenant["_id"]["key_id"] for tenant in tenants})
        waiting = {
            TenantClass(role, backlog): Waiting() for role, backlog in product(ROLES, BACKLOGS)
        }
        for tenant in tenants:
            backlog = BACKLOGS[tenant["images"] > SMALL_BACKLOG_IMAGES]
            role = self._roles.get(tenant["_id"]["key_id"], OTHER_ROLE)
            found = waiting[TenantClass(role, backlog)]
            found.images += tenant["images"]
            found.tenants += 1
            if tenant["oldest"]:
                age = (now - made_at(tenant["oldest"])).total_seconds()
                found.oldest_seconds = max(found.oldest_seconds, age)
        return QueueState(
            jobs=sum(tenant["jobs"] for tenant in tenants),
            waiting=waiting,
            overdue_seconds=await self._overdue_seconds(now),
            dead_letters=await self._dead_letters.count(),
        )

    async def _learn_roles(self, key_ids: set[str]) -> None:
        """Read the roles of keys that were not met before; a key never changes its role."""
        unknown = list(key_ids - self._roles.keys())
        if unknown:
            keys = self._database["api_keys"].find({"_id": {"$in": unknown}}, {"role": 1})
            self._roles |= {key["_id"]: key["role"] async for key in keys}
            links = self._database["upload_links"].find({"_id": {"$in": unknown}}, {"_id": 1})
            self._roles |= {link["_id"]: Role.LINK.value async for link in links}

    async def _overdue_seconds(self, now: datetime) -> float:
        images = self._database["images"]
        due = images.find({"due_at": {"$lt": now}}, {"due_at": 1}).sort("due_at", 1).limit(1)
        async for image in due:
            due_at: datetime = image["due_at"]
            return (now - due_at).total_seconds()
        return 0.0


_CELLS_OPEN: Document = {"$add": ["$tally.waiting", "$tally.running"]}
OPEN_BY_TENANT: list[Document] = [
    {"$match": {"due_at": {"$exists": True}}},
    {
        "$group": {
            "_id": {"user_id": "$user_id", "key_id": "$key_id"},
            "jobs": {"$sum": 1},
            "images": {"$sum": {"$ceil": {"$divide": [_CELLS_OPEN, {"$size": "$operations"}]}}},
            # IDs are in the order of acceptance.
            "oldest": {"$min": {"$cond": [{"$gt": ["$tally.waiting", 0]}, "$_id", None]}},
        }
    },
]
