"""One image on an idle service: how many commands MongoDB gets, and when a client sees the end."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from domain.job_changes import JobChange
from domain.jobs import TERMINAL
from storage.queue.head_starts import CHANNEL, EarlyImage
from tests.commands import Commands, noted_commands
from tests.pictures import draw
from tests.service import Service
from tests.waiting import until

UPLOADS = 8
MOST_UPLOADS = 50
"""On a busy machine, background tasks send commands during most uploads."""
COMMANDS_OF_UPLOAD = 13
"""The claim and the read are sent at the same time, and both writes of the thumbnail beside the
transaction of the end: ten round trips in a row."""

ACCEPTANCE = ["update blobs.files", "insert blobs.chunks", "insert images", "insert jobs"]
"""One after another, in one transaction."""
END = ["update blobs.files", "update images", "update jobs", "commitTransaction 1"]
"""Likewise."""


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    """The commands of all clients that are made from here on."""
    with noted_commands() as noted:
        yield noted


def _fewest(found: list[list[str]]) -> list[str]:
    """Give the shortest list: the others have commands of background tasks too."""
    return min(found, key=len)


async def test_upload_of_one_image_takes_few_round_trips(
    commands: Commands, service: Service
) -> None:
    found: list[list[str]] = []
    async with service.working():
        while len(found) < MOST_UPLOADS and COMMANDS_OF_UPLOAD not in map(len, found):
            commands.sent.clear()
            answer = await service.send([("a.png", draw(seed=len(found)))], wait=30)
            found.append([*commands.sent])
            assert answer.json()["status"] == "succeeded"
    sent = _fewest(found)
    assert len(sent) == COMMANDS_OF_UPLOAD, sent
    assert [one for one in sent if "variants" not in one][-len(END) :] == END


@pytest.mark.parametrize(
    ("headers", "more"), [({}, []), ({"Idempotency-Key": "k"}, ["update idempotency"])]
)
async def test_acceptance_is_one_transaction_of_few_commands(
    commands: Commands, service: Service, headers: dict[str, str], more: list[str]
) -> None:
    found = []
    for number in range(UPLOADS):
        own = {name: f"{value}{number}" for name, value in headers.items()}
        files = [("file", ("a.png", draw(seed=number)))]
        commands.sent.clear()
        answer = await service.client.post("/v1/jobs", files=files, headers=own)
        found.append([*commands.sent])
        assert answer.status_code == 202
    assert _fewest(found) == [*ACCEPTANCE, *more, "commitTransaction 1"]


async def test_estimate_is_read_while_the_upload_is_accepted(
    commands: Commands, service: Service
) -> None:
    async def sent_in_order() -> list[str]:
        commands.sent.clear()
        await service.client.post("/v1/jobs", files=[("file", ("a.png", draw()))])
        return [*commands.sent]

    async def reads_first() -> bool:
        sent = await sent_in_order()
        return "find workers" in sent and sent.index("find workers") < sent.index(
            "commitTransaction 1"
        )

    await until(reads_first)


async def test_answer_from_the_notice_is_what_a_read_gives(service: Service) -> None:
    files = [("a.png", draw()), ("b.txt", b"text")]
    async with service.working():
        told = (await service.send(files, wait=30, tags="one,two")).json()
    read = await service.client.get(f"/v1/jobs/{told['id']}")
    assert read.json() == told
    assert (told["status"], told["poll_after_ms"]) == ("partial", None)


async def test_poll_is_one_read(commands: Commands, service: Service) -> None:
    async with service.working():
        job = await service.process([("a.png", draw()), ("b.png", draw(seed=1))])
    found = []
    for _ in range(UPLOADS):
        commands.sent.clear()
        await service.client.get(f"/v1/jobs/{job['id']}")
        found.append([*commands.sent])
    assert _fewest(found) == ["aggregate jobs"]


@pytest.mark.parametrize("poll_ms", [20, 100, 1000])
async def test_first_poll_after_the_end_shows_it(service: Service, poll_ms: int) -> None:
    ended_at: list[float] = []

    def hear(change: JobChange) -> None:
        if change.status in TERMINAL:
            ended_at.append(time.monotonic())

    service.stores.job_events.hear_changes(hear)
    async with service.working():
        job = (await service.send([("a.png", draw(seed=poll_ms))])).json()
        assert 20 <= job["poll_after_ms"] <= 30_000
        polls = []
        while job["status"] not in TERMINAL:
            await asyncio.sleep(poll_ms / 1000)  # The client's pause.
            sent_at = time.monotonic()
            job = (await service.client.get(f"/v1/jobs/{job['id']}")).json()
            polls.append((sent_at, job["status"]))
    after = [status for sent_at, status in polls if ended_at and sent_at > ended_at[0]]
    assert len(after) <= 1
    assert job["poll_after_ms"] is None


async def test_work_of_a_single_image_begins_before_its_claim(service: Service) -> None:
    seen: list[EarlyImage] = []
    hearing = asyncio.create_task(service.stores.head_starts.hear(seen.append))

    async def is_heard() -> bool:
        ((_, listeners),) = await service.stores.redis.pubsub_numsub(CHANNEL)
        return bool(listeners)

    await until(is_heard)
    content = draw()
    await service.send([("a.png", content)], operations="faces")
    await until(lambda: bool(seen))
    assert seen == [EarlyImage(content, "jpeg", ("faces",))]
    await service.send([("a.png", draw(seed=1)), ("b.png", draw(seed=2))])
    await service.send([("a.png", draw(seed=3))])
    await until(lambda: len(seen) > 1)
    assert [image.data for image in seen] == [content, draw(seed=3)]
    hearing.cancel()
