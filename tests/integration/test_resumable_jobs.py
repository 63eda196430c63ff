"""Jobs of finished resumable uploads: with a key, and within the limits of a link."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.resumable import Tus, make_old
from tests.service import ADMIN_KEY, Service, authorization
from tests.stored_files import list_stored
from tests.waiting import until

pytestmark = pytest.mark.one_service

PNG = draw(kind="PNG")
LARGE = PNG + bytes(range(256)) * 4_000


async def make_job(
    service: Service,
    uploads: list[str],
    key: str = ADMIN_KEY,
    path: str = "/v1/jobs",
    idempotency_key: str | None = None,
    **fields: Any,
) -> httpx.Response:
    """Make a job of uploads."""
    headers = authorization(key)
    if idempotency_key is not None:
        headers["Idempotency-Key"] = idempotency_key
    return await service.client.post(path, json={"uploads": uploads} | fields, headers=headers)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/uploads", "/process"])
async def test_uploads_become_items_in_their_order(working_service: Service, path: str) -> None:
    service = working_service
    tus = Tus(service.client)
    contents = [LARGE, b"no picture", b"", draw(seed=1), PNG]
    names = ["a.png", "b.txt", "c.jpg", "d.jpg", "e.png"]
    ids = [await tus.upload(*file) for file in zip(contents, names, strict=True)]
    answer = await make_job(service, ids, path=path, operations=["faces"], external_id="order-1")
    assert answer.status_code == 202, answer.text
    job = await service.job(answer.json()["id"])
    assert [item["filename"] for item in job["items"]] == names
    errors = [item["error"] and item["error"]["code"] for item in job["items"]]
    assert errors == [None, "unsupported_format", "empty_file", None, None]
    assert (job["status"], job["external_id"]) == ("partial", "order-1")
    assert job["operations"] == ["faces"]
    for item, content in zip(job["items"], contents, strict=True):
        if item["image_id"]:
            got = await service.client.get(f"/v1/images/{item['image_id']}/content")
            assert got.content == content
    database = service.stores.database
    assert await database["blobs.files"].count_documents({}) == 3
    (account,) = await database["resumable_accounts"].find().to_list(None)
    assert (account["reserved_files"], account["reserved_bytes"]) == (0, 0)


async def test_upload_is_used_once(service: Service) -> None:
    tus = Tus(service.client)
    ids = [await tus.upload(PNG), await tus.upload(LARGE)]
    assert (await make_job(service, ids[:1])).status_code == 202
    for refused in (ids[:1], ids):
        problem = assert_problem(await make_job(service, refused), 409, "upload_used")
        assert "uploads/0" in problem["detail"]
    path = f"/v1/uploads/tus/{ids[0]}"
    assert await tus.offset(path) == len(PNG)
    assert_problem(await tus.send("DELETE", path), 409, "upload_used")
    assert_problem(await tus.patch(path, len(PNG), b""), 409, "upload_used")
    assert (await make_job(service, ids[1:])).status_code == 202
    assert await service.count("jobs") == 2


async def test_of_many_jobs_at_once_one_gets_the_upload(service: Service) -> None:
    upload_id = await Tus(service.client).upload(LARGE)
    answers = await asyncio.gather(*(make_job(service, [upload_id]) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 19
    assert await service.count("jobs") == await service.count("images") == 1


@pytest.mark.parametrize("through_link", [False, True])
async def test_repetition_gets_the_first_answer(service: Service, through_link: bool) -> None:
    key, path = ADMIN_KEY, "/v1/jobs"
    if through_link:
        key, path = (await service.make_link(max_files=2))["token"], "/v1/uploads"
    tus = Tus(service.client, key)
    ids = [await tus.upload(PNG), await tus.upload(LARGE)]
    first, *others = await asyncio.gather(
        *(make_job(service, ids, key, path, idempotency_key="k") for _ in range(3))
    )
    again = await make_job(service, ids, key, path, idempotency_key="k")
    accepted = {one.json()["id"] for one in (first, *others, again) if one.status_code == 202}
    assert len(accepted) == 1
    assert again.status_code == 202
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await make_job(service, ids[:1], key, path, idempotency_key="k")
    assert_problem(other, 422, "idempotency_key_misused")
    assert await service.count("jobs") == 1


async def test_job_is_refused_as_a_whole(service: Service) -> None:
    tus = Tus(service.client)
    ready = await tus.upload(PNG)
    unfinished = (await tus.create(10)).headers["Location"].rsplit("/", 1)[-1]
    expired = await tus.upload(LARGE)
    await make_old(service, expired)
    foreign = await Tus(service.client, await service.make_key("client", "u1")).upload(PNG)
    for wrong, status, code in (
        (unfinished, 409, "upload_unfinished"),
        (expired, 410, "resumable_expired"),
        (foreign, 404, "not_found"),
        ("none", 404, "not_found"),
        (ready, 422, "invalid_value"),
        ("x" * 65, 422, "invalid_value"),
    ):
        assert_problem(await make_job(service, [ready, wrong]), status, code)
    for body, status, code in (
        ({"uploads": []}, 400, "no_files"),
        ({"uploads": "one"}, 422, "invalid_value"),
        ({"uploads": [1]}, 422, "invalid_value"),
        ({"uploads": [ready], "urls": ["https://a.example/a.jpg"]}, 422, "invalid_value"),
        ({"uploads": [ready], "gps": "hide"}, 422, "invalid_value"),
        ({"uploads": [ready], "colour": "red"}, 422, "invalid_value"),
        ({"uploads": [str(n) for n in range(1001)]}, 413, "too_many_parts"),
    ):
        answer = await service.client.post("/v1/jobs", json=body)
        assert_problem(answer, status, code)
    assert await service.count("jobs") == 0
    assert (await make_job(service, [ready])).status_code == 202


async def test_urls_and_uploads_have_routes_of_their_own(service: Service) -> None:
    upload_id = await Tus(service.client).upload(PNG)
    answer = await make_job(service, [upload_id], path="/v1/jobs/urls")
    assert "uploads: is not a field here" in assert_problem(answer, 422, "invalid_value")["detail"]
    answer = await service.client.post("/v1/jobs/uploads", json={"urls": ["https://a.example/a"]})
    assert "urls: is not a field here" in assert_problem(answer, 422, "invalid_value")["detail"]


async def test_keys_decide_as_for_a_form(service: Service) -> None:
    key = await service.make_key("service")
    upload_id = await Tus(service.client, key).upload(PNG)
    assert_problem(await make_job(service, [upload_id], key), 422, "user_required")
    answer = await make_job(service, [upload_id], key, user_id="u7")
    assert (answer.status_code, answer.json()["user_id"]) == (202, "u7")


async def test_quota_holds_for_what_is_used(service: Service) -> None:
    body = {"role": "client", "user_id": "u1", "max_stored_bytes": len(LARGE) + 10}
    key = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    ids = [await Tus(service.client, key).upload(content) for content in (LARGE, LARGE)]
    assert_problem(await make_job(service, ids, key), 413, "quota_exceeded")
    assert (await make_job(service, ids[:1], key)).status_code == 202
    assert_problem(await make_job(service, ids[1:], key), 413, "quota_exceeded")
    assert await Tus(service.client, key).offset(f"/v1/uploads/tus/{ids[1]}") == len(LARGE)


async def test_equal_bytes_are_stored_once(service: Service) -> None:
    tus = Tus(service.client)
    ids = [await tus.upload(LARGE, f"{n}.png") for n in range(3)]
    sent = (await service.send([("form.png", LARGE)])).json()["items"][0]
    items = (await make_job(service, ids)).json()["items"]
    assert [item["duplicate_of"] for item in items] == [sent["image_id"]] * 3
    assert await service.count("blobs.files") == 1
    assert len(await list_stored(service.stores)) == 1


async def test_hash_is_computed_where_no_process_knows_it(service: Service) -> None:
    tus = Tus(service.client)
    path = (await tus.create(len(LARGE))).headers["Location"]
    await tus.patch(path, 0, LARGE[:300_000])
    service.stores.resumable._completion.digests._known.clear()  # As another process has it.
    assert (await tus.patch(path, 300_000, LARGE[300_000:])).status_code == 204
    answer = await make_job(service, [path.rsplit("/", 1)[-1]])
    image = await service.client.get(f"/v1/images/{answer.json()['items'][0]['image_id']}/content")
    assert image.content == LARGE
    # Equal bytes have the same hash, however they came.
    again = (await service.send([("again.png", LARGE)])).json()["items"][0]
    assert again["duplicate_of"] == answer.json()["items"][0]["image_id"]


async def test_upload_reserves_its_place_in_the_link(service: Service) -> None:
    link = await service.make_link(max_files=2, max_bytes=10 * len(LARGE))
    tus = Tus(service.client, link["token"])
    path = (await tus.create(len(LARGE))).headers["Location"]
    seen = await service.link(link["id"])
    assert (seen["reserved_files"], seen["reserved_bytes"]) == (1, len(LARGE))
    assert seen["status"] == "open"
    files = [("a.png", PNG), ("b.png", PNG)]
    sent = await service.send(files, route="/v1/uploads", key=link["token"])
    errors = [item["error"] and item["error"]["code"] for item in sent.json()["items"]]
    assert errors == [None, "link_used_up"]
    assert_problem(await tus.create(1), 409, "link_used_up")
    assert (await tus.send("DELETE", path)).status_code == 204
    assert (await tus.create(1)).status_code == 201
    assert (await service.link(link["id"]))["reserved_files"] == 1


async def test_bytes_of_a_link_are_reserved_as_well(service: Service) -> None:
    link = await service.make_link(max_bytes=1000)
    tus = Tus(service.client, link["token"])
    assert (await tus.create(600)).status_code == 201
    assert_problem(await tus.create(401), 409, "link_used_up")
    assert (await tus.create(400)).status_code == 201
    assert_problem(await tus.create(1), 409, "link_used_up")


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/uploads/jobs", "/v1/uploads/{token}"])
async def test_upload_that_began_in_time_is_used_after_the_link_has_expired(
    service: Service, path: str
) -> None:
    link = await service.make_link(max_files=1)
    tus = Tus(service.client, link["token"])
    created = (await tus.create(len(LARGE))).headers["Location"]
    await service.expire_link(link["id"])
    assert_problem(await tus.create(1), 410, "link_expired")
    assert (await tus.patch(created, 0, LARGE)).status_code == 204
    route = path.format_map(link)
    answer = await make_job(service, [created.rsplit("/", 1)[-1]], link["token"], route)
    assert answer.status_code == 202, answer.text
    assert "user_id" not in answer.json()
    seen = await service.link(link["id"])
    assert (seen["used_files"], seen["used_bytes"]) == (1, len(LARGE))
    assert (seen["reserved_files"], seen["reserved_bytes"]) == (0, 0)
    assert seen["status"] == "expired"


async def test_refused_files_of_a_link_take_no_place(service: Service) -> None:
    link = await service.make_link(max_files=1)
    tus = Tus(service.client, link["token"])
    answer = await make_job(
        service, [await tus.upload(b"no picture")], link["token"], "/v1/uploads"
    )
    assert answer.json()["status"] == "failed"

    async def bytes_are_deleted() -> bool:
        return not await service.count("blobs.chunks")

    await until(bytes_are_deleted)  # After the answer.
    upload_id = await tus.upload(PNG)
    answer = await make_job(service, [upload_id], link["token"], "/v1/uploads")
    assert answer.status_code == 202
    assert (await service.link(link["id"]))["status"] == "used_up"


async def test_link_takes_uploads_of_its_own_only_and_no_fields_of_keys(service: Service) -> None:
    link, other = await service.make_link(), await service.make_link()
    upload_id = await Tus(service.client, other["token"]).upload(PNG)
    token = link["token"]
    assert_problem(await make_job(service, [upload_id], token, "/v1/uploads"), 404, "not_found")
    own = await Tus(service.client, token).upload(PNG)
    answer = await make_job(service, [own], token, "/v1/uploads", tags=["mine"])
    assert_problem(answer, 422, "invalid_value")
    answer = await make_job(service, [own], token, "/v1/uploads", user_id="u1")
    assert_problem(answer, 403, "forbidden")


async def test_uploads_of_a_revoked_link_are_gone(service: Service) -> None:
    link = await service.make_link()
    tus = Tus(service.client, link["token"])
    path = (await tus.create(len(LARGE))).headers["Location"]
    await tus.patch(path, 0, LARGE[:-1])
    assert (await service.client.delete(f"/v1/upload-links/{link['id']}")).status_code == 204
    assert (await tus.send("HEAD", path)).status_code == 410
    assert_problem(await tus.patch(path, len(LARGE) - 1, b"x"), 410, "link_revoked")
    assert await service.stores.resumable_expiry.expire() == 1
    assert await service.count("resumable_uploads") == await service.count("blobs.chunks") == 0
    assert (await service.link(link["id"]))["reserved_files"] == 0
