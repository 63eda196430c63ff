"""Requests that are sent again with the same Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from api.http import idempotency as holding
from storage.acceptance import idempotency
from storage.blobs.stores.chunks import LEAST_FLUSH_BYTES
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import File, Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

PHOTO: File = ("a.jpg", draw(seed=1))
OTHER: File = ("a.jpg", draw(seed=2))


async def send(
    service: Service, files: list[File], name: str = "k1", route: str = "/v1/jobs", **headers: str
) -> httpx.Response:
    parts = [("file", file) for file in files]
    sent = [(b"Idempotency-Key", name.encode("latin-1"))]
    sent += [(header.encode(), value.encode()) for header, value in headers.items()]
    return await service.client.post(route, files=parts, headers=sent)


async def test_same_key_and_content_give_same_answer_and_one_job(service: Service) -> None:
    first = await send(service, [PHOTO])
    again = await send(service, [PHOTO])
    assert first.status_code == again.status_code == 202
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert await service.count("jobs") == await service.count("images") == 1
    blob = await service.stores.database["blobs.files"].find_one({})
    assert blob is not None
    assert blob["metadata"]["images"] == 1


async def test_same_key_with_other_content_is_refused(service: Service) -> None:
    await send(service, [PHOTO])
    for files in ([OTHER], [PHOTO, OTHER], [("b.jpg", PHOTO[1])]):
        answer = await send(service, files)
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_misused"
    assert await service.count("jobs") == 1


async def test_key_of_running_request_is_in_use(service: Service) -> None:
    answers = await asyncio.gather(*(send(service, [PHOTO]) for _ in range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert set(codes) <= {202, 409}
    assert 202 in codes
    assert await service.count("jobs") == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_key_in_use"
    assert (await send(service, [PHOTO])).status_code == 202


async def test_key_belongs_to_its_owner_and_route(service: Service) -> None:
    key = await service.make_key("client", "u1")
    ids = {
        (await send(service, [PHOTO])).json()["id"],
        (await send(service, [PHOTO], route="/process")).json()["id"],
        (await send(service, [PHOTO], **authorization(key))).json()["id"],
    }
    assert len(ids) == 3


async def test_failed_request_leaves_its_key_free(service: Service) -> None:
    refused = await service.client.post(
        "/v1/jobs",
        files=[("file", PHOTO)],
        data={"operations": "nonsense"},
        headers={"Idempotency-Key": "k1"},
    )
    assert refused.status_code == 422
    assert (await send(service, [PHOTO])).status_code == 202


async def test_answer_of_waiting_request_is_given_again(working_service: Service) -> None:
    first = await send(working_service, [PHOTO], route="/process", Prefer="wait=30")
    again = await send(working_service, [PHOTO], route="/process", Prefer="wait=30")
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert await working_service.count("jobs") == 1


async def test_repetition_of_a_large_upload_is_not_written_again(service: Service) -> None:
    large: File = ("a.jpg", PHOTO[1] + bytes(2 * LEAST_FLUSH_BYTES))
    first, again = await send(service, [large]), await send(service, [large])
    assert (first.status_code, again.content) == (202, first.content)
    assert await service.count("jobs") == await service.count("blobs.files") == 1
    assert_problem(await send(service, [OTHER]), 422, "idempotency_key_misused")


async def test_repetition_is_answered_where_a_first_request_would_exceed_the_quota(
    service: Service,
) -> None:
    asked = {"role": "client", "user_id": "u1", "max_stored_bytes": len(PHOTO[1]) + 1}
    key = (await service.client.post("/v1/api-keys", json=asked)).json()["key"]
    first = await send(service, [PHOTO], **authorization(key))
    again = await send(service, [PHOTO], **authorization(key))
    assert (first.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert_problem(await send(service, [PHOTO], "k2", **authorization(key)), 413, "quota_exceeded")
    assert await service.stores.database["idempotency"].count_documents({}) == 1


async def test_repetitions_among_other_uploads_delay_none_of_them(service: Service) -> None:
    first = await send(service, [PHOTO])
    names = ["k1"] * 10 + [f"other{number}" for number in range(10)]
    answers = await asyncio.gather(*(send(service, [PHOTO], name) for name in names))
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.content for answer in answers[:10]} == {first.content}
    assert await service.count("jobs") == 11


async def test_record_that_was_lost_is_written_with_the_answer(service: Service) -> None:
    release = asyncio.Event()
    slow = asyncio.create_task(_upload_held_back(service, "k1", release))
    await until(lambda: service.count("idempotency"))
    await service.stores.database["idempotency"].delete_many({})
    release.set()
    first = await slow
    again = await send(service, [PHOTO])
    assert (first.status_code, again.content) == (202, first.content)
    assert await service.count("jobs") == 1


async def test_unusable_key_is_refused(service: Service) -> None:
    for name in ("x" * 256, "\xe9"):
        answer = await send(service, [PHOTO], name)
        assert answer.status_code == 422, name


async def test_repetition_waits_as_well_while_the_first_one_does(service: Service) -> None:
    first = asyncio.create_task(send(service, [PHOTO], Prefer="wait=20"))
    await until(lambda: service.count("jobs"))
    again = asyncio.create_task(send(service, [PHOTO], Prefer="wait=20"))
    async with service.working():
        answers = await asyncio.gather(first, again)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert await service.count("jobs") == 1


async def _upload_held_back(service: Service, name: str, release: asyncio.Event) -> httpx.Response:
    body = body_of(file_part(PHOTO[1], PHOTO[0]))

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:-10]
        await release.wait()
        yield body[-10:]

    headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": name}
    return await service.client.post("/v1/jobs", content=pieces(), headers=headers)


async def test_key_that_was_taken_over_is_answered_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request cannot renew its key; the second one takes it and is accepted."""
    monkeypatch.setattr(idempotency, "HELD_SECONDS", 0.2)
    monkeypatch.setattr(holding, "RENEW_SECONDS", 600)
    release = asyncio.Event()
    slow = asyncio.create_task(_upload_held_back(service, "k1", release))
    await until(lambda: service.count("idempotency"))

    async def takes_over() -> bool:
        return (await send(service, [PHOTO])).status_code == 202

    await until(takes_over)
    release.set()
    assert_problem(await slow, 409, "idempotency_key_taken_over")
    assert await service.count("jobs") == await service.count("images") == 1


async def test_key_that_nobody_took_over_is_answered_however_late(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "HELD_SECONDS", 0.0)
    monkeypatch.setattr(holding, "RENEW_SECONDS", 600)
    release = asyncio.Event()
    slow = asyncio.create_task(_upload_held_back(service, "k1", release))
    await until(lambda: service.count("idempotency"))
    release.set()
    assert (await slow).status_code == 202
    assert (await send(service, [PHOTO])).headers["idempotent-replayed"] == "true"
    assert await service.count("jobs") == 1


async def test_running_request_holds_its_key_for_longer_than_a_dead_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "HELD_SECONDS", 3.0)
    monkeypatch.setattr(holding, "RENEW_SECONDS", 0.2)
    release = asyncio.Event()
    slow = asyncio.create_task(_upload_held_back(service, "k1", release))
    record = await until(lambda: service.stores.database["idempotency"].find_one({}))
    first = record["held_until"]

    async def is_held_for_longer() -> bool:
        record = await service.stores.database["idempotency"].find_one({})
        return record is not None and (record["held_until"] - first).total_seconds() > 3

    await until(is_held_for_longer)
    assert_problem(await send(service, [PHOTO]), 409, "idempotency_key_in_use")
    release.set()
    assert (await slow).status_code == 202
