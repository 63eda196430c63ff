"""A primary that steps down, and one that dies and leaves the set to the others."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.servers.embedded import EmbeddedServers
from deploy.servers.mongodb import HOST, mongodb_command
from deploy.servers.ports import accepts_connections, find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.programs import find_mongod
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures, running_stack
from tests.faults.test_mongodb_faults import LATEST_SECONDS, Load
from tests.waiting import block_until, until

Hello = dict[str, Any]
QUICK_ELECTIONS = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
STORE_SECONDS = 20
"""The default of the service; the other tests have a shorter one."""


def _hello(port: int) -> Hello:
    with MongoClient[Hello](HOST, port, directConnection=True) as client:
        return client.admin.command("hello")


@pytest.fixture
def replica_set(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[ServerProcess]]:
    """Three nodes that elect another primary within seconds, or by the settings of the test."""
    elections = getattr(request, "param", QUICK_ELECTIONS)
    program = find_mongod()
    if program is None:
        pytest.skip("needs mongod itself")
    nodes = []
    ports = [find_free_port() for _ in range(3)]
    members = [{"_id": n, "host": f"{HOST}:{port}"} for n, port in enumerate(ports)]
    url = f"mongodb://{','.join(str(member['host']) for member in members)}/?replicaSet=rs0"
    try:
        for number, port in enumerate(ports):
            folder = tmp_path / f"node-{number}"
            folder.mkdir()
            node = ServerProcess(
                "mongodb",
                mongodb_command(program, port, folder, 0.25, key_file=None),
                url=url,
                is_ready=lambda port=port: accepts_connections(port),  # type: ignore[misc]
                output=tmp_path / f"node-{number}.log",
            )
            nodes.append(node)
            node.start()
        config = {"_id": "rs0", "members": members, "settings": elections}
        with MongoClient[Hello](HOST, ports[0], directConnection=True) as client:
            client.admin.command("replSetInitiate", config)
        block_until(lambda: any(_hello(port)["isWritablePrimary"] for port in ports))
        yield nodes
    finally:
        for node in nodes:
            node.kill()


@pytest.fixture
async def replicated_stack(
    replica_set: list[ServerProcess], fragile_servers: EmbeddedServers, tmp_path: Path
) -> AsyncIterator[Stack]:
    servers = EmbeddedServers((replica_set[0], fragile_servers.redis))
    async with running_stack(servers, tmp_path) as stack:
        yield stack


async def test_primary_that_steps_down_loses_nothing(stack: Stack) -> None:
    worker = stack.start_worker()
    load = Load(stack, clients=6)
    admin = stack.stores.client.admin
    for _ in range(3):
        given = len(load.tickets)
        await until(lambda n=given: len(load.tickets) > n + 20)  # type: ignore[misc]
        await admin.command("replSetStepDown", 2, secondaryCatchUpPeriodSecs=0, force=True)
    given = len(load.tickets)
    await until(lambda: len(load.tickets) > given + 20)
    await load.stop()
    assert {answer.status_code for answer in load.refusals} <= {503}
    assert load.slowest_seconds < LATEST_SECONDS
    await assert_promises_kept(stack, load.tickets)
    assert await stack.count_images(status="failed") == 0
    assert worker.is_running


async def test_another_node_takes_over_from_a_killed_primary(
    replica_set: list[ServerProcess], replicated_stack: Stack
) -> None:
    stack = replicated_stack
    worker = stack.start_worker()
    load = Load(stack, clients=6)
    await until(lambda: len(load.tickets) > 20)
    address = (await stack.stores.client.admin.command("hello"))["primary"]
    primary = next(node for node in replica_set if f"{address.split(':')[1]}" in node.command)
    primary.kill()
    given = len(load.tickets)
    await until(lambda: len(load.tickets) > given + 20)
    await load.stop()
    assert {answer.status_code for answer in load.refusals} <= {503}
    for ticket in load.tickets:
        await stack.job(ticket)
    primary.start()
    await assert_promises_kept(stack, load.tickets)
    assert (await stack.stores.client.admin.command("hello"))["primary"] != address
    assert worker.is_running
    assert stack.api.is_running


@pytest.mark.long
@pytest.mark.parametrize("replica_set", [{}], indirect=True, ids=["default times"])
async def test_requests_wait_for_an_election_of_the_default_length(
    replica_set: list[ServerProcess], fragile_servers: EmbeddedServers, tmp_path: Path
) -> None:
    servers = EmbeddedServers((replica_set[0], fragile_servers.redis))
    async with running_stack(servers, tmp_path, store_timeout_seconds=STORE_SECONDS) as stack:
        ticket = await stack.ticket(pictures(2, "before"))
        address = (await stack.stores.client.admin.command("hello"))["primary"]
        primary = next(node for node in replica_set if address.split(":")[1] in node.command)
        primary.kill()
        read, *sent = await asyncio.gather(
            stack.client.get(f"/v1/jobs/{ticket}"),
            *(stack.send(pictures(1, f"meanwhile-{n}")) for n in range(4)),
        )
        assert read.status_code == 200
        assert [answer.status_code for answer in sent] == [202] * 4
        stack.start_worker()
        tickets = [ticket, *(answer.json()["id"] for answer in sent)]
        for each in tickets:
            assert (await stack.job(each))["status"] == "succeeded"


async def test_new_primary_that_has_not_committed_denies_no_ticket(
    replica_set: list[ServerProcess], replicated_stack: Stack
) -> None:
    stack, admin = replicated_stack, replicated_stack.stores.client.admin
    config = (await admin.command("replSetGetConfig"))["config"]
    config["version"] += 1
    # It votes at once, and writes after an hour: nothing is committed without the first node.
    config["members"][2] |= {"priority": 0, "hidden": True, "secondaryDelaySecs": 3600}
    await admin.command("replSetReconfig", config)
    tickets = [await stack.ticket(pictures(1, f"late-{n}")) for n in range(5)]
    first, second, _ = (member["host"].rpartition(":")[2] for member in config["members"])
    assert _hello(int(first))["isWritablePrimary"]
    replica_set[0].kill()
    await until(lambda: _hello(int(second))["isWritablePrimary"])
    for ticket in tickets:
        answer = await stack.client.get(f"/v1/jobs/{ticket}")
        assert answer.status_code == 503, answer
    replica_set[0].start()

    async def are_known() -> bool:
        answers = [await stack.client.get(f"/v1/jobs/{ticket}") for ticket in tickets]
        assert {answer.status_code for answer in answers} <= {200, 503}
        return all(answer.status_code == 200 for answer in answers)

    await until(are_known)
