"""The one function through which both composition roots open the stores."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from arq.connections import ArqRedis

from domain.jobs import ChunkPlan
from storage.acceptance import Acceptance
from storage.api_keys import ApiKeys
from storage.errors import MONGODB_FAILED, REDIS_FAILED
from storage.hints import Hints, connect_redis
from storage.idempotency import Idempotency
from storage.images import Images
from storage.jobs import Jobs
from storage.ledger import Ledger
from storage.mongo import Client, Database, connect_mongo, ensure_indexes
from storage.notices import Notices
from storage.recovery import Recovery
from storage.results import Results
from storage.settings import StoreSettings, WorkRules
from storage.workers import Workers, Workforce


class Stores:
    """Everything that is kept, by what it is for.

    Args:
        settings: Where the servers are.
        rules: How work is cut, leased and given up.
    """

    def __init__(self, settings: StoreSettings, rules: WorkRules) -> None:
        self.client: Client = connect_mongo(settings)
        self.database: Database = self.client[settings.mongodb_database]
        self.redis: ArqRedis = connect_redis(settings)
        due_after = timedelta(seconds=rules.hint_grace_seconds)
        plan = ChunkPlan(rules.chunk_max_images, rules.chunk_max_bytes)
        self.acceptance = Acceptance(self.client, self.database, plan, due_after)
        self.api_keys = ApiKeys(self.database)
        self.hints = Hints(self.redis)
        self.idempotency = Idempotency(self.database)
        self.images = Images(self.client, self.database)
        self.jobs = Jobs(self.database)
        self.ledger = Ledger(self.database, rules.lease_seconds, rules.max_attempts)
        self.notices = Notices(self.redis)
        self.recovery = Recovery(self.database, rules.max_attempts)
        self.results = Results(self.database)
        self.workers = Workers(self.database)

    async def prepare(self) -> None:
        """Make collections and indexes that are missing.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        await ensure_indexes(self.database)

    async def check_mongodb(self) -> bool:
        """Say whether MongoDB takes writes."""
        try:
            hello = await self.client.admin.command("hello")
        except MONGODB_FAILED:
            return False
        return bool(hello.get("isWritablePrimary"))

    async def check_redis(self) -> bool:
        """Say whether Redis answers."""
        try:
            await self.redis.ping()
        except REDIS_FAILED:
            return False
        return True

    async def workforce(self, now: datetime) -> Workforce:
        """Count the live workers; none where MongoDB cannot be asked."""
        try:
            return await self.workers.workforce(now)
        except MONGODB_FAILED:
            return Workforce(workers=0, images_per_second=0.0)

    async def close(self) -> None:
        """Close all connections."""
        await self.redis.aclose(close_connection_pool=True)
        self.client.close()


@asynccontextmanager
async def open_stores(settings: StoreSettings, rules: WorkRules) -> AsyncIterator[Stores]:
    """Open the stores, and close them at the end. No server has to be up yet."""
    stores = Stores(settings, rules)
    try:
        yield stores
    finally:
        await stores.close()
