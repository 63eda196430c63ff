"""Tops the queue up from the backlogs: what found no room in Redis waits in MongoDB."""

from math import ceil

from storage.queue.fair_queue import Behind
from storage.stores import Stores

REFILL_SECONDS = 0.5
# What one pass takes on at most.
MAX_TENANTS = 50
MAX_CHUNKS = 100


async def refill_queue(stores: Stores) -> None:
    """Send what there is room for, the tenant that is furthest behind first.

    Costs one call to Redis where there is nothing to do. Of many workers one at a time does it;
    two at once would do no harm.

    Args:
        stores: Where everything is kept.

    Raises:
        PyMongoError: MongoDB cannot be reached.
        RedisError: Redis cannot be reached.
    """
    for tenant in await stores.hints.fair_queue.pick(MAX_TENANTS, REFILL_SECONDS / 2):
        await _refill_from(stores, tenant)


async def _refill_from(stores: Stores, tenant: Behind) -> None:
    turns = stores.hints.fair_queue
    # A chunk is one unit at least.
    limit = min(MAX_CHUNKS, 1 + ceil(tenant.units))
    hints = await stores.recovery.find_queued(tenant.user_id, tenant.cursor, limit)
    if hints and not await turns.send_from_backlog(tenant, hints):
        return
    if len(hints) == limit:
        return
    # Whatever came since then went behind this backlog: look once more after its end.
    last = Behind(tenant.user_id, hints[-1].position if hints else tenant.cursor, tenant.units)
    if await turns.leave(last):
        rest = await stores.recovery.find_queued(last.user_id, last.cursor, limit)
        await turns.send(rest)
