"""Live events: each change once, and an end."""

import asyncio
from typing import Any

import httpx
import pytest

from domain.job_changes import JobChange
from storage.mongo.client import DURABLE
from tests.event_streams import listening
from tests.pictures import draw
from tests.service import Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))
FEW = {
    "MINILAB_MAX_LISTENERS": "3",
    "MINILAB_TENANT_MAX_LISTENERS": "2",
    "MINILAB_LISTENER_HEARTBEAT_SECONDS": "0.05",
}


async def open_job(service: Service, **fields: Any) -> str:
    """Have a job that nobody works on, and give its path."""
    answer = await service.send([PICTURE], **fields)
    assert answer.status_code == 202, answer.text
    return f"{fields.get('route', '/v1/jobs')}/{answer.json()['id']}"


async def change(service: Service, path: str, times: int = 1) -> None:
    """Have a job change, and nobody be told of it."""
    jobs = service.stores.database["jobs"].with_options(write_concern=DURABLE)
    job_id = path.rsplit("/", 1)[1]
    for _ in range(times):
        await jobs.update_one({"_id": job_id}, {"$inc": {"version": 1}})


async def refusal(
    service: Service, path: str, key: str, **headers: str
) -> tuple[int, str, httpx.Headers]:
    """Give the answer where there is to be no stream."""
    answer = await service.client.get(f"{path}/events", headers=authorization(key) | headers)
    return answer.status_code, answer.json()["code"], answer.headers


async def test_tells_every_change_once_and_ends_with_the_job(service: Service) -> None:
    path = await open_job(service)
    async with listening(service.client, path) as reader:
        await reader.until(lambda: len(reader.events) == 1)
        assert reader.events[0].name == "job.changed"
        assert reader.events[0].data["status"] == "queued"
        async with service.working():
            await reader.end()
    job = (await service.client.get(path)).json()
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert 1000 <= reader.retry_ms <= 3000
    assert reader.versions == sorted(set(reader.versions))
    assert [event.name for event in reader.events[:-1]] == ["job.changed"] * len(reader.events[:-1])
    last = reader.events[-1]
    assert (last.name, last.id) == ("job.finished", str(job["version"]))
    assert last.data == {name: job[name] for name in last.data}
    assert set(last.data) == {"id", "status", "version", "finished_at", "progress"}
    assert last.data["progress"] == {"done": 5, "failed": 0, "total": 5}


async def test_ended_job_is_told_once_and_then_answered_with_204(service: Service) -> None:
    job = (await service.send([("a.txt", b"text")])).json()
    path = f"/v1/jobs/{job['id']}"
    async with listening(service.client, path) as reader:
        await reader.end()
    assert [(event.name, event.id) for event in reader.events] == [("job.finished", "1")]
    async with listening(service.client, path, last=1) as reader:
        await reader.end()
    assert (reader.status, reader.events) == (204, [])


async def test_resumes_with_the_present_state_and_tells_nothing_twice(service: Service) -> None:
    path = await open_job(service)
    await change(service, path, times=3)
    async with listening(service.client, path, last=1) as reader:
        await reader.until(lambda: reader.versions == [4])
    async with listening(service.client, path, last=4) as reader:
        await change(service, path)
        await reader.until(lambda: bool(reader.events))
        assert reader.versions == [5]


async def test_retried_job_is_told_of_again_after_its_end(service: Service) -> None:
    path = await open_job(service)
    jobs = service.stores.database["jobs"].with_options(write_concern=DURABLE)
    ended = {"$set": {"status": "failed"}, "$inc": {"version": 1}}
    await jobs.update_one({}, ended)
    async with listening(service.client, path, last=1) as reader:
        await reader.end()
    assert [event.name for event in reader.events] == ["job.finished"]
    await jobs.update_one({}, {"$set": {"status": "queued"}, "$inc": {"version": 1}})
    async with listening(service.client, path, last=2) as reader:
        await reader.until(lambda: reader.versions == [3])
        assert not reader.has_ended


