"""Admission: uploads that are let in or refused with 429 or 503, and the headers of the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from api.schemas.keys import UploadLimitsOfKey
from deploy.servers.ports import find_free_port
from storage.clock import new_id
from storage.queue import rate_limits
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

MB = 1024 * 1024
PICTURE = ("a.jpg", draw())
SLOWLY = 1 / 3600
Limited = dict[str, object]


@asynccontextmanager
async def limited(service: Service, **limits: object) -> AsyncIterator[Service]:
    """Run one more API process's worth of API, with limits of its own."""
    own = {f"MINILAB_{name.upper()}": str(value) for name, value in limits.items()}
    async with running_service(service.environ | own) as running:
        yield running


def seconds_of(answer: httpx.Response) -> int:
    seconds = int(answer.headers["Retry-After"])
    assert seconds >= 1
    return seconds


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert_problem(answer, status, code)
    seconds_of(answer)


async def hold_upload(
    service: Service,
    key: str,
    release: asyncio.Event,
    arrived: asyncio.Event,
    route: str = "/v1/jobs",
) -> httpx.Response:
    """Send an upload of unknown length that does not end before it is released."""
    body = body_of(file_part(PICTURE[1], "a.jpg"))

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:100]
        arrived.set()
        await release.wait()
        yield body[100:]

    headers = authorization(key) | {"Content-Type": CONTENT_TYPE}
    return await service.client.post(route, content=slowly(), headers=headers)


async def until_held(service: Service, slots: float) -> None:
    await until(lambda: service.admission.slots.used >= slots)


async def test_small_limit_is_exact_over_two_processes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "ANSWER_SECONDS", 10.0)  # However slow the machine is.
    limits: Limited = {"tenant_requests_per_second": SLOWLY, "tenant_requests_burst": 5}
    key = await service.make_key("client", "u1")
    async with limited(service, **limits) as one, limited(service, **limits) as other:
        sending = [(one, other)[n % 2].send([PICTURE], key=key) for n in range(16)]
        answers = await asyncio.gather(*sending)
        assert sorted(answer.status_code for answer in answers) == [202] * 5 + [429] * 11
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert_refused(refused, 429, "rate_limited")
        assert 3500 < seconds_of(refused) <= 7201
        assert await service.count("jobs") == 5
        other_user = await service.make_key("client", "u2")
        assert (await one.send([PICTURE], key=other_user)).status_code == 202


async def test_admin_keys_know_no_limits_of_a_tenant(service: Service) -> None:
    admin = await service.make_key("admin")
    limits: Limited = {
        "tenant_requests_per_second": SLOWLY,
        "tenant_requests_burst": 1,
        "tenant_max_images_in_flight": 1,
    }
    async with limited(service, **limits) as running:
        for _ in range(3):
            answer = await running.send([PICTURE], key=admin)
            assert answer.status_code == 202
            assert "RateLimit" not in answer.headers


async def test_service_key_is_one_tenant_whatever_users_it_names(service: Service) -> None:
    key, another = await service.make_key("service"), await service.make_key("service")
    limits: Limited = {"tenant_requests_per_second": SLOWLY, "tenant_requests_burst": 2}
    async with limited(service, **limits) as running:
        sent = [await running.send([PICTURE], key=key, user_id=f"u{n}") for n in range(3)]
        assert [answer.status_code for answer in sent] == [202, 202, 429]
        assert (await running.send([PICTURE], key=another, user_id="u1")).status_code == 202


async def test_files_are_charged_after_they_were_counted(service: Service) -> None:
    key = await service.make_key("client", "u1")
    limits: Limited = {"tenant_files_per_second": 0.01, "tenant_files_burst": 3}
    async with limited(service, **limits) as running:
        first = await running.send([PICTURE] * 8, key=key)
        assert first.status_code == 202
        assert '"files";r=0;' in first.headers["RateLimit"]
        second = await running.send([PICTURE], key=key)
        assert_refused(second, 429, "rate_limited")
        assert seconds_of(second) > 500  # 8 − 3 + 1 files at one in 100 s.


@pytest.mark.parametrize("announced", [True, False])
async def test_request_larger_than_burst_is_let_in_and_paid_off(
    service: Service, announced: bool
) -> None:
    key = await service.make_key("client", "u1")
    body = body_of(file_part(draw().ljust(MB, b"\x55"), "a.jpg"))

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    headers = authorization(key) | {"Content-Type": CONTENT_TYPE}
    limits: Limited = {"tenant_bytes_per_second": 1000, "tenant_bytes_burst": 10_000}
    async with limited(service, **limits) as running:
        for expected in (202, 429):
            content: Any = body if announced else pieces()
            answer = await running.client.post("/v1/jobs", content=content, headers=headers)
            assert answer.status_code == expected, answer.text
        assert_refused(answer, 429, "rate_limited")
        assert seconds_of(answer) > 1000  # A megabyte at 1,000 bytes a second.


