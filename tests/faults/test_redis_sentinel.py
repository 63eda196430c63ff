"""The master of Redis dies or freezes, and Sentinels make the replica the master."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from arq.constants import default_queue_name

from benchmarks.harness.receivers import Receivers
from chaos.fleet.sentinels import Guarded, guarded_redis
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.process import ServerProcess
from storage.clock import utc_now
from storage.queue.hints import MARKER
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures, running_stack
from tests.faults.test_delivery_faults import DELIVERING, make_webhook
from tests.faults.test_mongodb_faults import Load
from tests.waiting import until

CLIENTS = 4


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    with guarded_redis(tmp_path) as running:
        yield running


@pytest.fixture
async def guarded_stack(
    guarded: Guarded, fragile_servers: EmbeddedServers, tmp_path: Path
) -> AsyncIterator[Stack]:
    named = ServerProcess("redis", [], url=guarded.url, is_ready=lambda: True, output=tmp_path)
    servers = EmbeddedServers((fragile_servers.mongodb, named))
    async with running_stack(servers, tmp_path, **DELIVERING) as stack:
        yield stack


@pytest.mark.long
@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_failover_of_redis_loses_nothing(
    guarded: Guarded, guarded_stack: Stack, receivers: Receivers, how: str
) -> None:
    stack = guarded_stack
    await make_webhook(stack, receivers.url("ok"))
    worker, deliverer = stack.start_worker(), stack.start_deliverer()
    load = Load(stack, clients=CLIENTS)
    await until(lambda: len(load.tickets) > 10)
    first, second = guarded.redis
    if how == "killed":
        first.kill()
    else:
        first.freeze()
    given = len(load.tickets)
    await until(lambda: len(load.tickets) > given + 10)  # Also while there is no master.
    await until(lambda: guarded.master() is second)
    given = len(load.tickets)
    await until(lambda: len(load.tickets) > given + 10)
    await load.stop()
    assert load.refusals == []
    await assert_promises_kept(stack, load.tickets)
    assert await stack.count_images(status={"$ne": "succeeded"}) == 0
    accepted = sorted(await stack.stores.database["jobs"].distinct("_id"))
    assert set(load.tickets) <= set(accepted)  # The last uploads were answered after the load.
    await until(lambda: finished_jobs(receivers) == accepted)
    assert worker.is_running
    assert deliverer.is_running
    assert stack.api.is_running
    for process in (worker, deliverer, stack.api):
        assert "Traceback" not in stack.log(process)


async def test_hints_that_the_new_master_lacks_are_sent_again(
    guarded: Guarded, guarded_stack: Stack
) -> None:
    stack, redis = guarded_stack, guarded_stack.stores.redis
    first, second = guarded.redis
    assert await stack.stores.hints.were_wiped()
    assert not await stack.stores.hints.were_wiped()
    ticket = await stack.ticket(pictures(8, "unreplicated"))
    await until(lambda: redis.zcard(default_queue_name))
    # They were looked after just before, and would be again in ten minutes only.
    later = {"$set": {"due_at": utc_now() + timedelta(seconds=600)}}
    await stack.stores.database["images"].update_many({"job_id": ticket}, later)
    first.kill()
    await until(lambda: guarded.master() is second)
    last_writes = [key async for key in redis.scan_iter("*") if key != MARKER.encode()]
    # Of the others, some expire by themselves.
    assert default_queue_name.encode() in last_writes
    await redis.delete(*last_writes)
    stack.start_worker()
    await assert_promises_kept(stack, [ticket])


def finished_jobs(receivers: Receivers) -> list[str]:
    """Return the jobs whose end was delivered; one for each message ID."""
    events = {message.id: json.loads(message.body) for message in receivers.sent_to("ok")}
    return sorted(
        event["data"]["job_id"] for event in events.values() if event["type"] == "job.finished"
    )
