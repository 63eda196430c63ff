"""The fair queue: bounded, and every tenant moves forward at the same pace."""

import asyncio
from itertools import pairwise

import pytest
from arq.constants import job_key_prefix

from domain.jobs import ChunkHint, read_hint_id
from storage.queue.fair_queue import FairQueue, Room, TenantBacklog, TenantHints
from storage.settings import WorkRules
from storage.stores import Stores
from tests.waiting import until

QUEUE = "arq:queue"
DEADLINES = "minilab:turns:deadlines"
MOST = 100


@pytest.fixture
def fair_queue(stores: Stores) -> FairQueue:
    rules = WorkRules(queue_max_hints=MOST, tenant_weights="heavy=3,a=b=2")
    return FairQueue(stores.redis, rules)


def _hints(user_id: str, count: int, first: int = 0, units: float = 1) -> list[ChunkHint]:
    return [
        ChunkHint(f"{user_id}-{number:04}", 0, 0, user_id, units)
        for number in range(first, first + count)
    ]


async def _waiting(stores: Stores) -> list[str]:
    """Read the tenants of the queue, in the order in which workers take it."""
    return [hint_id.decode().split("-")[0] for hint_id in await stores.redis.zrange(QUEUE, 0, -1)]


class Hands:
    """Works on the first hints, one after the other, as a worker does; the last one goes on."""

    def __init__(self, fair_queue: FairQueue) -> None:
        self._fair_queue = fair_queue
        self._held: list[str] = []

    async def work(self, count: int = 1) -> list[str]:
        """Work on so many more."""
        worked = []
        for _ in range(count):
            room = Room(0, MOST, 1)
            (taken,) = await self._fair_queue.exchange(room, self._held, done=len(self._held))
            self._held = [taken.id]
            worked.append(taken.id)
        return worked


@pytest.fixture
def hands(fair_queue: FairQueue) -> Hands:
    return Hands(fair_queue)


async def _pick(fair_queue: FairQueue, limit: int = 100) -> list[TenantBacklog]:
    return await fair_queue.pick(limit, 0.001)


async def _until_picked(fair_queue: FairQueue) -> list[TenantBacklog]:
    return await until(lambda: _pick(fair_queue))


async def test_one_image_comes_next_however_many_another_has_queued(
    stores: Stores, fair_queue: FairQueue, hands: Hands
) -> None:
    await fair_queue.send(_hints("a", 40))
    await hands.work(3)
    await fair_queue.send(_hints("b", 1))
    assert "b" in (await _waiting(stores))[:2]


async def test_tenants_take_turns(stores: Stores, fair_queue: FairQueue) -> None:
    for tenant in ("a", "b", "c"):
        await fair_queue.send(_hints(tenant, 10))
    waiting = await _waiting(stores)
    for end in range(30):
        counts = [waiting[:end].count(tenant) for tenant in ("a", "b", "c")]
        assert max(counts) - min(counts) <= 2


async def test_weight_gives_more_turns(stores: Stores, fair_queue: FairQueue) -> None:
    await fair_queue.send(_hints("light", 10))
    await fair_queue.send(_hints("heavy", 30))
    waiting = await _waiting(stores)
    for end in range(40):
        assert abs(waiting[:end].count("heavy") - 3 * waiting[:end].count("light")) <= 6


async def test_large_work_takes_more_turns(stores: Stores, fair_queue: FairQueue) -> None:
    await fair_queue.send(_hints("large", 4, units=5))
    await fair_queue.send(_hints("small", 20))
    waiting = await _waiting(stores)
    for end in range(24):
        assert abs(waiting[:end].count("small") - 5 * waiting[:end].count("large")) <= 10


async def test_work_of_the_past_is_not_held_against_anyone(
    stores: Stores, fair_queue: FairQueue, hands: Hands
) -> None:
    await fair_queue.send(_hints("a", 40))
    await hands.work(40)
    assert await fair_queue.send(_hints("b", 20)) == 20
    assert await fair_queue.send(_hints("a", 20, first=40)) == 20
    assert set((await _waiting(stores))[:2]) == {"a", "b"}


async def test_queue_is_bounded_and_a_newcomer_gets_in(
    stores: Stores, fair_queue: FairQueue
) -> None:
    sent = await fair_queue.send(_hints("a", 10 * MOST))
    assert 0 < sent < MOST
    assert await stores.redis.zcard(QUEUE) == sent
    for number in range(30):
        assert await fair_queue.send(_hints(f"b{number}", 1)) == 1
    for number in range(2 * MOST):
        await fair_queue.send(_hints(f"c{number}", 5))
        assert await stores.redis.zcard(QUEUE) <= MOST
    assert await stores.redis.zcard(QUEUE) == MOST


