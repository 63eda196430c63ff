"""MongoDB restarted under load: no ticket is lost, and no answer is late or a 500."""

import asyncio
import time
from collections import Counter

import httpx
import pytest

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import STORE_SECONDS, Stack, pictures
from tests.waiting import until

# A transaction gives up when its time has passed; a call that began just before has its own. The
# rest is for a busy machine.
LATEST_SECONDS = 2 * STORE_SECONDS + 24


class Load:
    """Uploads without pause, and what came of them.

    Args:
        stack: The service.
        clients: How many upload at a time.
    """

    def __init__(self, stack: Stack, clients: int) -> None:
        self._stack = stack
        self.clients = clients
        self._clients = [asyncio.create_task(self._upload(n)) for n in range(clients)]
        self.tickets: list[str] = []
        self.refusals: list[httpx.Response] = []
        self.refused: set[int] = set()
        """The clients that were refused."""
        self.slowest_seconds = 0.0

    async def stop(self) -> None:
        """Let the last uploads end."""
        for client in self._clients:
            client.cancel()
        await asyncio.wait(self._clients)
        for client in self._clients:
            assert client.cancelled() or client.exception() is None, client

    async def _upload(self, number: int) -> None:
        count = 0
        while True:
            count += 1
            # Of every client's files, some are too large to be held until the acceptance.
            tail = b"-" * (1_500_000 if number == 0 else 0)
            files = [(name, data + tail) for name, data in pictures(2, f"load-{number}-{count}")]
            began = time.monotonic()
            answer = await asyncio.shield(self._stack.send(files))
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            if answer.status_code == 202:
                self.tickets.append(answer.json()["id"])
            else:
                self.refusals.append(answer)
                self.refused.add(number)
                await asyncio.sleep(0.2)  # A client pauses after a refusal.


@pytest.mark.long
@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_tickets_outlive_a_restart_of_mongodb(stack: Stack, how: str) -> None:
    worker = stack.start_worker()
    load = Load(stack, clients=8)
    await until(lambda: len(load.tickets) > 40)
    load.refused.clear()
    if how == "kill":
        stack.servers.mongodb.kill()
    else:
        stack.servers.mongodb.stop()
    # Every client has its answer while MongoDB is still away.
    await until(lambda: len(load.refused) == load.clients)
    began = time.monotonic()
    stack.servers.mongodb.start()
    tickets_before = len(load.tickets)
    await until(lambda: len(load.tickets) > tickets_before + 10)
    accepting_again = time.monotonic() - began
    await load.stop()
    assert {answer.status_code for answer in load.refusals} == {503}, Counter(
        answer.text for answer in load.refusals
    )
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in load.refusals)
    assert load.slowest_seconds < LATEST_SECONDS
    assert accepting_again < 60
    await assert_promises_kept(stack, load.tickets)
    assert await stack.count_images(status="failed") == 0
    assert worker.is_running
    assert stack.api.is_running


async def test_short_outage_of_mongodb_is_waited_out(stack: Stack) -> None:
    stack.start_worker()
    stack.servers.mongodb.kill()
    uploading = [asyncio.create_task(stack.ticket(pictures(1, f"short-{n}"))) for n in range(6)]
    stack.servers.mongodb.start()
    await assert_promises_kept(stack, await asyncio.gather(*uploading))
