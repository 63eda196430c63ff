"""Following a ticket: versions, waiting, and what an unfinished job says."""

import asyncio
import time

import httpx
import pytest

from domain.fairness.estimates import UNKNOWN_RETRY_SECONDS
from tests.pictures import draw
from tests.service import Service
from tests.times import moment

PICTURE = ("a.png", draw(kind="PNG"))


async def _get(service: Service, job_id: str, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await service.client.get(f"/v1/jobs/{job_id}", headers=names)


async def test_ticket_is_complete_and_the_status_route_agrees(service: Service) -> None:
    answer = await service.send([PICTURE, ("b.txt", b"text")], user_id="u1", operations="faces")
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert "preference-applied" not in answer.headers
    assert (job["status"], job["version"], job["finished_at"]) == ("queued", 1, None)
    assert (job["user_id"], job["operations"]) == ("u1", ["faces"])
    assert job["progress"] == {"done": 0, "failed": 1, "total": 2}
    assert job["created_at"].endswith("Z")
    status = await service.client.get(answer.headers["location"])
    assert status.json() == job
    assert int(status.headers["retry-after"]) >= 1


async def test_answers_304_for_known_version(working_service: Service) -> None:
    job = await working_service.process([PICTURE])
    first = await _get(working_service, job["id"])
    etag = first.headers["etag"].removeprefix("W/")  # Weak, if the answer was compressed.
    assert first.headers["cache-control"] == "no-store"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await _get(working_service, job["id"], If_None_Match=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"].removeprefix("W/") == etag
    for unknown in ('"other"', "junk", etag.strip('"') + "0", ",,,"):
        answer = await _get(working_service, job["id"], If_None_Match=unknown)
        assert answer.status_code == 200, unknown


async def test_etag_and_version_change_with_the_job(service: Service) -> None:
    job = (await service.send([PICTURE])).json()
    before = await _get(service, job["id"])
    async with service.working():
        after = await service.job(job["id"])
    assert after["version"] > job["version"]
    answer = await _get(service, job["id"], If_None_Match=before.headers["etag"])
    assert answer.status_code == 200
    assert answer.headers["etag"] != before.headers["etag"]
    assert moment(after["finished_at"]) >= moment(after["created_at"])
    assert "retry-after" not in answer.headers


async def test_waiting_returns_when_the_job_ends(service: Service) -> None:
    job = (await service.send([PICTURE])).json()
    waiting = asyncio.create_task(_get(service, job["id"], Prefer="wait=30"))
    async with service.working():
        answer = await waiting
    assert answer.json()["status"] == "succeeded"
    assert answer.elapsed.total_seconds() < 30
    assert answer.headers["preference-applied"] == "wait=30"


async def test_waiting_returns_after_its_time(service: Service) -> None:
    job = (await service.send([PICTURE])).json()
    started = time.monotonic()
    answer = await _get(service, job["id"], Prefer="wait=1")
    assert 1 <= time.monotonic() - started < 20
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert answer.headers["preference-applied"] == "wait=1"
    assert int(answer.headers["retry-after"]) >= 1


async def test_upload_that_waits_in_vain_answers_202(service: Service) -> None:
    answer = await service.send([PICTURE], wait=1)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.headers["location"]
    assert answer.headers["retry-after"]


async def test_upload_that_waits_long_enough_answers_200(working_service: Service) -> None:
    answer = await working_service.send([PICTURE], wait=30)
    job = answer.json()
    assert (answer.status_code, job["status"]) == (200, "succeeded")
    assert job["progress"] == {"done": 5, "failed": 0, "total": 5}
    assert job["queue"] == {"position": 0, "eta_seconds": 0.0}
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=31", "wait=30"),
        ("wait=99999999999999999999", "wait=30"),
        ("respond-async, wait=100", "wait=30"),
        ("respond-async; wait=7", "wait=7"),
        ('wait="5"', "wait=5"),
        ("Wait=5", "wait=5"),
        ("wait=0", "wait=0"),
    ],
)
async def test_applies_at_most_30_seconds(service: Service, prefer: str, applied: str) -> None:
    job = (await service.send([("a.txt", b"text")])).json()
    answer = await _get(service, job["id"], Prefer=prefer)
    assert answer.headers["preference-applied"] == applied


async def test_ignores_preferences_that_it_cannot_read(service: Service) -> None:
    job = (await service.send([PICTURE])).json()
    junk = ["wait=abc", "wait=-5", "wait=1.5", "wait=", "wait", "=", ";;;,,,", '"', "x" * 1000]
    for prefer in [*junk, "wait=" + "9" * 300 + "x", "return=minimal", ""]:
        answer = await _get(service, job["id"], Prefer=prefer)
        assert answer.status_code == 200, answer.text
        assert "preference-applied" not in answer.headers
        assert answer.elapsed.total_seconds() < 20


async def test_tells_how_many_images_are_ahead(service: Service) -> None:
    await service.send([PICTURE, ("b.png", draw(seed=1))])
    job = (await service.send([("c.png", draw(seed=2))])).json()
    answer = (await _get(service, job["id"])).json()
    assert answer["queue"]["position"] == 2


async def test_says_nothing_of_the_time_while_nobody_works(service: Service) -> None:
    answer = await service.send([PICTURE])
    assert answer.json()["queue"] == {"position": 0, "eta_seconds": None}
    assert answer.headers["retry-after"] == str(UNKNOWN_RETRY_SECONDS)