async def test_headers_tell_what_is_left_before_and_after(service: Service) -> None:
    key = await service.make_key("client", "u1")
    limits: Limited = {
        "tenant_requests_per_second": 0.1,
        "tenant_requests_burst": 2,
        "tenant_bytes_per_second": 0,
        "tenant_files_per_second": 1,
        "tenant_files_burst": 100,
    }
    async with limited(service, **limits) as running:
        answers = [await running.send([PICTURE] * 10, key=key) for _ in range(3)]
    policies = {answer.headers["RateLimit-Policy"] for answer in answers}
    assert policies == {'"requests";q=2;qu="requests";w=20, "files";q=100;qu="files";w=100'}
    left = [answer.headers["RateLimit"].split(", ")[0].split(";")[1] for answer in answers]
    assert left == ["r=1", "r=0", "r=0"]
    assert answers[0].headers["RateLimit"].split(", ")[1].startswith('"files";r=9')


async def test_images_in_flight_are_limited_until_they_are_done(service: Service) -> None:
    key, other = await service.make_key("client", "u1"), await service.make_key("client", "u2")
    async with limited(service, tenant_max_images_in_flight=3) as running:
        assert (await running.send([PICTURE] * 3, key=key)).status_code == 202
        assert_refused(await running.send([PICTURE], key=key), 429, "too_many_in_flight")
        assert (await running.send([PICTURE], key=other)).status_code == 202
        async with limited(service, tenant_max_images_in_flight=3) as another_process:
            await _read_work(another_process)
            answer = await another_process.send([PICTURE], key=key)
            assert_refused(answer, 429, "too_many_in_flight")
        async with running.working():

            async def is_accepted() -> bool:
                return (await running.send([PICTURE], key=key)).status_code == 202

            await until(is_accepted)


