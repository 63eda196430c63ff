"""The queue of deliveries: exclusive claims, and searches that cost little."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.jobs import Status
from domain.settings import SettingsReader
from domain.webhooks.deliveries import DeliveryAttempt, DeliveryStatus
from domain.webhooks.events import Event, EventType, JobFinished
from storage.clock import utc_now
from storage.settings import WorkRules, read_store_settings
from storage.stores import Stores, open_stores
from storage.webhooks.deliveries import Receiver
from storage.webhooks.delivery_queue import DeliveryQueue
from storage.webhooks.documents import new_delivery
from storage.webhooks.due_deliveries import FIRST_OF_EACH_TARGET, DueDeliveries

LEASE_SECONDS = 60.0
LEASE = timedelta(seconds=LEASE_SECONDS)


@pytest.fixture
async def stores(environ: dict[str, str]) -> AsyncIterator[Stores]:
    settings = read_store_settings(SettingsReader(environ))
    async with open_stores(settings, WorkRules()) as opened:
        yield opened


@pytest.fixture
def queue(stores: Stores) -> DeliveryQueue:
    return DeliveryQueue(stores.database, LEASE_SECONDS)


@pytest.fixture
def due_deliveries(stores: Stores) -> DueDeliveries:
    return DueDeliveries(stores.database, stores.targets)


def document(number: int, target: str, due_at: datetime | None) -> dict[str, Any]:
    now = utc_now()
    fields: dict[str, Any] = {
        "_id": f"msg_{number}:{target}",
        "order": f"{number:09}",
        "event_id": f"msg_{number}",
        "event_type": "webhook.test",
        "endpoint_id": target,
        "target": target,
        "url": "https://example.com/",
        "key_id": "admin",
        "user_id": None,
        "job_id": None,
        "status": "pending" if due_at else "delivered",
        "attempt_count": 0,
        "attempts": [],
        "created_at": now,
        "finished_at": None,
        "expires_at": now + timedelta(days=1),
    }
    return fields | ({"due_at": due_at} if due_at else {})


def attempt(at: datetime, status_code: int = 200) -> DeliveryAttempt:
    return DeliveryAttempt(1, at, status_code, 0.1, "taken", None)


async def read(stores: Stores, delivery_id: str) -> dict[str, Any]:
    found = await stores.database["deliveries"].find_one({"_id": delivery_id})
    assert found is not None
    return found


async def test_finds_the_oldest_of_each_target(
    stores: Stores, due_deliveries: DueDeliveries
) -> None:
    now = utc_now()
    seconds = {"a": (-5, -9, -1), "b": (-2,), "c": (3, 7)}
    await stores.database["deliveries"].insert_many(
        document(number, target, now + timedelta(seconds=offset))
        for target, offsets in seconds.items()
        for number, offset in enumerate(offsets)
    )
    due = await due_deliveries.find(now)
    assert sorted(one.id for one in due.firsts) == ["msg_0:b", "msg_1:a"]
    assert due.next_at == now + timedelta(seconds=3)


async def test_finds_more_of_targets_that_can_take_them(
    stores: Stores, due_deliveries: DueDeliveries
) -> None:
    now = utc_now()
    for target in ("a", "b", "c"):
        await stores.database["deliveries"].insert_many(
            document(number, target, now + timedelta(seconds=number - 9)) for number in range(20)
        )
    more = [await due_deliveries.find_more({"a": 4, "b": 99}, now) for _ in range(20)]
    assert all(len(set(found)) == 4 + 9 for found in more)
    of_a = {one for found in more for one in found if one.endswith(":a")}
    assert of_a == {f"msg_{number}:a" for number in range(1, 9)}, "the first is known already"
    assert await due_deliveries.find_more({}, now) == []


async def test_leaves_out_endpoints_that_are_paused_or_asked_for_fewer(
    stores: Stores, due_deliveries: DueDeliveries
) -> None:
    now = utc_now()
    soon = now + timedelta(seconds=8)
    await stores.database["webhook_endpoints"].insert_many(
        [
            {"_id": "well", "status": "enabled"},
            {"_id": "paused", "status": "paused"},
            {"_id": "quiet", "status": "enabled", "not_before": soon},
            {"_id": "over", "status": "enabled", "not_before": now, "failing_since": now},
        ]
    )
    targets = ("well", "paused", "quiet", "over", "admin https://example.com:443")
    await stores.database["deliveries"].insert_many(document(0, one, now) for one in targets)
    due = await due_deliveries.find(now)
    assert {one.target: one.is_failing for one in due.firsts} == {
        "well": False,
        "over": True,
        "admin https://example.com:443": False,
    }
    assert due.next_at == soon


async def test_a_search_reads_one_index_entry_of_each_target(
    stores: Stores, due_deliveries: DueDeliveries
) -> None:
    """Neither the length of a queue nor ended deliveries cost anything."""
    now = utc_now()
    await stores.database["deliveries"].insert_many(
        document(number, f"t{number % 5}", now if number % 2 else None) for number in range(5000)
    )
    assert len((await due_deliveries.find(now)).firsts) == 5
    explained = await stores.database.command(
        "explain",
        {
            "aggregate": "deliveries",
            "pipeline": FIRST_OF_EACH_TARGET,
            "cursor": {},
        },
        verbosity="executionStats",
    )
    plan = json.dumps(explained, default=str)
    assert "DISTINCT_SCAN" in plan
    assert "COLLSCAN" not in plan


async def test_a_delivery_is_claimed_once(stores: Stores, queue: DeliveryQueue) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_many(document(n, "a", now) for n in range(3))
    ids = [f"msg_{number}:a" for number in range(3)]
    first = await queue.claim(ids[:2], now)
    second = await queue.claim(ids, now)
    assert sorted(one.delivery.id for one in first) == ids[:2]
    assert [one.delivery.id for one in second] == ids[2:]
    assert await queue.claim(ids, now) == []
    assert await queue.claim([], now) == []


async def test_what_is_not_due_is_not_claimed(stores: Stores, queue: DeliveryQueue) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_many(
        [document(0, "a", now + timedelta(seconds=1)), document(1, "a", None)]
    )
    assert await queue.claim(["msg_0:a", "msg_1:a", "msg_2:a"], now) == []


async def test_expired_lease_passes_to_another_process(
    stores: Stores, queue: DeliveryQueue
) -> None:
    """The first process then records nothing."""
    now = utc_now()
    await stores.database["deliveries"].insert_one(document(0, "a", now))
    [late] = await queue.claim(["msg_0:a"], now)
    [next_one] = await queue.claim(["msg_0:a"], now + LEASE)
    assert not await queue.record(late, attempt(now), DeliveryStatus.DELIVERED, None)
    assert (await read(stores, "msg_0:a"))["attempts"] == []
    assert await queue.record(next_one, attempt(now), DeliveryStatus.DELIVERED, None)
    kept = await read(stores, "msg_0:a")
    assert (kept["status"], kept["attempt_count"]) == ("delivered", 1)
    assert not {"lease", "due_at"} & set(kept)


async def test_attempts_that_end_together_are_recorded_each_as_it_ended(
    stores: Stores, queue: DeliveryQueue
) -> None:
    """Also if meanwhile one was claimed by another process, or asked for again."""
    now = utc_now()
    await stores.database["deliveries"].insert_many(document(n, "a", now) for n in range(6))
    ids = [f"msg_{number}:a" for number in range(6)]
    early = {one.delivery.id: one for one in await queue.claim(ids[:1], now)}
    await queue.claim(ids[:1], now + LEASE)
    held = early | {one.delivery.id: one for one in await queue.claim(ids[1:], now)}
    await stores.deliveries.redeliver(Receiver("a"), ids[1])
    recorded = await asyncio.gather(
        *(
            queue.record(held[name], attempt(now), DeliveryStatus.DELIVERED, None)
            for name in ids[:3]
        ),
        queue.record(held[ids[3]], attempt(now, 500), DeliveryStatus.PENDING, now + LEASE),
        queue.record(held[ids[4]], attempt(now, 500), DeliveryStatus.FAILED, None),
        queue.cancel(held[ids[5]], now),
    )
    assert recorded == [False, True, True, True, True, True]
    kept = [await read(stores, name) for name in ids]
    assert [(one["status"], one["attempt_count"]) for one in kept] == [
        ("pending", 0),
        ("pending", 1),
        ("delivered", 1),
        ("pending", 1),
        ("failed", 1),
        ("canceled", 0),
    ]
    assert ["lease" in one for one in kept] == [True, *[False] * 5]
    assert ["due_at" in one for one in kept] == [True, True, False, True, False, False]


@pytest.mark.parametrize(
    ("status_code", "status", "waits"),
    [(200, "delivered", False), (500, "pending", True), (500, "failed", False)],
)
async def test_redelivery_requested_during_an_attempt_follows_it(
    stores: Stores, queue: DeliveryQueue, status_code: int, status: str, waits: bool
) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_one(document(0, "a", now))
    [claimed] = await queue.claim(["msg_0:a"], now)
    answered = await stores.deliveries.redeliver(Receiver("a"), "msg_0:a")
    assert answered.status is DeliveryStatus.PENDING
    assert await queue.claim(["msg_0:a"], utc_now()) == []
    due_at = now + LEASE if waits else None
    assert await queue.record(claimed, attempt(now, status_code), DeliveryStatus(status), due_at)
    kept = await read(stores, "msg_0:a")
    assert (kept["status"], kept["attempt_count"]) == ("pending", 1)
    [again] = await queue.claim(["msg_0:a"], kept["due_at"])
    assert kept["due_at"] < now + LEASE
    assert await queue.record(again, attempt(now), DeliveryStatus.DELIVERED, None)
    kept = await read(stores, "msg_0:a")
    assert (kept["status"], kept["attempt_count"]) == ("delivered", 2)
    assert not {"lease", "due_at", "redelivery_requested"} & set(kept)


async def test_redelivery_after_a_lease_expired_is_due_at_once(
    stores: Stores, queue: DeliveryQueue
) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_one(document(0, "a", now - LEASE - LEASE))
    await queue.claim(["msg_0:a"], now - LEASE)
    again = await stores.deliveries.redeliver(Receiver("a"), "msg_0:a")
    assert again.due_at is not None
    assert [one.delivery.id for one in await queue.claim(["msg_0:a"], again.due_at)] == ["msg_0:a"]


async def test_redelivery_of_a_leased_delivery_does_not_hold_up_its_target(
    stores: Stores, queue: DeliveryQueue, due_deliveries: DueDeliveries
) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_many(
        [document(0, "a", now), document(1, "a", now + timedelta(seconds=1))]
    )
    await queue.claim(["msg_0:a"], now)
    await stores.deliveries.redeliver(Receiver("a"), "msg_0:a")
    due = await due_deliveries.find(now + timedelta(seconds=2))
    assert [one.id for one in due.firsts] == ["msg_1:a"]


async def test_release_gives_back_what_is_held_and_nothing_else(
    stores: Stores, queue: DeliveryQueue
) -> None:
    now = utc_now()
    await stores.database["deliveries"].insert_many(document(n, "a", now) for n in range(3))
    held = await queue.claim([f"msg_{number}:a" for number in range(3)], now)
    by_id = {one.delivery.id: one for one in held}
    await queue.record(by_id["msg_0:a"], attempt(now), DeliveryStatus.DELIVERED, None)
    await queue.release_all([by_id["msg_0:a"], by_id["msg_1:a"]], now)
    assert (await read(stores, "msg_0:a"))["status"] == "delivered"
    assert (await read(stores, "msg_1:a"))["due_at"] == now
    assert (await read(stores, "msg_2:a"))["due_at"] == now + LEASE


async def test_first_failure_is_the_one_that_counts(stores: Stores) -> None:
    health, now = stores.endpoint_health, utc_now()
    later, latest = now + timedelta(hours=1), now + timedelta(hours=2)
    await stores.database["webhook_endpoints"].insert_one({"_id": "a", "status": "enabled"})
    assert await health.record_failure("a", now, later) == now
    assert await health.record_failure("a", later, None) == now
    assert await health.record_failure("a", later, now) == now
    kept = await stores.database["webhook_endpoints"].find_one({"_id": "a"})
    assert kept is not None
    assert kept["not_before"] == later
    await health.record_success("a")
    assert await health.record_failure("a", latest, None) == latest
    assert await health.record_failure("gone", now, None) is None


def test_callbacks_of_a_key_are_limited_by_where_they_go() -> None:
    now = utc_now()
    event = Event(
        EventType.JOB_FINISHED,
        "j",
        1,
        now,
        "k",
        "u",
        JobFinished("j", "u", Status.SUCCEEDED, 1, "/v1/jobs/j"),
    )
    urls = ("https://a.example/1", "https://a.example:443/2", "https://b.example/1")
    targets = [new_delivery(event, url, now)["target"] for url in urls]
    assert targets == ["k https://a.example:443"] * 2 + ["k https://b.example:443"]