async def test_what_finds_no_room_is_sent_in_its_order(
    stores: Stores, fair_queue: FairQueue, hands: Hands
) -> None:
    hints = _hints("a", 10 * MOST)
    sent = await fair_queue.send(hints)
    # However much room there is meanwhile, what is new goes behind the backlog.
    worked = await hands.work(sent - 1)
    assert await fair_queue.send(_hints("a", 1, first=10 * MOST)) == 0
    while sent < len(hints):
        (tenant,) = await _until_picked(fair_queue)
        assert (tenant.user_id, tenant.cursor) == ("a", hints[sent].position)
        rest = hints[sent : sent + 25]
        before = await stores.redis.zcard(QUEUE)
        more = await fair_queue.refill([TenantHints(tenant, rest, is_whole=False)])
        assert more > 0
        sent += more
        worked += await hands.work(before + more)
        if more == len(rest):  # The cursor stands on the last one that was sent.
            hints.insert(sent, hints[sent - 1])
            hints.pop(sent - 1)
            break
    assert worked == [hint.id for hint in hints[: len(worked)]]


async def test_those_furthest_behind_are_picked_first(
    stores: Stores, fair_queue: FairQueue, hands: Hands
) -> None:
    await fair_queue.send(_hints("a", 10 * MOST))
    await fair_queue.send(_hints("b", 10 * MOST))
    assert await _pick(fair_queue) == []
    ends = {tenant: await stores.redis.zscore("minilab:turns:ends", tenant) for tenant in "ab"}
    assert ends["a"] > ends["b"]
    await hands.work(await stores.redis.zcard(QUEUE) - 5)
    picked = await _until_picked(fair_queue)
    assert [tenant.user_id for tenant in picked] == ["b", "a"]
    assert picked[0].units > picked[1].units > 0


async def test_of_many_who_ask_one_is_answered(stores: Stores, fair_queue: FairQueue) -> None:
    await fair_queue.join(["a", "b"])
    answers = await asyncio.gather(*(fair_queue.pick(10, 60) for _ in range(20)))
    assert sorted(len(answer) for answer in answers) == [0] * 19 + [2]


async def test_leaves_the_backlog_unless_more_has_joined_it(
    stores: Stores, fair_queue: FairQueue
) -> None:
    hints = _hints("a", 10)
    await fair_queue.join(["a"])
    (tenant,) = await _until_picked(fair_queue)
    assert await fair_queue.send(hints[:1]) == 0  # An earlier one, which came late.
    assert await fair_queue.refill([TenantHints(tenant, hints[1:], is_whole=True)]) == 9
    (tenant,) = await _until_picked(fair_queue)
    assert tenant.cursor == hints[0].position
    assert await fair_queue.send(_hints("a", 1, first=10)) == 0  # New work.
    assert await fair_queue.refill([TenantHints(tenant, hints, is_whole=True)]) == 1
    (tenant,) = await _until_picked(fair_queue)
    assert tenant.cursor == hints[-1].position
    rest = [hints[-1], *_hints("a", 1, first=10)]
    assert await fair_queue.refill([TenantHints(tenant, rest, is_whole=True)]) == 1
    assert await _pick(fair_queue) == []
    assert await fair_queue.send(_hints("a", 1, first=11)) == 1
    assert await stores.redis.zcard(QUEUE) == 12


async def test_many_backlogs_are_refilled_at_once(stores: Stores) -> None:
    fair_queue = FairQueue(stores.redis, WorkRules(queue_max_hints=10_000))
    users = [f"u{number:04}" for number in range(3000)]
    await fair_queue.join(users)
    picked = await until(lambda: _pick(fair_queue, 5000))
    calls = await _count_calls(stores)
    backlogs = [TenantHints(one, _hints(one.user_id, 1), is_whole=True) for one in picked]
    assert await fair_queue.refill(backlogs) == 3000
    assert await _count_calls(stores) - calls < 20
    assert await stores.redis.zcard(QUEUE) == 3000
    assert await _pick(fair_queue) == []