async def test_service_key_can_have_limits_of_its_own(service: Service) -> None:
    own = {"requests_per_second": 0.01, "requests_burst": 3, "bytes_per_second": 0}
    own |= {"max_images_in_flight": 2}
    made = (
        await service.client.post("/v1/api-keys", json={"role": "service", "limits": own})
    ).json()
    assert made["limits"] == dict.fromkeys(UploadLimitsOfKey.__struct_fields__) | own
    shown = (await service.client.get(f"/v1/api-keys/{made['id']}")).json()
    assert shown["limits"] == made["limits"]
    other = await service.make_key("service")
    limits: Limited = {"tenant_requests_per_second": 0.01, "tenant_requests_burst": 1}
    async with limited(service, **limits) as running:
        answers = [await running.send([PICTURE], key=made["key"], user_id="u1") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert answers[2].json()["code"] == "too_many_in_flight"
        policy = answers[0].headers["RateLimit-Policy"]
        assert policy.startswith('"requests";q=3;qu="requests";w=300, "files";q=20000')
        answers = [await running.send([PICTURE], key=other, user_id="u1") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 429]


async def test_only_service_keys_have_limits(service: Service) -> None:
    for role in ({"role": "admin"}, {"role": "client", "user_id": "u1"}, {"role": "reader"}):
        answer = await service.client.post("/v1/api-keys", json=role | {"limits": {}})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/limits"
    asked = {"role": "service", "limits": {"requests_burst": 0}}
    assert (await service.client.post("/v1/api-keys", json=asked)).status_code in {400, 422}


async def _read_work(service: Service) -> None:
    """Read the backlog anew, not as it was published a moment ago."""
    await service.stores.redis.delete("minilab:readings:1:work")
    await service.admission.watch.read_work()


async def test_backlog_is_full_for_everybody(service: Service) -> None:
    key = await service.make_key("client", "u1")
    async with limited(service, max_backlog_images=2) as running:
        assert (await running.send([PICTURE] * 2)).status_code == 202
        assert_refused(await running.send([PICTURE]), 503, "backlog_full")
        assert_refused(await running.send([PICTURE], key=key), 503, "backlog_full")
        route = await running.send([PICTURE], route="/process", key=key)
        assert_refused(route, 503, "backlog_full")
        decisions = running.admission.decisions
        assert decisions == {("admitted", ""): 1, ("refused", "backlog_full"): 3}


async def test_backlog_is_measured_in_seconds_where_workers_live(service: Service) -> None:
    async with limited(service, max_backlog_seconds=60) as running:
        assert (await running.send([PICTURE] * 10)).status_code == 202
        assert (await running.send([PICTURE])).status_code == 202
        await running.stores.workers.beat("host:1", 0.1)
        await _read_work(running)
        answer = await running.send([PICTURE])
        assert_refused(answer, 503, "backlog_full")
        assert seconds_of(answer) >= 50  # 11 images at 0.1 a second, 60 seconds allowed.


async def test_storage_quota_is_kept_and_deleting_makes_room(service: Service) -> None:
    kept = draw().ljust(MB, b"\x55")
    async with limited(service, max_stored_bytes=MB + MB // 2) as running:
        await running.admission.watch.read_room()
        sent = await running.send([("kept.jpg", kept)])
        assert sent.status_code == 202
        assert_refused(await running.send([("more.jpg", kept)]), 503, "storage_full")
        image_id = sent.json()["items"][0]["image_id"]
        async with running.working():
            await running.job(sent.json()["id"])
        assert (await running.client.delete(f"/v1/images/{image_id}")).status_code == 204

        async def is_accepted() -> bool:
            # A reading that began before the delete may be published after it.
            await running.stores.redis.delete("minilab:readings:1:quota")
            await running.admission.watch.read_room()
            return (await running.send([("more.jpg", kept)])).status_code == 202

        await until(is_accepted)


async def test_disk_that_is_nearly_full_is_left_alone(service: Service) -> None:
    async with limited(service, min_free_disk_bytes=10**18) as running:
        await running.stores.redis.delete("minilab:readings:1:quota")
        await running.admission.watch.read_room()
        assert running.admission.watch.load.free_disk_bytes
        assert_refused(await running.send([PICTURE]), 503, "storage_full")
        assert (await running.client.get("/v1/jobs")).status_code == 200


async def test_uploads_at_the_same_time_are_limited(service: Service) -> None:
    key, other = await service.make_key("client", "u1"), await service.make_key("client", "u2")
    release, arrived = asyncio.Event(), asyncio.Event()
    async with limited(service, max_concurrent_uploads=1) as running:
        held = [asyncio.create_task(hold_upload(running, key, release, arrived))]
        await until_held(running, 1)
        assert_refused(await running.send([PICTURE], key=other), 503, "too_many_uploads")
        # An admin has a slot of its own, and no more than that.
        held.append(asyncio.create_task(hold_upload(running, ADMIN_KEY, release, arrived)))
        await until_held(running, 2)
        assert_refused(await running.send([PICTURE]), 503, "too_many_uploads")
        release.set()
        assert [(await upload).status_code for upload in held] == [202, 202]
        assert running.admission.slots.used == 0
        small = [running.send([PICTURE]) for _ in range(16)]
        assert {answer.status_code for answer in await asyncio.gather(*small)} == {202}


async def test_one_tenant_takes_half_of_the_slots(service: Service) -> None:
    key, other = await service.make_key("client", "u1"), await service.make_key("client", "u2")
    release, arrived = asyncio.Event(), asyncio.Event()
    async with limited(service, max_concurrent_uploads=4) as running, AsyncExitStack() as stack:
        stack.callback(release.set)
        held = [asyncio.create_task(hold_upload(running, key, release, arrived)) for _ in range(2)]
        await until_held(running, 2)
        assert_refused(await running.send([PICTURE], key=key), 429, "too_many_in_flight")
        assert (await running.send([PICTURE], key=other)).status_code == 202
        release.set()
        assert [(await upload).status_code for upload in held] == [202, 202]


async def test_uploads_of_some_links_leave_room_for_others_and_for_admins(
    service: Service,
) -> None:
    made = [await service.make_link() for _ in range(4)]
    links = [link["upload_url"].rsplit("/", 1)[1] for link in made]
    release, arrived = asyncio.Event(), asyncio.Event()
    held: list[asyncio.Task[httpx.Response]] = []
    async with limited(service, max_concurrent_uploads=16) as running, AsyncExitStack() as stack:
        stack.callback(release.set)

        async def hold(link: str, uploads: int) -> None:
            coming = [
                hold_upload(running, link, release, arrived, "/v1/uploads") for _ in range(uploads)
            ]
            held.extend(asyncio.create_task(upload) for upload in coming)
            await until_held(running, len(held))

        for link, most in ((links[0], 8), (links[1], 4)):
            await hold(link, most)
            answer = await running.send([PICTURE], key=link, route="/v1/uploads")
            assert_refused(answer, 429, "too_many_in_flight")
        await hold(links[2], 1)
        await hold(links[3], 1)
        assert (await running.send([PICTURE])).status_code == 202
        release.set()
        assert {(await upload).status_code for upload in held} == {202}


async def test_slots_are_given_back_whatever_goes_wrong(service: Service) -> None:
    key = await service.make_key("client", "u1")
    async with limited(service) as running:
        headers = authorization(key) | {"Content-Type": CONTENT_TYPE}
        for body in (b"no multipart", body_of(file_part(b"x", "a.jpg"))[:-30]):
            answer = await running.client.post("/v1/jobs", content=body, headers=headers)
            assert answer.status_code == 400
        assert running.admission.slots.used == 0


@pytest.mark.parametrize("limit", ["tenant", "system"])
async def test_answered_key_is_answered_again_under_limits(service: Service, limit: str) -> None:
    secret = await service.make_key("client", "u1")
    limits: Limited = {"max_backlog_images": 1}
    if limit == "tenant":
        limits = {"tenant_requests_per_second": SLOWLY, "tenant_requests_burst": 1}
    headers = authorization(secret) | {"Idempotency-Key": new_id()}
    files = {"files": PICTURE}
    async with limited(service, **limits) as running:
        first = await running.client.post("/v1/jobs", files=files, headers=headers)
        again = await running.client.post("/v1/jobs", files=files, headers=headers)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        other = headers | {"Idempotency-Key": new_id()}
        refused = await running.client.post("/v1/jobs", files=files, headers=other)
        assert refused.status_code == (429 if limit == "tenant" else 503)
        # A key that was refused is free: nothing holds it.
        assert await running.stores.database["idempotency"].count_documents({}) == 1


async def test_replay_that_limits_refuse_needs_a_slot(service: Service) -> None:
    secret = await service.make_key("client", "u1")
    limits: Limited = {"tenant_requests_per_second": SLOWLY, "tenant_requests_burst": 1}
    headers = authorization(secret) | {"Idempotency-Key": new_id()}
    release, arrived = asyncio.Event(), asyncio.Event()
    async with limited(service, **limits, max_concurrent_uploads=1) as running:
        first = await running.client.post("/v1/jobs", files={"files": PICTURE}, headers=headers)
        held = asyncio.create_task(hold_upload(running, ADMIN_KEY, release, arrived))
        await until_held(running, 1)
        refused = await running.client.post("/v1/jobs", files={"files": PICTURE}, headers=headers)
        assert_refused(refused, 503, "too_many_uploads")
        release.set()
        await held
        again = await running.client.post("/v1/jobs", files={"files": PICTURE}, headers=headers)
        assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


@pytest.mark.parametrize("requests_burst", [1, 100])
async def test_replay_is_charged_for_its_bytes(service: Service, requests_burst: int) -> None:
    secret = await service.make_key("client", "u1")
    limits: Limited = {
        "tenant_requests_per_second": SLOWLY,
        "tenant_requests_burst": requests_burst,
        "tenant_bytes_per_second": SLOWLY,
        "tenant_bytes_burst": MB,
    }
    body = body_of(file_part(PICTURE[1], "a.jpg"))
    headers = authorization(secret) | {"Content-Type": CONTENT_TYPE, "Idempotency-Key": new_id()}

    async def in_chunks() -> AsyncIterator[bytes]:
        yield body

    async with limited(service, **limits) as running:
        left = []
        for _ in range(3):
            answer = await running.client.post("/v1/jobs", content=in_chunks(), headers=headers)
            assert answer.status_code == 202
            left.append(int(answer.headers["RateLimit"].split('"bytes";r=')[1].split(";")[0]))
    assert left == [MB - number * len(body) for number in (1, 2, 3)]


@pytest.mark.parametrize("announced", [True, False])
async def test_replay_over_the_limit_of_bytes_is_not_read(
    service: Service, announced: bool
) -> None:
    secret = await service.make_key("client", "u1")
    limits: Limited = {"tenant_bytes_per_second": 1000, "tenant_bytes_burst": 1000}
    body = body_of(file_part(draw().ljust(16 * MB, b"\x55"), "a.jpg"))
    headers = authorization(secret) | {"Content-Type": CONTENT_TYPE, "Idempotency-Key": new_id()}
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for start in range(0, len(body), MB // 4):
            yield body[start : start + MB // 4]
            sent += MB // 4

    async with limited(service, **limits) as running:
        first = await running.client.post("/v1/jobs", content=body, headers=headers)
        assert first.status_code == 202
        sizes = {"Content-Length": str(len(body))} if announced else {}
        answer = await running.client.post("/v1/jobs", content=pieces(), headers=headers | sizes)
        assert_refused(answer, 429, "rate_limited")
        assert seconds_of(answer) > 10_000  # 16 MiB at 1,000 bytes a second.
        assert running.admission.slots.used == 0


async def test_one_process_keeps_the_limits_without_redis(service: Service) -> None:
    key = await service.make_key("client", "u1")
    limits: Limited = {
        "tenant_requests_per_second": SLOWLY,
        "tenant_requests_burst": 3,
        "redis_url": f"redis://127.0.0.1:{find_free_port()}",
    }
    async with limited(service, **limits) as running:
        answers = [await running.send([PICTURE], key=key) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
        assert not running.stores.buckets.is_shared
