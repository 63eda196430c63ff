"""Leases: one process holds one, and another takes it over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sandbox.pool import ChildPool
from storage.mongo.leases import LEASES, LONG_AGO, Lease
from storage.stores import Stores, open_stores
from tasks.images.metrics import WorkerMetrics
from tasks.settings import read_settings
from tasks.upkeep.upkeep import Upkeep
from telemetry.background import BackgroundTasks
from tests.commands import noted_commands
from tests.waiting import until


def _lease(stores: Stores, seconds: float = 60.0) -> Lease:
    return Lease(stores.client, stores.database, "a-lease", seconds)


async def test_one_of_many_holds_a_lease_until_it_is_released(stores: Stores) -> None:
    leases = [_lease(stores) for _ in range(8)]
    assert sum(await asyncio.gather(*(lease.hold() for lease in leases))) == 1
    (holder,) = [lease for lease in leases if lease.is_held]
    assert await holder.hold()
    others = [lease for lease in leases if lease is not holder]
    await others[0].release()
    assert not await others[0].hold(), "only the holder releases it"
    await holder.release()
    assert not holder.is_held
    assert await others[0].hold()
    assert not await holder.hold()


async def test_lease_that_is_not_renewed_is_taken_over(stores: Stores) -> None:
    holder, other = _lease(stores, 0.3), _lease(stores, 60)
    assert await holder.hold()
    assert await until(other.hold)
    assert not holder.is_held
    assert not await holder.hold()


async def test_holder_that_was_overtaken_learns_it_at_its_next_renewal(stores: Stores) -> None:
    holder, other = _lease(stores), _lease(stores)
    assert await holder.hold()
    await stores.database[LEASES].update_one({}, {"$set": {"expires_at": LONG_AGO}})
    assert await other.hold()
    assert not await holder.hold()
    assert not holder.is_held


async def test_processes_that_stand_by_only_read(environ: dict[str, str]) -> None:
    settings = read_settings(environ)
    with noted_commands() as commands:
        async with open_stores(settings.stores, settings.rules) as stores:
            assert await _lease(stores).hold()
            commands.sent.clear()
            assert not await _lease(stores).hold()
            assert commands.sent == [f"find {LEASES}"]


@asynccontextmanager
async def _upkeep(stores: Stores, environ: dict[str, str]) -> AsyncIterator[asyncio.Event]:
    """Run the upkeep of a worker, which dies at the end; give the event that says it is done."""
    metrics = WorkerMetrics(ChildPool(1, 2**31))
    upkeep = Upkeep(
        read_settings(environ), stores, metrics, lambda: 0, asyncio.Event(), asyncio.Event()
    )
    done = asyncio.Event()

    async def note() -> None:
        done.set()

    upkeep._reconcile = note  # type: ignore[method-assign]
    async with BackgroundTasks(asyncio.Event()) as background:
        upkeep.start(background)
        yield done


async def test_one_worker_does_the_upkeep_and_another_takes_over_when_it_dies(
    stores: Stores, environ: dict[str, str]
) -> None:
    async with AsyncExitStack() as others:
        async with _upkeep(stores, environ) as first:
            await until(first.is_set)
            second = await others.enter_async_context(_upkeep(stores, environ))
            third = await others.enter_async_context(_upkeep(stores, environ))
            first.clear()
            await until(first.is_set)
            assert not second.is_set()
            assert not third.is_set()
        await until(lambda: second.is_set() or third.is_set())
        done, idle = sorted((second, third), key=asyncio.Event.is_set, reverse=True)
        done.clear()
        await until(done.is_set)
        assert not idle.is_set()