async def _count_calls(stores: Stores) -> int:
    calls: int = (await stores.redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
    return calls


async def test_cursor_that_was_moved_meanwhile_stays(stores: Stores, fair_queue: FairQueue) -> None:
    await fair_queue.join(["a"])
    (tenant,) = await _until_picked(fair_queue)
    hints = _hints("a", 10)
    assert await fair_queue.refill([TenantHints(tenant, hints, is_whole=False)]) == 10
    assert await fair_queue.refill([TenantHints(tenant, hints[:5], is_whole=False)]) == 0
    (tenant,) = await _until_picked(fair_queue)
    assert tenant.cursor == hints[-1].position


async def test_lost_work_comes_next_and_costs_nothing(
    stores: Stores, fair_queue: FairQueue, hands: Hands
) -> None:
    await fair_queue.send(_hints("a", 10))
    await fair_queue.send(_hints("b", 10))
    await hands.work(8)
    (lost,) = _hints("c", 1)
    assert await fair_queue.send_again(lost)
    assert lost.id in await hands.work(2)
    assert await stores.redis.zscore("minilab:turns:ends", "c") is None


async def test_queue_has_an_end_for_lost_work_too(stores: Stores, fair_queue: FairQueue) -> None:
    for number in range(MOST):
        await fair_queue.send(_hints(f"u{number}", 1))
    assert not await fair_queue.send_again(_hints("lost", 1)[0])
    assert await stores.redis.zcard(QUEUE) == MOST


async def test_turn_from_before_a_wipe_changes_nothing(
    stores: Stores, fair_queue: FairQueue
) -> None:
    await fair_queue.send(_hints("a", 20))
    await fair_queue.exchange(Room(0, 0, 0), done=1_000_000)
    await fair_queue.send(_hints("b", 1))
    assert "b" in (await _waiting(stores))[-2:]
    await stores.redis.flushdb()
    # A score that is none of ours, as arq gives to what it defers.
    await stores.redis.zadd(QUEUE, {"x-1": 1_700_000_000_000})
    await fair_queue.send(_hints("a", 20))
    await fair_queue.send(_hints("b", 1))
    waiting = await stores.redis.zrange(QUEUE, 0, -1, withscores=True)
    assert max(turn for _, turn in waiting[:-1]) < 100


async def test_any_user_id_will_do(stores: Stores, fair_queue: FairQueue) -> None:
    await fair_queue.send(_hints("a=b", 2))
    await fair_queue.send(_hints('"ü {}', 2))
    first, second = [turn for _, turn in await stores.redis.zrange(QUEUE, 0, 1, withscores=True)]
    assert (first, second) == (0.5, 1), "the weight of a=b is 2"
    await fair_queue.join(["日本"])
    assert [tenant.user_id for tenant in await _until_picked(fair_queue)] == ["日本"]


async def test_many_hints_at_once_keep_their_order(stores: Stores) -> None:
    fair_queue = FairQueue(stores.redis, WorkRules(queue_max_hints=10_000))
    hints = _hints("a", 1000)
    assert await fair_queue.send(hints) == 1000
    waiting = await stores.redis.zrange(QUEUE, 0, -1, withscores=True)
    assert [hint_id.decode() for hint_id, _ in waiting] == [hint.id for hint in hints]
    assert all(one < other for (_, one), (_, other) in pairwise(waiting))
    assert await fair_queue.send(hints) == 0


async def test_worker_gets_the_tasks_behind_many_hints_without_one(
    stores: Stores,
) -> None:
    fair_queue = FairQueue(stores.redis, WorkRules(queue_max_hints=1_000))
    hints = _hints("a", 450)
    assert await fair_queue.send(hints) == 450
    await stores.redis.delete(*(job_key_prefix + hint.id for hint in hints[:250]))
    taken = await fair_queue.exchange(Room(0, 1_000, 300))
    assert [hint.id for hint in taken] == [hint.id for hint in hints[250:]]


async def test_hints_in_work_are_not_in_the_way_of_those_that_wait(
    stores: Stores, fair_queue: FairQueue
) -> None:
    hints = _hints("a", 60)
    await fair_queue.send(hints[:50])
    taken = await fair_queue.exchange(Room(0, MOST, 50))
    assert [hint.id for hint in taken] == [hint.id for hint in hints[:50]]
    assert await stores.redis.zcard(QUEUE) == 0
    assert await fair_queue.send(hints) == 10, "those in work are not sent again"
    (next_one,) = await fair_queue.exchange(Room(0, MOST, 1))
    assert next_one.id == hints[50].id
    assert {state.is_there for state in await fair_queue.find_states(hints)} == {True}


async def test_hint_that_is_given_back_keeps_its_turn(
    stores: Stores, fair_queue: FairQueue
) -> None:
    hints = _hints("a", 3)
    await fair_queue.send(hints)
    first, second = await fair_queue.exchange(Room(0, MOST, 2))
    (again,) = await fair_queue.exchange(Room(0, MOST, 1), again=[second.id])
    assert again == second
    await fair_queue.exchange(Room(0, 0, 0), ended=[first.id])
    assert await stores.redis.zcard(QUEUE) == 1


async def test_hint_that_is_kept_too_long_waits_again(
    stores: Stores, fair_queue: FairQueue
) -> None:
    await fair_queue.send(_hints("a", 2))
    (taken,) = await fair_queue.exchange(Room(0, MOST, 1))
    assert await fair_queue.find_taken(0) == [read_hint_id(taken.id)]
    assert await fair_queue.find_taken(60) == []
    await stores.redis.zadd(DEADLINES, {taken.id: 1})
    assert await fair_queue.find_taken(0) == []
    assert (await fair_queue.exchange(Room(0, MOST, 1)))[0] == taken


async def test_finds_a_taken_hint_behind_many_that_were_taken_later(stores: Stores) -> None:
    fair_queue = FairQueue(stores.redis, WorkRules(queue_max_hints=10_000))
    hints = _hints("a", 1200)
    await fair_queue.send(hints)
    for _ in range(12):
        await fair_queue.exchange(Room(0, 10_000, 100))
    last = hints[-1].id
    await stores.redis.zincrby(DEADLINES, -60_000, last)
    assert await fair_queue.find_taken(50) == [read_hint_id(last)]
