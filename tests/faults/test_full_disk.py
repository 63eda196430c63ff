"""MongoDB that has no room: uploads are refused, nothing is left behind, and all goes on after.

The server itself answers as it would, through its own fail point, on the wire and everywhere.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.servers.embedded import EmbeddedServers
from deploy.servers.mongodb import mongodb_command, mongodb_is_ready, mongodb_url
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.programs import find_mongod
from storage.errors import OUT_OF_DISK_SPACE
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures, running_stack

LARGE = b"-" * 4_000_000  # Written while it arrives; a small file waits for the acceptance.


@pytest.fixture
def test_mongod(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with fail points."""
    program, port = find_mongod(), find_free_port()
    if program is None:
        pytest.skip("needs mongod itself")
    folder = tmp_path / "mongod"
    folder.mkdir()
    command = mongodb_command(program, port, folder, 0.25, key_file=None)
    server = ServerProcess(
        "mongodb",
        [*command, "--setParameter", "enableTestCommands=1"],
        url=mongodb_url(program, port, password=""),
        is_ready=lambda: mongodb_is_ready(program, port, password=""),
        output=tmp_path / "mongod.log",
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def full_stack(
    test_mongod: ServerProcess, fragile_servers: EmbeddedServers, tmp_path: Path
) -> AsyncIterator[Stack]:
    servers = EmbeddedServers((test_mongod, fragile_servers.redis))
    async with running_stack(servers, tmp_path) as stack:
        yield stack


async def fill_disk(stack: Stack, *, full: bool) -> None:
    """Have every insert and update refused, or take them again."""
    data = {"failCommands": ["insert", "update"], "errorCode": OUT_OF_DISK_SPACE}
    mode = "alwaysOn" if full else "off"
    await stack.stores.client.admin.command(
        "configureFailPoint", "failCommand", mode=mode, data=data
    )


async def test_uploads_are_refused_while_the_disk_is_full(full_stack: Stack) -> None:
    stack = full_stack
    worker = stack.start_worker()
    before = await stack.ticket(pictures(2, "before"))
    await stack.job(before)
    await fill_disk(stack, full=True)
    small = pictures(2, "small")
    large = [(name, data + LARGE) for name, data in pictures(1, "large")]
    for files in (small, large, [*small, *large]):
        answer = await stack.send(files, **{"Idempotency-Key": "again"})
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_full"), answer.text
        assert int(answer.headers["retry-after"]) >= 1
    assert (await stack.client.get(f"/v1/jobs/{before}")).status_code == 200
    await fill_disk(stack, full=False)
    assert await stack.stores.database["jobs"].count_documents({}) == 1
    assert await stack.stores.database["blobs.files"].count_documents({}) == 2
    after = [await stack.ticket(small), await stack.ticket(large)]
    await assert_promises_kept(stack, [before, *after])
    assert await stack.count_images(status="failed") == 0
    assert worker.is_running


async def test_work_goes_on_after_a_full_disk(full_stack: Stack) -> None:
    stack = full_stack
    tickets = [await stack.ticket(pictures(6, f"queued-{n}")) for n in range(2)]
    worker = stack.start_worker()
    await fill_disk(stack, full=True)
    job = await stack.client.get(f"/v1/jobs/{tickets[0]}", headers={"Prefer": "wait=3"})
    assert job.status_code == 200
    await fill_disk(stack, full=False)
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(status="failed") == 0
    assert worker.is_running