@pytest.mark.parametrize("last", ["", "abc", "-1", "1.0", "9" * 19, "\N{SUPERSCRIPT TWO}", "0", 7])
async def test_tells_the_present_state_to_who_shows_an_id_that_never_was(
    service: Service, last: object
) -> None:
    path = await open_job(service)
    headers = [(b"Last-Event-ID", str(last).encode())]
    async with service.client.stream("GET", f"{path}/events", headers=headers) as answer:
        lines = answer.aiter_lines()
        async with asyncio.timeout(120):
            assert "id: 1" in [await anext(lines) for _ in range(4)]


async def test_notice_is_heard_at_once_and_what_no_notice_tells_of_is_seen(
    service: Service,
) -> None:
    path = await open_job(service)
    async with listening(service.client, path) as reader:
        await change(service, path)  # Nobody says so: the look of every second finds it.
        await reader.until(lambda: reader.versions == [1, 2])
        await change(service, path)
        told = JobChange(path.rsplit("/", 1)[1], 3, reader.events[-1].data["status"])
        await service.stores.job_events.publish(told)
        await reader.until(lambda: reader.versions == [1, 2, 3])
        # Of a change that never came to be, nothing is told.
        await service.stores.job_events.publish(JobChange(told.job_id, 99, told.status))
        await change(service, path)
        await reader.until(lambda: reader.versions == [1, 2, 3, 4])


async def test_heartbeats_are_comments(environ: dict[str, str]) -> None:
    async with running_service(environ | FEW) as service:
        path = await open_job(service)
        async with listening(service.client, path, last=1) as reader:
            await reader.until(lambda: len(reader.comments) >= 3)
        assert reader.events == []


async def test_foreign_and_unknown_jobs_are_not_found(service: Service) -> None:
    path = await open_job(service, user_id="u1")
    for key in (await service.make_key("client", "u2"), await service.make_key("service")):
        assert (await refusal(service, path, key))[:2] == (404, "not_found")
    own = await service.make_key("client", "u1")
    assert (await refusal(service, "/v1/jobs/nobody", own))[:2] == (404, "not_found")
    assert (await refusal(service, path, "nonsense"))[:2] == (401, "unauthenticated")
    async with listening(service.client, path, key=own) as reader:
        await reader.until(lambda: reader.versions == [1])


async def test_link_opens_the_events_of_its_own_uploads(service: Service) -> None:
    link, other = await service.make_link(), await service.make_link()
    upload = await open_job(service, route="/v1/uploads", key=link["token"])
    path = upload.replace("/v1/uploads/", "/v1/uploads/jobs/")
    assert (await refusal(service, path, other["token"]))[:2] == (404, "not_found")
    for wrong in (await service.make_key("service"), "mll_nonsense"):
        assert (await refusal(service, path, wrong))[0] == 401
    in_jobs = upload.replace("/v1/uploads/", "/v1/jobs/")
    assert (await refusal(service, in_jobs, link["token"]))[0] == 401
    await service.expire_link(link["id"])  # Whatever began is followed to its end.
    async with listening(service.client, path, key=link["token"]) as reader, service.working():
        await reader.end()
    assert reader.events[-1].name == "job.finished"
    assert reader.headers["cache-control"] == "no-store"


async def test_listeners_of_a_tenant_and_of_a_process_are_bounded(environ: dict[str, str]) -> None:
    async with running_service(environ | FEW) as service:
        paths = {user: await open_job(service, user_id=user) for user in ("u1", "u2", "u3")}
        keys = {user: await service.make_key("client", user) for user in paths}

        def listen(user: str) -> Any:
            return listening(service.client, paths[user], key=keys[user])

        async with listen("u1"):
            async with listen("u1"):
                status, code, headers = await refusal(service, paths["u1"], keys["u1"])
                assert (status, code) == (429, "too_many_listeners")
                assert int(headers["retry-after"]) >= 5
                async with listen("u2"):
                    assert await listeners(service) == 3
                    status, code, headers = await refusal(service, paths["u3"], keys["u3"])
                    assert (status, code) == (503, "listeners_full")
                    assert int(headers["retry-after"]) >= 1
            # Who leaves makes room.
            await has_listeners(service, 1)
            async with listen("u1"), listen("u3"):
                pass
        await has_listeners(service, 0)


