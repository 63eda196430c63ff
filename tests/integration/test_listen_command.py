"""The command ``minilab webhooks listen``: verifies and prints deliveries, and nothing else."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from deploy.servers.ports import find_free_port
from tests.command_line import Ended, environment_of, run_process, start
from tests.pictures import draw
from tests.service import Service
from tests.waiting import until
from tests.webhooks import ALLOWED, allow_local_receivers, delivering

pytestmark = pytest.mark.one_service

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"type": "job.finished", "timestamp": "2026-11-21T09:30:01Z", "data": {"n": 1}})
NO_SERVICE = {"MINILAB_URL": "http://127.0.0.1:1"}


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    return allow_local_receivers(environ)


def sign(secret: str, message_id: str = "msg_1") -> dict[str, str]:
    """Make the headers of a delivery of this moment."""
    now = datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, BODY),
    }


@asynccontextmanager
async def listening(secret: str, *arguments: str) -> AsyncIterator[tuple[str, asyncio.Task[Ended]]]:
    """Run the command with a secret, and give where it listens and how it will end."""
    url = f"http://127.0.0.1:{find_free_port()}/"
    environment = NO_SERVICE | {"MINILAB_WEBHOOK_SECRET": secret}
    ending = asyncio.create_task(
        run_process(
            *("webhooks", "listen", "--json", "--port", url.rsplit(":", 1)[1].strip("/")),
            *arguments,
            environment=environment,
        )
    )
    async with httpx.AsyncClient() as client:

        async def listens() -> bool:
            assert not ending.done()
            try:
                await client.get(url)
            except httpx.TransportError:
                return False
            return True

        await until(listens)
    yield url, ending


async def test_events_of_a_service_arrive(working_service: Service) -> None:
    arguments = ("--port", "0", "--event", "job.finished", "--test", "--limit", "2", "--json")
    async with delivering(working_service, **ALLOWED):
        ending = asyncio.create_task(
            run_process(
                "webhooks", "listen", *arguments, environment=environment_of(working_service)
            )
        )
        await until(lambda: working_service.count("webhook_endpoints"))
        job = await working_service.process([("a.jpg", draw())])
        ended = await ending
    assert ended.code == 0, ended.err
    arrivals = {line["event"]["type"]: line for line in map(json.loads, ended.text.splitlines())}
    assert arrivals.keys() == {"webhook.test", "job.finished"}
    finished = arrivals["job.finished"]
    assert finished["event"]["data"]["job_id"] == job["id"]
    assert (finished["verified"], finished["again"]) == (True, False)
    assert finished["id"].startswith("msg_")
    left = (await working_service.client.get("/v1/webhooks")).json()["items"]
    assert left == []


async def test_what_is_signed_by_another_is_refused() -> None:
    other = "whsec_" + "A" * 32
    async with listening(SECRET, "--limit", "4") as (url, ending), httpx.AsyncClient() as client:
        answers = [
            await client.post(url, content=BODY, headers=headers)
            for headers in (sign(SECRET), sign(SECRET), sign(other, "msg_2"), {})
        ]
        ended = await ending
    assert [answer.status_code for answer in answers] == [200, 200, 401, 401]
    assert ended.code == 1
    lines = [json.loads(line) for line in ended.text.splitlines()]
    assert [(line["verified"], line["again"]) for line in lines] == [
        (True, False),
        (True, True),
        (False, False),
        (False, False),
    ]
    assert lines[0]["event"] == json.loads(BODY)
    assert lines[2]["refusal"]


async def test_any_answer_can_be_tried() -> None:
    arguments = ("--answer", "503", "--limit", "1")
    async with listening(SECRET, *arguments) as (url, ending), httpx.AsyncClient() as client:
        answer = await client.post(url, content=BODY, headers=sign(SECRET))
        assert (await ending).code == 0
    assert answer.status_code == 503


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_webhook_goes_with_its_listener(
    service: Service, number: signal.Signals, code: int
) -> None:
    """The service need not be reached for deliveries to be asked to end them."""
    command = ("webhooks", "listen", "--port", "0")
    process = await start(*command, environment=environment_of(service))
    assert process.stderr is not None
    async with asyncio.timeout(120):
        assert b"Listening" in await process.stderr.readline()
    assert await service.count("webhook_endpoints") == 1
    process.send_signal(number)
    _, told = await process.communicate()
    assert process.returncode == code
    assert b"Traceback" not in told
    assert (await service.client.get("/v1/webhooks")).json()["items"] == []


async def test_what_is_no_secret_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_!\n")
    ended = await run_process(
        "webhooks", "listen", "--port", "0", "--secret-file", tmp_path / "secret"
    )
    assert (ended.code, "the secret is none" in ended.err) == (2, True)
