"""Refills the queue in Redis from the backlogs in MongoDB."""

from math import ceil

from storage.queue.fair_queue import TenantHints
from storage.stores import Stores

REFILL_SECONDS = 0.5
# Between two runs of all processes.
PAUSE_SECONDS = 0.05
# Most tenants of one run, most chunks of one tenant in it, and most chunks in all.
MAX_TENANTS = 2000
MAX_CHUNKS = 100
MAX_CHUNKS_IN_ALL = 5000


async def refill_queue(stores: Stores) -> int:
    """Send as many hints as the queue has room for, of the tenants furthest behind first.

    Returns the number of hints sent.

    With nothing to do this is one call to Redis; else the number of calls does not depend on the
    number of tenants with little work. Two processes that do this at once do no harm.

    Raises:
        PyMongoError: MongoDB cannot be reached.
        RedisError: Redis cannot be reached.
    """
    queue = stores.hints.fair_queue
    picked = await queue.pick(MAX_TENANTS, PAUSE_SECONDS)
    if not picked:
        return 0
    # A chunk is one unit or more.
    limit = min(MAX_CHUNKS, 1 + ceil(max(tenant.units for tenant in picked)))
    tenants = picked[: MAX_CHUNKS_IN_ALL // limit]
    cursors = {tenant.user_id: tenant.cursor for tenant in tenants}
    found = await stores.queued_chunks.find(cursors, limit)
    return await queue.refill(
        [
            TenantHints(tenant, chunks.hints, chunks.is_whole)
            for tenant in tenants
            for chunks in [found[tenant.user_id]]
        ]
    )
