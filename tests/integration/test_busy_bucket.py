"""A bucket that is busy or does not answer: nothing is lost, and no attempt is used up."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from deploy.servers.seaweedfs import ObjectServers
from tests.busy_bucket import BusyBucket, Mood, busy_bucket
from tests.pictures import draw
from tests.service import Service, running_service
from tests.stores import S3
from tests.waiting import until

pytestmark = pytest.mark.stores(S3)

UPLOADS = 6


@pytest.fixture
async def bucket(objects: ObjectServers) -> AsyncIterator[BusyBucket]:
    async with busy_bucket(objects.endpoint) as bucket:
        yield bucket


@pytest.fixture
async def strained(
    environ: dict[str, str], objects: ObjectServers, bucket: BusyBucket
) -> AsyncIterator[Service]:
    """A service whose bucket has moods."""
    url = objects.blob_url(environ["MINILAB_MONGODB_DATABASE"], bucket.endpoint)
    own = {"MINILAB_BLOB_URL": url, "MINILAB_STORE_TIMEOUT_SECONDS": "2"}
    async with running_service(environ | own) as service:
        yield service


async def _ended_well(service: Service, job_ids: list[str]) -> bool:
    """Wait for the end of jobs: each image succeeded at its first attempt."""
    for job_id in job_ids:
        assert (await service.job(job_id))["status"] == "succeeded"
    images = service.stores.database["images"]
    found = [image async for image in images.find({"job_id": {"$in": job_ids}})]
    return {(image["status"], image["attempts"]) for image in found} == {("succeeded", 1)}


async def test_uploads_to_a_busy_bucket_are_accepted_or_told_when_to_come_again(
    strained: Service, bucket: BusyBucket
) -> None:
    bucket.mood = Mood.OFTEN_BUSY
    answers = await asyncio.gather(
        *(strained.send([(f"{n}.jpg", draw(seed=n))]) for n in range(UPLOADS))
    )
    assert bucket.refused
    assert {answer.status_code for answer in answers} <= {202, 503}
    bucket.mood = Mood.WELL
    accepted = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    for answer in answers:
        assert answer.status_code == 202 or int(answer.headers["Retry-After"]) > 0
    async with strained.working():
        assert not accepted or await _ended_well(strained, accepted)


@pytest.mark.parametrize("mood", [Mood.BUSY, Mood.FROZEN])
async def test_large_files_are_refused_and_small_ones_accepted_meanwhile(
    strained: Service, bucket: BusyBucket, mood: Mood
) -> None:
    bucket.mood = mood
    refused = await strained.send([("a.jpg", draw())])
    assert (refused.status_code, refused.json()["code"]) == (503, "bytes_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    small = await strained.send([("a.txt", b"no picture")])
    assert small.status_code == 202
    assert await strained.count("images") == 0
    bucket.thaw()

    async def is_accepted() -> bool:
        return (await strained.send([("a.jpg", draw())])).status_code == 202

    await until(is_accepted)


async def test_work_waits_for_a_busy_bucket_and_uses_no_attempt_up(
    strained: Service, bucket: BusyBucket
) -> None:
    answer = await strained.send([("a.jpg", draw(seed=1)), ("b.jpg", draw(seed=2))])
    assert answer.status_code == 202
    bucket.mood = Mood.BUSY
    async with strained.working():
        await until(lambda: bucket.refused > UPLOADS)
        assert await strained.stores.database["images"].count_documents({"finished_at": None}) == 2
        bucket.mood = Mood.WELL
        assert await _ended_well(strained, [answer.json()["id"]])
