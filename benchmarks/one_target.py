"""Line 14, deliveries: how many one healthy webhook takes from one deliverer."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp
import msgspec

from benchmarks.harness.clients import in_own_process
from benchmarks.harness.meter import cpu_seconds
from benchmarks.harness.receivers import Receivers
from benchmarks.harness.service import Bench, new_database, running_module
from benchmarks.rows import Row, Target
from benchmarks.webhooks import (
    CALLER,
    SECRET,
    deliverer_environment,
    until_arrived,
    write_events,
)
from storage.settings import StoreSettings, WorkRules
from storage.stores import open_stores
from storage.webhooks.endpoints import EndpointPlan
from tasks.delivery.settings import DeliverySettings

DELIVERIES = 6000
WARM_UP = 200


class Delivered(msgspec.Struct, frozen=True):
    """What a run of one target showed.

    Attributes:
        a_second: Deliveries a second, from the first arrival to the last.
        deliverer_ms: Processor time of the deliverer for each.
        mongodb_ms: Processor time of MongoDB for each.
        bare_a_second: Posts a second of a loop that does nothing else.
    """

    a_second: float
    deliverer_ms: float
    mongodb_ms: float
    bare_a_second: float


def measure_one_target(bench: Bench) -> list[Row]:
    """Deliver events to one endpoint, and post the same bodies to it in a loop."""
    found = _deliver(bench)
    return [
        Row(
            "deliveries to one webhook, 1 deliverer",
            found.a_second,
            "a second",
            found.bare_a_second,
            "1 process that only posts the same bodies",
            Target(800, of="figure"),
        ),
        Row("processor time of the deliverer", found.deliverer_ms, "ms a delivery", detail=True),
        Row("processor time of MongoDB", found.mongodb_ms, "ms a delivery", detail=True),
    ]


def _deliver(bench: Bench) -> Delivered:
    environment, settings = deliverer_environment(bench, new_database())
    pids = [bench.servers.mongodb.pid]
    with running_module(bench, ["tasks.delivery"], environment) as deliverer:
        pids.append(deliverer.pid)
        return asyncio.run(_deliver_to_one(settings, bench.count(DELIVERIES, 1500), pids))


async def _deliver_to_one(settings: StoreSettings, count: int, pids: list[int]) -> Delivered:
    async with open_stores(settings, WorkRules()) as stores, Receivers() as receivers:
        await stores.prepare()
        url = receivers.url("ok", "0")
        endpoint = await stores.webhooks.create(EndpointPlan(url), SECRET, CALLER)
        # A target that never answered gets one delivery at a time.
        made = await write_events(stores, [endpoint] * WARM_UP)
        seen = await until_arrived(receivers, {("/ok/0", event) for _, event in made}, 0)
        before = [cpu_seconds(pid) for pid in pids]
        made = await write_events(stores, [endpoint] * count)
        await until_arrived(receivers, {("/ok/0", event) for _, event in made}, seen)
        used = [cpu_seconds(pid) - began for pid, began in zip(pids, before, strict=True)]
        arrived = receivers.messages[seen:]
        bodies = [message.body for message in arrived]
        bare = await asyncio.to_thread(in_own_process, post_all, url, bodies)
    mongodb_ms, deliverer_ms = (1000 * seconds / count for seconds in used)
    a_second = (len(arrived) - 1) / (arrived[-1].at - arrived[0].at)
    return Delivered(a_second, deliverer_ms, mongodb_ms, bare)


async def post_all(url: str, bodies: Sequence[bytes]) -> float:
    """Post bodies as fast as one process can; return how many a second."""
    waiting = iter(bodies)
    headers = {"Content-Type": "application/json", "webhook-id": "bare"}

    async def post(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began = time.monotonic()
        at_once = DeliverySettings().webhook_in_flight_each
        await asyncio.gather(*(post(session) for _ in range(at_once)))
        return len(bodies) / (time.monotonic() - began)
