"""Refills the queue in Redis from the backlogs in MongoDB."""

from math import ceil

from storage.queue.fair_queue import TenantBacklog
from storage.stores import Stores

REFILL_SECONDS = 0.5
# Most tenants of one run, and most chunks of one tenant in it.
MAX_TENANTS = 50
MAX_CHUNKS = 100


async def refill_queue(stores: Stores) -> bool:
    """Send as many hints as the queue has room for, of the tenant furthest behind first.

    Returns whether there was room for any tenant with a backlog.

    With nothing to do this is one call to Redis. Of several workers one does it at a time; two at
    once would do no harm.

    Raises:
        PyMongoError: MongoDB cannot be reached.
        RedisError: Redis cannot be reached.
    """
    picked = await stores.hints.fair_queue.pick(MAX_TENANTS, REFILL_SECONDS / 2)
    for tenant in picked:
        await _refill_from(stores, tenant)
    return bool(picked)


async def _refill_from(stores: Stores, tenant: TenantBacklog) -> None:
    queue = stores.hints.fair_queue
    # A chunk is one unit or more.
    limit = min(MAX_CHUNKS, 1 + ceil(tenant.units))
    hints = await stores.queued_chunks.find(tenant.user_id, tenant.cursor, limit)
    if hints and not await queue.send_from_backlog(tenant, hints):
        return
    if len(hints) == limit:
        return
    # Work that came meanwhile has joined the end of this backlog: read once more from there.
    last = TenantBacklog(
        tenant.user_id, hints[-1].position if hints else tenant.cursor, tenant.units
    )
    if await queue.leave(last):
        rest = await stores.queued_chunks.find(last.user_id, last.cursor, limit)
        await queue.send(rest)
