"""Refilling the queue from the backlogs."""

from collections.abc import Awaitable
from typing import cast

from storage.stores import Stores
from tasks.upkeep.refill_queue import refill_queue
from tests.uploads import accept
from tests.waiting import until

CURSORS = "minilab:turns:cursors"


async def test_tenant_without_a_cursor_does_not_hold_up_the_others(stores: Stores) -> None:
    first = (await accept(stores, b"a", user_id="u1")).job.id
    second = (await accept(stores, b"b", user_id="u2")).job.id
    await stores.hints.fair_queue.join(["u1", "u2"])
    await cast("Awaitable[int]", stores.redis.hdel(CURSORS, "u1"))

    async def all_sent() -> bool:
        await refill_queue(stores)
        sent = await stores.redis.zrange("arq:queue", 0, -1)
        return set(sent) == {f"{first}:0:0".encode(), f"{second}:0:0".encode()}

    await until(all_sent)


async def test_tenant_without_a_cursor_and_without_work_leaves_the_backlog(stores: Stores) -> None:
    await stores.hints.fair_queue.join(["u1"])
    await cast("Awaitable[int]", stores.redis.hdel(CURSORS, "u1"))

    async def is_empty() -> bool:
        await refill_queue(stores)
        return not await stores.redis.exists("minilab:turns:backlog")

    await until(is_empty)