async def listeners(service: Service) -> int:
    """Read how many listen, as the metrics have it."""
    lines = (await service.client.get("/metrics")).text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("minilab_listen"))


async def has_listeners(service: Service, count: int) -> None:
    """Wait until so many listen."""

    async def are_so_many() -> bool:
        return await listeners(service) == count

    await until(are_so_many)


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_key_that_is_no_longer_valid_ends_its_streams(service: Service, how: str) -> None:
    path = await open_job(service, user_id="u1")
    made = await service.client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
    key = made.json()
    async with (
        listening(service.client, path, key=key["key"], last=1) as reader,
        listening(service.client, path, last=1) as of_admin,
    ):
        if how == "revoked":
            await service.client.delete(f"/v1/api-keys/{key['id']}")
        else:
            keys = service.stores.database["api_keys"].with_options(write_concern=DURABLE)
            past = {"$set": {"expires_at": "$created_at"}}
            await keys.update_one({"_id": key["id"]}, [past])
        await reader.end(seconds=15)
        await change(service, path)
        await of_admin.until(lambda: of_admin.versions == [2])
    assert reader.events == []
    assert reader.comments == ["the key or link is no longer valid"]
    assert (await refusal(service, path, key["key"]))[0] == 401


async def test_revoked_link_ends_its_streams(service: Service) -> None:
    link = await service.make_link()
    upload = await open_job(service, route="/v1/uploads", key=link["token"])
    path = upload.replace("/v1/uploads/", "/v1/uploads/jobs/")
    async with listening(service.client, path, key=link["token"]) as reader:
        await service.client.delete(f"/v1/upload-links/{link['id']}")
        await reader.end(seconds=15)
    assert reader.versions == [1]
    assert (await refusal(service, path, link["token"]))[:2] == (410, "link_revoked")


async def test_deleted_user_ends_the_streams_of_his_jobs(working_service: Service) -> None:
    service = working_service
    job = await service.process([PICTURE], user_id="u1")
    path = f"/v1/jobs/{job['id']}"
    jobs = service.stores.database["jobs"].with_options(write_concern=DURABLE)
    # Open, so that its stream does not end by itself.
    await jobs.update_one({"_id": job["id"]}, {"$set": {"status": "processing"}})
    async with listening(service.client, path) as reader:
        deletion = await service.client.delete("/v1/users/u1")
        assert deletion.status_code == 202, deletion.text
        await reader.end()
    assert reader.events[-1].name == "job.gone"
    assert reader.events[-1].data == {"id": job["id"], "code": "not_found"}
    assert (await refusal(service, path, "an-admin-key-of-forty-characters-or-more"))[0] == 404
    deleting = f"/v1/jobs/{deletion.json()['id']}"
    async with listening(service.client, deleting) as reader:
        await reader.end()
    assert reader.events[-1].name == "job.finished"


async def test_expired_job_ends_its_streams(service: Service) -> None:
    path = await open_job(service)
    job_id = path.rsplit("/", 1)[1]
    database = service.stores.database
    async with listening(service.client, path) as reader:
        job = await database["jobs"].find_one({"_id": job_id})
        assert job is not None
        note = {"_id": job_id, "kind": "job"} | {key: job[key] for key in ("user_id", "key_id")}
        await database["expired"].insert_one(note)
        await database["jobs"].with_options(write_concern=DURABLE).delete_one({"_id": job_id})
        await reader.end()
    assert reader.events[-1].name == "job.gone"
    assert (reader.events[-1].id, reader.events[-1].data["code"]) == ("", "job_expired")
    answer = await service.client.get(f"{path}/events", headers={"Last-Event-ID": "1"})
    assert answer.status_code == 410
