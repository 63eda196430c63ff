"""The API killed while it accepts; images deleted while they are worked on."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api.__main__ import allow_connections
from storage.mongo.client import read_clock
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.waiting import until


async def test_tickets_outlive_a_killed_api(stack: Stack) -> None:
    stack.start_worker()
    tickets: list[str] = []
    for crash in range(2):
        uploading = [
            asyncio.create_task(upload_until_cut_off(stack, f"api-{crash}-{n}", tickets))
            for n in range(16)
        ]
        given = len(tickets)
        await until(lambda n=given: len(tickets) > n + 30)  # type: ignore[misc]
        stack.api.kill()
        await asyncio.wait(uploading)
        stack.start_api()
    assert len(tickets) > 60
    await assert_promises_kept(stack, tickets)


async def test_upload_that_is_cut_off_leaves_nothing(stack: Stack) -> None:
    stack.start_worker()

    async def body() -> AsyncIterator[bytes]:
        yield b'--cut\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'
        yield pictures(1, "cut")[0][1] + b"-" * 4_000_000
        stack.api.kill()
        yield b"-" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    with pytest.raises(httpx.TransportError):
        await stack.client.post("/v1/jobs", content=body(), headers=headers)
    stack.start_api()
    ticket = await stack.ticket(pictures(2, "next"))
    await assert_promises_kept(stack, [ticket])


@pytest.mark.parametrize("deleted", ["one", "all"])
async def test_job_settles_when_images_are_deleted_while_it_runs(
    stack: Stack, deleted: str
) -> None:
    stack.start_worker()
    ticket = await stack.ticket(pictures(12, f"deleted-{deleted}", large=True))
    await until(stack.are_processing)
    items = (await stack.client.get(f"/v1/jobs/{ticket}")).json()["items"]
    doomed = items if deleted == "all" else items[-1:]
    for item in doomed:
        answer = await stack.client.delete(f"/v1/images/{item['image_id']}")
        assert answer.status_code == 204, answer.text
    await assert_promises_kept(stack, [ticket])
    job = (await stack.client.get(f"/v1/jobs/{ticket}")).json()
    assert len(job["items"]) == 12 - len(doomed)


async def test_no_connection_is_refused_while_the_api_is_frozen(stack: Stack) -> None:
    address = httpx.URL(stack.client.base_url)
    kept = min(4096, int(Path("/proc/sys/net/core/somaxconn").read_text()))
    allow_connections()
    stack.api.freeze()
    with ExitStack() as opened:
        for _ in range(kept + kept // 4):
            opened.enter_context(socket.create_connection((address.host, address.port), timeout=5))
        stack.api.resume()
    assert (await stack.client.get("/healthz")).status_code == 200


async def upload_until_cut_off(stack: Stack, name: str, tickets: list[str]) -> None:
    count = 0
    while True:
        count += 1
        tail = b"-" * (1_500_000 if name.endswith("-0") else 0)
        files = [(file, data + tail) for file, data in pictures(2, f"{name}-{count}")]
        try:
            answer = await stack.send(files)
        except httpx.TransportError:
            return
        assert answer.status_code == 202, answer.text
        tickets.append(answer.json()["id"])


async def test_idempotency_key_of_a_killed_api_is_free_within_seconds(stack: Stack) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=cut", "Idempotency-Key": "k1"}
    records = stack.stores.database["idempotency"]

    async def endless() -> AsyncIterator[bytes]:
        yield b'--cut\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'
        await until(lambda: records.find_one({}))
        stack.api.kill()
        yield b"-" * 1_000_000

    with pytest.raises(httpx.TransportError):
        await stack.client.post("/v1/jobs", content=endless(), headers=headers)
    killed_at = await read_clock(stack.stores.database)
    record = await records.find_one({})
    assert record is not None
    assert record["held_until"] <= killed_at + timedelta(seconds=10)
    stack.start_api()

    async def is_accepted() -> httpx.Response | None:
        answer = await stack.send(pictures(1, "again"), **{"Idempotency-Key": "k1"})
        return answer if answer.status_code == 202 else None

    answer = await until(is_accepted)
    stack.start_worker()
    await assert_promises_kept(stack, [answer.json()["id"]])
