"""Processes that start before their servers, and an API that has to stop."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.servers.ports import accepts_connections
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.waiting import until

BOUNDARY = {"Content-Type": "multipart/form-data; boundary=cut"}
HEAD = b'--cut\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'


async def is_ready(stack: Stack) -> bool:
    return (await stack.client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("first", ["mongodb", "redis"])
async def test_processes_wait_for_their_servers(stack: Stack, first: str) -> None:
    servers = {"mongodb": stack.servers.mongodb, "redis": stack.servers.redis}
    stack.api.kill()
    for server in servers.values():
        server.stop()
    stack.start_api()
    worker = stack.start_worker(wait=False)
    waited = (await stack.client.get("/readyz")).json()["parts"]
    assert (waited["mongodb"], waited["redis"]) == (False, False)
    assert (await stack.send(pictures(1, "early"))).status_code == 503
    pid = stack.api.pid
    servers.pop(first).start()
    assert not await is_ready(stack)
    for server in servers.values():
        server.start()
    await until(lambda: is_ready(stack))
    ticket = await stack.ticket(pictures(4, "ready"))
    await assert_promises_kept(stack, [ticket])
    assert worker.is_running
    assert stack.api.is_running
    assert stack.api.pid == pid


async def test_upload_that_is_on_its_way_gets_its_ticket_from_an_api_that_stops(
    stack: Stack,
) -> None:
    ((_, picture),) = pictures(1, "draining")
    port = stack.client.base_url.port
    assert port is not None

    async def body() -> AsyncIterator[bytes]:
        yield HEAD + picture
        yield b"-" * 4_000_000
        stack.api.terminate()
        await until(lambda: not accepts_connections(port))
        yield b"-" * 4_000_000
        yield b"\r\n--cut--\r\n"

    answer = await stack.client.post("/v1/jobs", content=body(), headers=BOUNDARY)
    assert answer.status_code == 202, answer.text
    assert await asyncio.to_thread(stack.api.wait_ended, 20)
    assert stack.api.exit_code in {0, -signal.SIGTERM}, "it ends by itself, not by force"
    stack.start_api()
    stack.start_worker()
    await assert_promises_kept(stack, [answer.json()["id"]])


async def test_api_that_stops_waits_no_longer_than_its_drain_time(stack: Stack) -> None:
    stack.api.kill()
    stack.environ["MINILAB_DRAIN_SECONDS"] = "1"
    api = stack._make("api", stack._api_is_ready)
    api.start(30)
    is_sending, is_over = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield HEAD + pictures(1, "endless")[0][1] + b"-" * 4_000_000
        is_sending.set()
        await is_over.wait()

    async def upload() -> None:
        with pytest.raises(httpx.TransportError):
            await stack.client.post("/v1/jobs", content=endless(), headers=BOUNDARY)

    uploading = asyncio.create_task(upload())
    await is_sending.wait()
    began = time.monotonic()
    api.terminate()
    assert await asyncio.to_thread(api.wait_ended, 30)
    assert time.monotonic() - began < 20
    is_over.set()
    uploading.cancel()
    await asyncio.wait([uploading])
    api.start(30)
    stack.start_worker()
    await assert_promises_kept(stack, [await stack.ticket(pictures(2, "after"))])


async def test_held_answers_do_not_keep_an_api_that_stops(stack: Stack) -> None:
    """Many wait for a job that no worker takes up; each gets it as it stands, and soon."""
    ticket = await stack.ticket(pictures(2, "held"))
    path, held = f"/v1/jobs/{ticket}", 400
    limits = httpx.Limits(max_connections=held + 2)
    async with httpx.AsyncClient(
        base_url=stack.client.base_url,
        headers=stack.client.headers,
        limits=limits,
        timeout=60,
        trust_env=False,
    ) as client:
        waits = [
            asyncio.create_task(client.get(path, headers={"Prefer": "wait=30"}))
            for _ in range(held)
        ]
        upload = asyncio.create_task(
            client.post(
                "/v1/jobs",
                files=[("file", file) for file in pictures(1, "too")],
                headers={"Prefer": "wait=30"},
            )
        )

        async def are_held() -> bool:
            metrics = (await stack.client.get("/metrics")).text
            return f"minilab_listeners {held + 1}.0" in metrics

        await until(are_held)
        stack.api.terminate()
        answers = await asyncio.gather(*waits)
        accepted = await upload
    assert await asyncio.to_thread(stack.api.wait_ended, 25), "before the end of the waits"
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["status"] for answer in answers} == {"queued"}
    assert {len(answer.json()["items"]) for answer in answers} == {2}
    assert accepted.status_code == 202
    assert "Traceback" not in stack.log(stack.api)
    stack.start_api()
    stack.start_worker()
    await assert_promises_kept(stack, [ticket, accepted.json()["id"]])


async def test_upload_that_outlasts_the_drain_time_is_answered_with_a_problem(
    stack: Stack,
) -> None:
    stack.api.kill()
    stack.environ["MINILAB_DRAIN_SECONDS"] = "1"
    api = stack._make("api", stack._api_is_ready)
    api.start(30)
    port = stack.client.base_url.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [
        "POST /v1/jobs HTTP/1.1",
        "Host: x",
        f"Authorization: {stack.client.headers['Authorization']}",
        f"Content-Type: {BOUNDARY['Content-Type']}",
        "Content-Length: 1000000",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + HEAD)
    # Another request on the same process is answered: it has begun to read the upload.
    assert (await stack.client.get("/healthz")).status_code == 200
    api.terminate()
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"unavailable"' in answer
    assert b"retry-after: " in answer.lower()
    assert await asyncio.to_thread(api.wait_ended, 30)
    assert "Traceback" not in stack.log(api)
